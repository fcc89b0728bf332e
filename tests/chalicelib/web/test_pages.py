"""HTML pages."""

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
def test_any_document_gives_escaped_and_balanced_html(given: dict[str, object]) -> None:
    balance = Balance()
    balance.feed(page("http://h", ENTITY, document(given)))
    balance.close()
    assert balance.open == []


def test_links_have_their_titles_and_self_is_left_out() -> None:
    links = [
        {"href": "http://h/jobs?a=1&b=2", "rel": "self", "title": "This"},
        {"href": "http://h/jobs?a=1&b=3", "rel": "next", "title": "Earlier"},
    ]
    text = document({"links": links})
    assert '<a href="http://h/jobs?a=1&amp;b=3">Earlier</a>' in text
    assert "This" not in text


def test_list_of_objects_is_a_table_with_a_column_for_each_member() -> None:
    text = document({"jobs": [{"jobID": "a", "progress": 0, "links": []}, {"jobID": "b", "more": True}]})
    assert text.index("JobID") < text.index("Links") < text.index("Progress") < text.index("More")
    assert '<td class="number">0</td>' in text
    assert "<td>yes</td>" in text


def test_long_list_is_folded() -> None:
    assert "<details><summary>50 values</summary>" in document({"states": [str(n) for n in range(50)]})


def test_result_table_shows_the_digits_of_the_json() -> None:
    assert '<td>Ohio</td><td class="number">25.05757575757576</td>' in table(
        ("state", "mean"), [("Ohio", 25.05757575757576)]
    )


def test_member_names_are_shown_as_words() -> None:
    assert [named(name) for name in ("jobControlOptions", "jobID", "num_jobs", "")] == [
        "Job control options",
        "JobID",
        "Num jobs",
        "",
    ]
