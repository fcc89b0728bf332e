"""HTML pages: the frame that they share, and pages with the same facts as the JSON documents."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from chalicelib.web.markup import Html, element, joined, prose
from chalicelib.web.static_files import manifest

# The browser loads from this origin only, and runs no script and no style that stands in a page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
SECTIONS = {
    "Explore": "/explore",
    "Jobs": "/jobs",
    "Processes": "/processes",
    "Operations": "/operations",
    "API docs": "/docs",
}
# What a browser, which sends no key by itself, can open where a key is needed.
WITHOUT_KEY = ("/explore", "/docs")
FOOTER = {"About this service": "/?f=html", "Conformance": "/conformance", "OpenAPI": "/openapi.json"}
# The script of a page that names no other.
SCRIPTS = ("page.js",)
FEW = 12


@dataclass(frozen=True)
class Site:
    """What the pages of one service share: the path before their own, whether it needs a key, and the path
    of the page that is shown."""

    base: str = ""
    key_needed: bool = False
    path: str = ""

    def page(self, title: str, content: str, scripts: Sequence[str] = SCRIPTS) -> str:
        """Return a page: what all have in common, and its content below its title."""
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", f"{title[:150]} – Statline"),
            element("link", rel="icon", href="data:,"),  # else browsers ask for one that there is not
            element("link", rel="stylesheet", href=self.static("style.css")),
            [element("script", type="module", src=self.static(name)) for name in scripts],
        )
        body = element(
            "body",
            element("a", "Skip to the content", class_="skip", href="#content"),
            self.navigation(),
            element("main", element("h1", title, id="title", dir="auto"), Html(content), id="content"),
            element("footer", self._footer()),
            data_base=self.base,
        )
        return f"<!doctype html>{element('html', head, body, lang='en')}"

    def static(self, name: str) -> str:
        """Return the address of a built file."""
        return f"{self.base}/static/{manifest()[name]}"

    def anchor(self, path: str, *content: Any, **attributes: Any) -> Html:
        """Return a link to a path of the service."""
        return element("a", *content, href=self.base + path, **attributes)

    def navigation(self) -> Html:
        """Return the links to the sections, which all pages have."""
        name = element("strong", self.anchor("/explore" if self.key_needed else "/", "Statline"))
        return element("nav", name, self._sections(), aria_label="Main")

    def _sections(self) -> Html:
        shown = {name: path for name, path in SECTIONS.items() if self._is_open(path)}
        return joined(
            self.anchor(path, name, aria_current="page" if self._is_current(path) else None)
            for name, path in shown.items()
        )

    def _is_current(self, path: str) -> bool:
        return self.path == path or self.path.startswith(f"{path}/")

    def _is_open(self, path: str) -> bool:
        return not self.key_needed or path in WITHOUT_KEY

    def _footer(self) -> Html | None:
        if self.key_needed:
            return None
        links = [element("li", self.anchor(path, name)) for name, path in FOOTER.items()]
        return element("ul", links)


def document(facts: dict[str, Any]) -> str:
    """Return HTML for a JSON object: its description, its short facts, and a section for each part."""
    facts = {name: value for name, value in facts.items() if name != "title"}
    text = facts.pop("description", "")
    short = {name: value for name, value in facts.items() if not isinstance(value, (dict, list))}
    sections = [
        f"<h2>{named(name)}</h2>{rendered(value, name)}"
        for name, value in facts.items()
        if name not in short and value
    ]
    return (
        (element("p", prose(text)) if text else "")
        + (definitions(short) if short else "")
        + "".join(sections)
    )


def named(name: str) -> str:
    """Return a member's name in words: "Job control options" for jobControlOptions."""
    words = re.sub(
        r"(?<=[a-z])([A-Z])(?=[a-z])", lambda hump: " " + hump[1].lower(), re.sub("[_.]", " ", name)
    )
    return escape(words[:1].upper() + words[1:])


def rendered(value: Any, name: str = "") -> str:
    if isinstance(value, dict):
        return anchor(value["href"], value["title"]) if is_link(value) else definitions(value)
    if isinstance(value, list):
        return many(value, name)
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return anchor(value, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape("" if value is None else str(value))


def is_link(value: Any) -> bool:
    return isinstance(value, dict) and {"href", "rel", "title"} <= value.keys()


def anchor(href: str, title: str) -> str:
    return f'<a href="{escape(href)}">{escape(title)}</a>'


def definitions(facts: dict[str, Any]) -> str:
    items = (f"<dt>{named(name)}</dt><dd>{rendered(value, name)}</dd>" for name, value in facts.items())
    return f"<dl>{''.join(items)}</dl>"


def many(values: list[Any], name: str = "") -> str:
    if values and all(isinstance(value, dict) and not is_link(value) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        # Links are the second column, since a narrow screen does not show the end of a row.
        columns = sorted(names, key=lambda name: (name != next(iter(names)), name != "links"))
        rows = [[value.get(name) for name in columns] for value in values]
        return table(columns, rows, named(name) or "Values")
    # A link to the page itself is of no use on it.
    shown = [value for value in values if not (is_link(value) and value["rel"] == "self")]
    items = f"<ul>{''.join(f'<li>{rendered(value)}</li>' for value in shown)}</ul>"
    return items if len(shown) <= FEW else f"<details><summary>{len(shown)} values</summary>{items}</details>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "Result") -> str:
    head = [element("th", Html(named(name)), scope="col") for name in columns]
    body = [element("tr", [Html(cell(value)) for value in row]) for row in rows]
    return wide(
        element(
            "table",
            element("caption", Html(caption), class_="hidden"),
            element("thead", element("tr", head)),
            element("tbody", body),
        ),
        caption,
    )


def wide(content: Html, label: str) -> Html:
    """Return a table that scrolls by itself where the window is narrow, by keyboard too."""
    return element("div", content, class_="wide", tabindex="0", role="group", aria_label=Html(label))


def cell(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'<td class="number">{value}</td>'
    if isinstance(value, list) and all(is_link(item) or not isinstance(item, dict) for item in value):
        links = ' class="links"' if any(map(is_link, value)) else ""
        return f"<td{links}>{', '.join(map(rendered, value))}</td>"
    return (
        f'<td dir="auto">{rendered(value)}</td>' if isinstance(value, str) else f"<td>{rendered(value)}</td>"
    )
