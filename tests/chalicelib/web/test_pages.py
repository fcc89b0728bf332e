"""Pages for people."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web.pages import document, named, page, table

ENTITY = "<script>alert('\"&')</script>"
facts = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.just(ENTITY) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=15) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=20,
    ),
    max_size=4,
)


class Balance(HTMLParser):
    """Reads a page; complains of what is left open, closed unopened, or runs."""

    VOID = ("meta",)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        assert not [name for name, _ in attributes if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(facts)
def test_whatever_the_facts_the_page_is_whole(given: dict[str, object]) -> None:
    """Everything is escaped and every element closed."""
    balance = Balance()
    balance.feed(page("http://h", ENTITY, document(given)))
    balance.close()
    assert balance.open == []


def test_links_can_be_followed() -> None:
    """By their titles; the one to the page itself is left out."""
    links = [
        {"href": "http://h/jobs?a=1&b=2", "rel": "self", "title": "This"},
        {"href": "http://h/jobs?a=1&b=3", "rel": "next", "title": "Earlier"},
    ]
    text = document({"links": links})
    assert '<a href="http://h/jobs?a=1&amp;b=3">Earlier</a>' in text
    assert "This" not in text


def test_a_list_of_objects_is_a_table() -> None:
    """A column for each member, its links beside the first; numbers stand right."""
    text = document({"jobs": [{"jobID": "a", "progress": 0, "links": []}, {"jobID": "b", "more": True}]})
    assert text.index("JobID") < text.index("Links") < text.index("Progress") < text.index("More")
    assert '<td class="number">0</td>' in text
    assert "<td>yes</td>" in text


def test_many_values_are_folded() -> None:
    """A person opens fifty states when they want them."""
    assert "<details><summary>50 values</summary>" in document({"states": [str(n) for n in range(50)]})


def test_a_table_of_an_answer() -> None:
    """Numbers with the digits they have in JSON."""
    assert '<td>Ohio</td><td class="number">25.05757575757576</td>' in table(
        ("state", "mean"), [("Ohio", 25.05757575757576)]
    )


def test_names_as_people_write_them() -> None:
    """Acronyms stay."""
    assert [named(name) for name in ("jobControlOptions", "jobID", "num_jobs", "")] == [
        "Job control options",
        "JobID",
        "Num jobs",
        "",
    ]
