"""The synthetic sample: the survey's format, nobody's answers."""

import csv
import gzip
import io
import json
import tracemalloc
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from chalicelib.domain.dataset_description import Description
from local.sample.generator import ROWS, SEED, TARGET, UNCATEGORISED_EVERY, sample_rows, write_sample
from local.sample.tables import ABSENT, HEADER, SUPPRESSED
from tests.support.shared import SHARED, needs_shared

Row = dict[str, str]

COINCIDENCES = 20  # of invented and real rows that chance may bring about


@pytest.fixture(scope="module")
def text() -> str:
    return gzip.decompress(TARGET.read_bytes()).decode()


@pytest.fixture(scope="module")
def rows(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text), strict=True))


def key(row: Row) -> tuple[str, ...]:
    names = ("LocationDesc", "YearStart", "QuestionID", "StratificationID1", "Data_Value", "Sample_Size")
    return tuple(row[name] for name in names)


def pairs(rows: Iterable[Row]) -> dict[tuple[str, str], list[str]]:
    """Values by (question id, location's abbreviation)."""
    found = defaultdict(list)
    for row in rows:
        found[row["QuestionID"], row["LocationAbbr"]].append(row["Data_Value"])
    return found


def test_committed_file_is_what_the_generator_writes(text: str, tmp_path: Path) -> None:
    """Text compared: zlib's bytes differ from version to version."""
    write_sample(tmp_path / "sample.csv")
    assert (tmp_path / "sample.csv").read_bytes() == text.encode()


def test_compressed_file_depends_on_nothing_but_its_rows(tmp_path: Path) -> None:
    """Neither its name nor the time, and no temporary file stays."""
    write_sample(tmp_path / "one.csv.gz", rows=100)
    write_sample(tmp_path / "other.csv.gz", rows=100)
    packed = (tmp_path / "one.csv.gz").read_bytes()
    assert packed == (tmp_path / "other.csv.gz").read_bytes()
    write_sample(tmp_path / "plain.csv", rows=100)
    assert gzip.decompress(packed) == (tmp_path / "plain.csv").read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_another_seed_is_another_survey() -> None:
    """The same seed is the same one."""
    assert list(sample_rows(1, 50)) == list(sample_rows(1, 50)) != list(sample_rows(2, 50))


def test_committed_file_is_small() -> None:
    """A clone should not pay for it."""
    assert TARGET.stat().st_size < 1_000_000


def test_header_is_the_survey_s(text: str) -> None:
    """33 columns, one with a space at its end."""
    header = text.splitlines()[0]
    assert header == HEADER
    assert header.count(",") == 32
    assert "High_Confidence_Limit ," in header


def test_every_row_is_complete(rows: list[Row]) -> None:
    """As many fields as the header has."""
    assert len(rows) == ROWS
    assert all(None not in row and None not in row.values() for row in rows)


def test_columns_of_the_description_are_there(rows: list[Row]) -> None:
    """And every question has a best end."""
    description = json.loads((TARGET.parent / "brfss.json").read_text())
    assert set(description["columns"].values()) <= set(rows[0])
    assert set(description["best"]) == {row["QuestionID"] for row in rows}


def test_sample_says_that_it_is_synthetic(rows: list[Row]) -> None:
    """In its description and in every row."""
    description = Description.load(TARGET.parent / "sample.json")
    assert description.synthetic is True
    assert f"seed {SEED}" in description.source
    assert {row["Datasource"] for row in rows} == {"Synthetic sample"}


def test_questions_locations_and_segments_are_all_there(rows: list[Row]) -> None:
    """As many as the survey has."""
    assert len({row["Question"] for row in rows}) == 9
    assert len({row["LocationDesc"] for row in rows}) == 55
    assert len({row["StratificationID1"] for row in rows} - {""}) == 28
    categories = {row["StratificationCategory1"] for row in rows} - {""}
    assert categories == {"Total", "Age (years)", "Education", "Gender", "Income", "Race/Ethnicity"}


def test_segment_stands_in_the_column_of_its_category(rows: list[Row]) -> None:
    """As in the real files."""
    for row in rows:
        column = row["StratificationCategory1"].replace("Age (years)", "Age(years)")
        if column:
            assert row[column] == row["Stratification1"]


def test_no_cell_comes_twice(rows: list[Row]) -> None:
    """One row for a question, year, location and segment."""
    cells = [key(row)[:4] for row in rows if row["StratificationID1"]]
    assert len(set(cells)) == len(cells)


def test_two_rows_have_a_value_and_no_category(rows: list[Row]) -> None:
    """As a handful in the real files."""
    bare = [row for row in rows if not row["StratificationCategory1"]]
    assert len(bare) == ROWS // UNCATEGORISED_EVERY == 2
    assert all(row["Data_Value"] and not row["Stratification1"] for row in bare)


def test_a_few_percent_are_suppressed_with_the_footnote(rows: list[Row]) -> None:
    """Without any number."""
    suppressed = [row for row in rows if not row["Data_Value"]]
    assert 0.03 < len(suppressed) / len(rows) < 0.08
    measures = ("Data_Value_Alt", "Low_Confidence_Limit", "High_Confidence_Limit ", "Sample_Size")
    for row in suppressed:
        assert not any(row[name] for name in measures)
        assert row["Data_Value_Footnote"] == "Data not available because sample size is insufficient."
    assert [row for row in rows if row["Data_Value_Footnote_Symbol"] == "~"] == suppressed


def test_limits_enclose_the_value(rows: list[Row]) -> None:
    """All of them percentages."""
    for row in rows:
        if row["Data_Value"]:
            low, high = float(row["Low_Confidence_Limit"]), float(row["High_Confidence_Limit "])
            assert 0 <= low <= float(row["Data_Value"]) <= high <= 100
            assert row["Data_Value"].split(".")[1].isdecimal()
            assert float(row["Sample_Size"]) >= 30


def test_one_known_pair_has_no_value_and_some_pairs_do_not_exist(rows: list[Row]) -> None:
    """An answer must tell the two apart."""
    found = pairs(rows)
    assert {pair for pair, values in found.items() if not any(values)} == SUPPRESSED == {("Q046", "VI")}
    assert len(found) == 9 * 55 - len(ABSENT)
    assert not ABSENT & set(found)


def test_any_number_of_rows_in_bounded_memory() -> None:
    """Rows are made one at a time."""
    tracemalloc.start()
    try:
        assert sum(1 for _ in sample_rows(SEED, 20_000)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@needs_shared
def test_no_row_is_the_real_survey_s(rows: list[Row]) -> None:
    """Beyond what chance brings about."""
    with gzip.open(SHARED / "data" / "brfss_full.csv.gz", "rt", newline="") as file:
        real = {key(row) for row in csv.DictReader(file)}
    assert sum(key(row) in real for row in rows if row["Data_Value"]) < COINCIDENCES
