"""HTML pages."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web.pages import Site, document, named, table
from chalicelib.web.static_files import served
from tests.support.html import Page

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


@given(facts)
def test_any_document_gives_escaped_and_balanced_html(given: dict[str, object]) -> None:
    page = Page.read(Site("/v1").page(ENTITY, document(given)))
    assert page.text("h1") == ENTITY
    assert ENTITY in page.text("title")


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
    assert '<td dir="auto">Ohio</td><td class="number">25.05757575757576</td>' in table(
        ("state", "mean"), [("Ohio", 25.05757575757576)]
    )


def test_member_names_are_shown_as_words() -> None:
    assert [named(name) for name in ("jobControlOptions", "jobID", "num_jobs", "")] == [
        "Job control options",
        "JobID",
        "Num jobs",
        "",
    ]


def test_navigation_marks_the_section_that_is_shown() -> None:
    page = Page.read(Site("/v1", path="/jobs/job_id_7").page("A job", ""))

    shown = {one["href"]: one.get("aria-current") for one in page.all("a")}
    assert shown["/v1/jobs"] == "page"
    assert shown["/v1/explore"] is None


def test_navigation_offers_only_what_opens_without_the_key() -> None:
    page = Page.read(Site("", key_needed=True).page("Explore", ""))

    assert page.links() == ["#content", "/explore", "/explore", "/docs"]


def test_pages_load_files_under_their_hashed_names() -> None:
    page = Page.read(Site("/v1").page("Jobs", "", scripts=("page.js", "jobs.js")))

    names = [str(one["src"]) for one in page.all("script")]
    assert [name.split(".")[0] for name in names] == ["/v1/static/page", "/v1/static/jobs"]
    assert all(name.removeprefix("/v1/static/") in served() for name in names)
