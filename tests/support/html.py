"""A reader of HTML pages that fails on what breaks them for people."""

from html.parser import HTMLParser

VOID = ("meta", "link", "input", "br")
CONTROLS = ("input", "select", "textarea")
Attributes = dict[str, str | None]


class Page(HTMLParser):
    """A page: its headings, links, tables and texts. `read` fails on a page that is not sound.

    Elements nest; no script and no style stands in the page; ids are unique; a table has a caption, a control
    a label, the page a language, one h1 and a link to skip to its content.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, Attributes]] = []
        self.ids: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.data = ""

    @classmethod
    def read(cls, text: str) -> "Page":
        page = cls()
        page.feed(text)
        page.close()
        assert page.open == []
        assert len(page.ids) == len(set(page.ids)), page.ids
        assert len(page.all("h1")) == 1
        assert [one["lang"] for one in page.all("html")] == ["en"]
        assert page.all("a")[0].get("href") == "#content"
        assert "content" in page.ids
        assert len(page.all("caption")) == len(page.all("table"))
        return page

    def all(self, tag: str) -> list[Attributes]:
        """Return the attributes of every element with this name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, tag: str) -> str:
        """Return the text inside elements with this name."""
        return "".join(self.texts.get(tag, ()))

    def links(self) -> list[str]:
        return [str(one["href"]) for one in self.all("a")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert not [name for name in attributes if name.startswith("on") or name == "style"], attributes
        assert tag != "style"
        if tag == "script":
            assert "src" in attributes or attributes.get("type") == "application/json", attributes
        if tag in CONTROLS and attributes.get("type") != "hidden":
            assert "label" in self.open or "aria-label" in attributes, (tag, attributes)
        self.tags.append((tag, attributes))
        if attributes.get("id"):
            self.ids.append(str(attributes["id"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.data += data
            return
        for tag in {*self.open}:
            self.texts.setdefault(tag, []).append(data)
