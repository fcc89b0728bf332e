"""What is certain about a file is understood without a word in its description."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.measures import CellStats
from chalicelib.errors import DatasetError
from tests.support.shapes import read

FACTS = {"columns": {"question": "Q", "location": "State", "value": "V"}}
ROWS = "Q,State,V,Note\nq,Québec,-12.5,x\nq,Ohio,3,\n"
CELLS = {"q": {("Québec", "", ""): CellStats(-125, 1), ("Ohio", "", ""): CellStats(30, 1)}}


@pytest.mark.parametrize(
    "content",
    [
        ROWS.encode(),
        ROWS.encode("utf-8-sig"),
        ROWS.encode("utf-16"),
        "\ufeff".encode("utf-16-be") + ROWS.encode("utf-16-be"),
        ROWS.encode("utf-32"),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "\t").encode("utf-16"),
        ROWS.replace(",", "|").encode(),
        b"sep=;\n" + ROWS.replace(",", ";").encode(),
        b'"sep=,"\r\n' + ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("Q,State,V", " Q ,\u00a0State,\ufeffV\ufeff").encode(),
        ROWS.replace("-12.5", "\u221212.5").encode(),
        ROWS.replace("é", "e\u0301").encode(),
        ROWS.replace("\nq,Ohio,3,\n", "\nq,Ohio,3\n").encode(),
        ROWS.replace("\nq,Ohio,3,\n", "\nq,Ohio,3,,,\n").encode(),
        ROWS.replace("\n", ",\n").encode(),
        ROWS.replace("\n", ",\n").replace("Note,", "Note").encode(),
    ],
    ids=[
        *("plain", "mark", "utf-16", "utf-16 big end", "utf-32", "semicolons", "tabs in utf-16", "pipes"),
        *("sep= line", "quoted sep= line", "blanks around names", "minus sign", "decomposed", "short row"),
        *("long row", "a comma at all ends", "a comma at the ends of rows"),
    ],
)
def test_file_is_read_however_it_was_saved(content: bytes) -> None:
    assert read(content, **FACTS).cube.cells == CELLS


@pytest.mark.parametrize("name", ["Re\u0301gion", "Région"])
def test_names_of_header_and_description_meet_in_either_form(name: str) -> None:
    columns = {"question": "Q", "location": name, "value": "V"}
    for header in ("Re\u0301gion", "Région"):
        assert read(f"Q,{header},V\nq,Ohio,1\n", columns=columns).states == {"Ohio"}


def test_row_that_lost_a_needed_field_is_refused() -> None:
    with pytest.raises(DatasetError, match="line 3: 2 fields, where the header has 4"):
        read("Q,State,V,Note\nq,Ohio,1,\nq,Ohio\n", **FACTS)


@given(st.sampled_from([",", ";", "\t", "|"]), st.lists(st.text("ab ;,|\t\"\n'", max_size=5), max_size=6))
def test_what_separates_fields_is_seen_whatever_else_is_in_them(sep: str, notes: list[str]) -> None:
    quoted = ('"' + note.replace('"', '""') + '"' for note in notes)
    rows = "".join(f"q{sep}Ohio{sep}1{sep}{note}\n" for note in quoted)
    data = read(f"Q{sep}State{sep}V{sep}Note\nq{sep}Iowa{sep}2{sep}\n{rows}", **FACTS)
    assert data.cube.overall() == CellStats(2 + len(notes), 1 + len(notes))
