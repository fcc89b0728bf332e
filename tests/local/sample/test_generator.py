"""The synthetic sample: the format of the survey with invented data."""

import csv
import gzip
import io
import json
import math
import tracemalloc
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from chalicelib.domain.dataset_description import Description
from local.sample.figures import DESIGN_EFFECT, MIN_RESPONDENTS, Z, exponential
from local.sample.generator import (
    ABSENT,
    ROWS,
    SEED,
    SUPPRESSED,
    UNCATEGORISED_EVERY,
    sample_rows,
    survey,
    write_sample,
)
from local.settings import SAMPLE
from tests.support.shared import SHARED, needs_shared

Row = dict[str, str]

MAX_COINCIDENCES = 20  # synthetic rows that equal a real one by chance


@pytest.fixture(scope="module")
def text() -> str:
    return gzip.decompress(SAMPLE.read_bytes()).decode()


@pytest.fixture(scope="module")
def rows(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text), strict=True))


def cell(row: Row) -> tuple[str, ...]:
    names = ("LocationDesc", "YearStart", "QuestionID", "StratificationID1", "Data_Value", "Sample_Size")
    return tuple(row[name] for name in names)


def pairs(rows: Iterable[Row]) -> dict[tuple[str, str], list[str]]:
    """Return the values by (question id, location abbreviation)."""
    values = defaultdict(list)
    for row in rows:
        values[row["QuestionID"], row["LocationAbbr"]].append(row["Data_Value"])
    return values


def test_committed_file_equals_the_generated_text(text: str, tmp_path: Path) -> None:
    write_sample(tmp_path / "sample.csv")
    assert (tmp_path / "sample.csv").read_bytes() == text.encode()


def test_compressed_bytes_depend_on_the_rows_only(tmp_path: Path) -> None:
    write_sample(tmp_path / "first.csv.gz", rows=100)
    write_sample(tmp_path / "second.csv.gz", rows=100)
    compressed = (tmp_path / "first.csv.gz").read_bytes()
    assert compressed == (tmp_path / "second.csv.gz").read_bytes()
    write_sample(tmp_path / "plain.csv", rows=100)

    assert gzip.decompress(compressed) == (tmp_path / "plain.csv").read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_rows_depend_on_the_seed() -> None:
    assert list(sample_rows(1, 50)) == list(sample_rows(1, 50)) != list(sample_rows(2, 50))


def test_committed_file_is_under_300_kilobytes() -> None:
    assert SAMPLE.stat().st_size < 300_000


def test_header_has_the_33_columns_of_the_survey(text: str) -> None:
    header = text.splitlines()[0]
    assert header == ",".join(survey()["header"])
    assert header.count(",") == 32
    assert "High_Confidence_Limit ," in header


def test_every_row_has_a_field_for_each_column(rows: list[Row]) -> None:
    assert len(rows) == ROWS
    assert all(None not in row and None not in row.values() for row in rows)


def test_description_names_existing_columns_and_a_best_end_for_each_question(rows: list[Row]) -> None:
    description = json.loads((SAMPLE.parent / "brfss.json").read_text())
    assert set(description["columns"].values()) <= set(rows[0])
    assert set(description["best"]) == {row["QuestionID"] for row in rows}


def test_description_and_every_row_say_synthetic(rows: list[Row]) -> None:
    description = Description.load(SAMPLE.parent / "sample.json")
    assert description.synthetic is True
    assert f"seed {SEED}" in description.source
    assert {row["Datasource"] for row in rows} == {"Synthetic sample"}


def test_sample_has_all_questions_locations_and_segments(rows: list[Row]) -> None:
    assert len({row["Question"] for row in rows}) == 9
    assert len({row["LocationDesc"] for row in rows}) == 55
    assert len({row["StratificationID1"] for row in rows} - {""}) == 28
    categories = {row["StratificationCategory1"] for row in rows} - {""}

    assert categories == {"Total", "Age (years)", "Education", "Gender", "Income", "Race/Ethnicity"}


def test_segment_is_in_the_column_of_its_category(rows: list[Row]) -> None:
    for row in rows:
        column = row["StratificationCategory1"].replace("Age (years)", "Age(years)")
        if column:
            assert row[column] == row["Stratification1"]


def test_each_cell_has_one_row(rows: list[Row]) -> None:
    cells = [cell(row)[:4] for row in rows if row["StratificationID1"]]
    assert len(set(cells)) == len(cells)


def test_two_rows_have_a_value_and_no_category(rows: list[Row]) -> None:
    uncategorised = [row for row in rows if not row["StratificationCategory1"]]
    assert not any(row["Stratification1"] for row in uncategorised)
    with_value = [row for row in uncategorised if row["Data_Value"]]
    assert len(with_value) == ROWS // UNCATEGORISED_EVERY == 2
    others = {(row["LocationAbbr"], row["YearStart"]) for row in uncategorised if row not in with_value}
    assert others == {("NJ", "2019")}


def test_some_rows_are_suppressed_with_the_footnote(rows: list[Row]) -> None:
    suppressed = [row for row in rows if not row["Data_Value"]]
    assert 0.02 < len(suppressed) / len(rows) < 0.08
    measures = ("Data_Value_Alt", "Low_Confidence_Limit", "High_Confidence_Limit ", "Sample_Size")

    for row in suppressed:
        assert not any(row[name] for name in measures)
        assert row["Data_Value_Footnote"] == "Data not available because sample size is insufficient."
    assert [row for row in rows if row["Data_Value_Footnote_Symbol"] == "~"] == suppressed


def test_confidence_limits_enclose_the_value(rows: list[Row]) -> None:
    for row in rows:
        if row["Data_Value"]:
            low, high = float(row["Low_Confidence_Limit"]), float(row["High_Confidence_Limit "])
            assert 0 <= low <= float(row["Data_Value"]) <= high <= 100
            assert row["Data_Value"].split(".")[1].isdecimal()
            assert float(row["Sample_Size"]) >= MIN_RESPONDENTS


def test_limits_are_symmetric_on_the_logit_scale_to_their_rounding(rows: list[Row]) -> None:
    def logit(tenths: float) -> float:
        return math.log(tenths / (1000 - tenths))

    for row in (row for row in rows if row["Data_Value"]):
        names = ("Low_Confidence_Limit", "Data_Value", "High_Confidence_Limit ")
        low, value, high = (round(10 * float(row[name])) for name in names)
        p = value / 1000
        half = Z * math.sqrt(DESIGN_EFFECT / (float(row["Sample_Size"]) * p * (1 - p)))
        assert logit(low - 0.51) <= logit(value) - half <= logit(low + 0.51)
        assert logit(high - 0.51) <= logit(value) + half <= logit(high + 0.51)


@pytest.mark.parametrize("x", [0.001, 0.1, 1, 3])
def test_exponential_is_that_of_the_mathematics_library(x: float) -> None:
    assert exponential(x) == pytest.approx(math.exp(x), rel=1e-14)


def test_every_state_has_each_year_of_its_whole_population(rows: list[Row]) -> None:
    cells = {
        (row["QuestionID"], row["LocationAbbr"], row["YearStart"])
        for row in rows
        if row["Stratification1"] == "Total"
    }
    whole = {(question["id"], str(year)) for question in survey()["questions"] for year in question["years"]}
    missing = {
        (place, year)
        for question, year in whole
        for place in ("OH", "NJ", "TX", "WY")
        if (question, place, year) not in cells
    }
    assert missing <= {("NJ", "2019")}


def test_ohio_has_six_age_groups_and_every_stratum_of_obesity_in_2022(rows: list[Row]) -> None:
    strata = [
        row["StratificationCategoryId1"]
        for row in rows
        if (row["QuestionID"], row["LocationAbbr"], row["YearStart"]) == ("Q036", "OH", "2022")
    ]
    assert len(strata) == 28
    assert strata.count("AGEYR") == 6


def test_sample_has_a_suppressed_pair_and_missing_pairs(rows: list[Row]) -> None:
    values_by_pair = pairs(rows)
    assert (
        {pair for pair, values in values_by_pair.items() if not any(values)} == SUPPRESSED == {("Q046", "VI")}
    )
    assert len(values_by_pair) == 9 * 55 - len(ABSENT)
    assert not ABSENT & set(values_by_pair)


def test_rows_are_generated_in_bounded_memory() -> None:
    tracemalloc.start()
    try:
        assert sum(1 for _ in sample_rows(SEED, 20_000)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@needs_shared
def test_no_row_is_copied_from_the_real_survey(rows: list[Row]) -> None:
    with gzip.open(SHARED / "data" / "brfss_full.csv.gz", "rt", newline="") as file:
        real = {cell(row) for row in csv.DictReader(file)}
    assert sum(cell(row) in real for row in rows if row["Data_Value"]) < MAX_COINCIDENCES
