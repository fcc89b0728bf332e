"""Results as frozen JSON, CSV and rows, from stored rows and from frozen JSON stored before."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.documents.result_table import Cells, as_csv, defused, frozen_json, rows_of
from chalicelib.domain.statistics.registry import MEANS
from tests.support.samples import job

# Each: the statistic, its rows, its frozen JSON.
RESULTS = [
    ("states_mean", [["Ohio", 2.0], ["Utah", 4.5]], {"Ohio": 2.0, "Utah": 4.5}),
    ("states_mean", [["Þ\"'", 5e-324], ["Utah", -0.0]], {"Þ\"'": 5e-324, "Utah": -0.0}),
    ("state_mean", [["('x', 'y', 'z')", 1.0]], {"('x', 'y', 'z')": 1.0}),
    ("global_mean", [[8 / 3]], {"global_mean": 8 / 3}),
    ("mean_by_category", [['O"hi,o', "Age", "18's", 1.5]], {"('O\"hi,o', 'Age', \"18's\")": 1.5}),
    (
        "state_mean_by_category",
        [["('x',)", "Age", "18 - 24", 1.5], ["('x',)", "Sex", "Male", -2.0]],
        {"('x',)": {"('Age', '18 - 24')": 1.5, "('Sex', 'Male')": -2.0}},
    ),
]


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(("name", "rows", "frozen"), RESULTS)
def test_rows_are_rendered_as_the_frozen_json(name: str, rows: list[list[object]], frozen: object) -> None:
    stored = job(1, statistic=name, result=compact([1, rows]))
    assert frozen_json(stored) == compact(frozen)
    assert rows_of(stored) == [tuple(row) for row in rows]
    assert {len(row) for row in rows} == {len(MEANS[name].columns)}


@pytest.mark.parametrize(("name", "rows", "frozen"), RESULTS)
def test_frozen_json_of_earlier_versions_is_returned_unchanged(
    name: str, rows: list[list[object]], frozen: object
) -> None:
    stored = job(1, statistic=name, result=json.dumps(frozen).encode())
    assert frozen_json(stored) == json.dumps(frozen).encode()
    assert rows_of(stored) == [tuple(row) for row in rows]


@pytest.mark.parametrize(
    "result",
    [
        b'[1,[["Ohio, \\"OH\\"",25.05757575757576],["Utah",27.0]]]',
        b'{"Ohio, \\"OH\\"":25.05757575757576,"Utah":27.0}',
    ],
)
def test_csv_has_a_header_and_the_digits_of_the_json(result: bytes) -> None:
    text = as_csv(job(1, statistic="states_mean", result=result))
    assert text == 'state,mean\r\n"Ohio, ""OH""",25.05757575757576\r\nUtah,27.0\r\n'


FORMULAS = [
    "=1+1",
    "+SUM(A1)",
    "-cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\n=x",
    "=",
    "-",
    "-inf",
    "＝1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_writes_an_apostrophe_before_what_a_spreadsheet_would_run(text: str) -> None:
    ranked = job(1, statistic="states_mean", result=compact([1, [[text, -1.5]]]))

    assert cells(as_csv(ranked)) == [["state", "mean"], [f"'{text}", "-1.5"]]
    assert cells(as_csv(ranked, Cells.EXACT)) == [["state", "mean"], [text, "-1.5"]]


@pytest.mark.parametrize(
    "text", ["-1", "+1.5", "-.5e-3", "+1.", "Ohio", "18 - 24", "$15,000 - $24,999", "'=x", " =x", "", "x=1"]
)
def test_csv_writes_numbers_and_other_texts_as_they_are(text: str) -> None:
    assert defused(text) == text


@given(st.text())
def test_defused_cell_is_the_text_with_at_most_an_apostrophe(text: str) -> None:
    assert defused(text) in (text, f"'{text}")
    assert defused(defused(text)) == defused(text)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_result_of_a_later_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="format 3"):
        frozen_json(job(1, result=b"[3,[[1.0]]]"))


def test_job_without_a_result_has_no_frozen_json() -> None:
    with pytest.raises(ValueError, match="job_id_1 has no result"):
        frozen_json(job(1))
