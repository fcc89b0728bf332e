"""What may be a mistake in a data set is said, and what is none is not."""

import pytest

from chalicelib.domain.ingestor import DataIngestor
from tests.support import shapes
from tests.support.measured import measured
from tests.support.shapes import read

COLUMNS = {"question": "Q", "location": "State", "value": "V"}


def warned(rows: str, **facts: object) -> str:
    data = read(rows, **{"columns": COLUMNS} | facts)
    again = DataIngestor.from_snapshot(data.snapshot())
    assert again.warnings == data.warnings, "a later start says the same"
    assert data.catalogue()["warnings"] == [*data.warnings]
    return "\n".join(data.warnings)


@pytest.mark.parametrize(
    ("rows", "facts", "sentence"),
    [
        (
            "q,Ohio,1\nq,Total,9\n",
            {},
            '"Total" seems a total, and counts as a location: "drop": {"State": ["Total"]}',
        ),
        ("q,Ohio,1\nq,United States,9\n", {}, '"drop": {"State": ["United States"]}'),
        ("q,Ohio,1\nq,-999999,9\nq,Iowa,-999999\n", {}, '"-999999" of "V" (1 rows) may stand for no value'),
        ("q,Ohio,1\n", {"best": {"Q36": "lowest"}}, '"best" has "Q36", which no question is or has as id'),
        ("q,Ohio,1\n", {"aliases": {"location": {"OH": "Ohoi"}}}, '"aliases" has "Ohoi", which no row has'),
        ("q,Ohio,1\nq,Total,9\n", {"aliases": {"location": {"Total": ""}}}, 'makes "Total" no location'),
        (
            "q,Ohio,1\n",
            {"keep": {"State": ["Ohio", "Iowa"]}},
            '"keep" has "Iowa", which no row has in "State"',
        ),
        ("q,Ohio,1\n", {"drop": {"State": ["US"]}}, '"drop" has "US", which no row has in "State"'),
        ("q,New York,1\nq,New  york,2\n", {}, '"New  york", "New York" may be one location: "aliases"'),
    ],
)
def test_doubt_is_said_with_its_names_and_a_remedy(
    rows: str, facts: dict[str, object], sentence: str
) -> None:
    assert sentence in warned(f"Q,State,V\n{rows}", **facts)


def test_kinds_of_values_that_nothing_tells_apart_are_said() -> None:
    facts = {key: value for key, value in shapes.PLACES_FACTS.items() if key not in ("keep", "drop")}
    told = "\n".join(read(shapes.PLACES, **facts).warnings)
    assert '"Data_Value_Type" has several kinds of values, which are averaged together' in told
    assert "cells have several rows" in told


def test_more_kinds_of_values_than_are_counted_are_said_to_be_at_least_so_many() -> None:
    told = warned("Q,State,V,Statistic\n" + "".join(f"q,Ohio,1,kind {number:02}\n" for number in range(20)))
    assert '"kind 00", "kind 01", "kind 02" and at least 10 more; "keep"' in told


def test_ids_of_two_texts_and_texts_of_two_ids_are_said() -> None:
    rows = (
        "Q,ID,State,Code,V\nObesity,O,Washington,01,1\nObesity 18+,O,Washington,02,1\nObesity,P,Ohio,03,1\n"
    )
    columns = COLUMNS | {"question_id": "ID", "location_id": "Code"}
    told = warned(rows, columns=columns)
    assert 'the id "O" has 2 questions, "Obesity", "Obesity 18+"' in told
    assert 'the question "Obesity" has 2 ids, "O", "P"' in told
    assert 'the location "Washington" has 2 ids, "01", "02": if they are several places, "location"' in told


def test_whole_that_no_row_has_is_said() -> None:
    told = warned("Q,State,Sex,V\nq,Ohio,Male,1\n", dimensions={"Sex": "Both"})
    assert '"dimensions" has "Both", which no row has in "Sex"' in told


def test_groups_of_two_dimensions_are_counted() -> None:
    rows = "Q,State,Sex,Age,V\nq,Ohio,M,18,1\nq,Ohio,F,18,1\nq,Ohio,B,A,1\n"
    assert "2 rows are of groups of more than one of" in warned(rows, dimensions={"Sex": "B", "Age": "A"})


def test_cells_of_several_rows_are_counted_where_there_are_years() -> None:
    assert measured().warnings[0].startswith("1 of 9 cells have several rows")


def test_described_nation_and_plain_data_raise_no_doubt() -> None:
    assert warned("Q,State,V\nq,Ohio,1\nq,National,9\n", national="National") == ""
    assert read(shapes.ONS, **shapes.ONS_FACTS).warnings == ()
