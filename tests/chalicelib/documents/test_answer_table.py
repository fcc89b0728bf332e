"""Documents as tables, and as their stored bytes."""

import json

import pytest

from chalicelib.documents.answer_table import Cell, Table, document_table, row_members, with_marks
from chalicelib.documents.result_table import answer_csv, as_csv, document_of, frozen_json, table_of
from chalicelib.domain.statistics.registry import ESTIMATES
from tests.support.samples import job

CARRIED = {
    "statement": "12.5 %, as published.",
    "method": {"id": "estimate/1", "interval": "logit, 95 %"},
    "caveats": [{"code": "a", "text": "A."}, {"code": "b", "text": "B."}],
}


def test_document_without_rows_is_one_row_with_dotted_columns() -> None:
    document = {"estimate": 12.5, "interval": [11.0, 14.0], "years": [2021, 2022], "se": None, **CARRIED}
    columns, rows = document_table(ESTIMATES["estimate"], document)

    assert dict(zip(columns, rows[0], strict=True)) == {
        "estimate": 12.5,
        "interval.low": 11.0,
        "interval.high": 14.0,
        "years": "2021; 2022",
        "se": None,
        "statement": "12.5 %, as published.",
        "method.id": "estimate/1",
        "method.interval": "logit, 95 %",
        "caveats": "a; b",
    }
    assert columns[:3] == ["estimate", "interval.low", "interval.high"]
    assert len(rows) == 1


def test_rows_have_the_columns_of_all_in_the_order_of_the_schema() -> None:
    suppressed = {"state": "Guam", "year": 2021, "category": "", "stratum": "", "suppressed": True}
    published = {"state": "Ohio", "year": 2021, "value": 38.1, "reliability": {"presentable": True}}
    columns, rows = document_table(ESTIMATES["cells"], {"rows": [suppressed, published], **CARRIED})

    assert columns == [
        *("state", "year", "category", "stratum", "value"),
        *("reliability.presentable", "suppressed"),
    ]
    assert rows == [
        ["Guam", 2021, "", "", None, None, "true"],
        ["Ohio", 2021, None, None, 38.1, "true", None],
    ]


def test_null_member_and_null_interval_keep_the_columns_of_other_rows() -> None:
    reference = {"stratum": "Rich", "interval": None, "versus_reference": None}
    other = {"stratum": "Poor", "interval": [1.0, 2.0], "versus_reference": {"difference": 3.0}}
    columns, rows = document_table(ESTIMATES["disparity"], {"strata": [reference, other]})

    assert columns == ["stratum", "interval.low", "interval.high", "versus_reference.difference"]
    assert rows == [["Rich", None, None, None], ["Poor", 1.0, 2.0, 3.0]]


def test_document_with_no_rows_at_all_has_the_columns_of_its_schema() -> None:
    columns, rows = document_table(ESTIMATES["benchmark"], {"states": []})
    assert columns == row_members(ESTIMATES["benchmark"])
    assert rows == []


def test_trend_is_a_table_of_areas_or_one_row() -> None:
    of_areas = {"areas": [{"state": "Ohio", "slope": 0.5}, {"state": "Utah", "slope": 0.1}]}
    assert document_table(ESTIMATES["trend"], of_areas).columns == ["state", "slope"]
    assert document_table(ESTIMATES["trend"], {"slope": 0.5}).rows == [[0.5]]


def test_stored_document_is_returned_byte_for_byte() -> None:
    text = '{"estimate":1e-07,"statement":"Größer, \\"x\\"","caveats":[]}'
    stored = job(1, statistic="estimate", result=f"[2,{text}]".encode())

    assert frozen_json(stored) == text.encode()
    assert document_of(stored) == json.loads(text)
    assert as_csv(stored) == 'estimate,statement,caveats,presentable\r\n1e-07,"Größer, ""x""",,\r\n'


@pytest.mark.parametrize(
    ("columns", "row", "marks"),
    [
        (["state", "presentable"], ["Ohio", "true"], ["a; b"]),
        (["state", "reliability.presentable"], ["Ohio", "false"], ["false", "a; b"]),
        (["first.reliability.presentable", "second.presentable"], ["true", "false"], ["false", "a; b"]),
        (["first.reliability.presentable", "second.presentable"], ["true", "true"], ["true", "a; b"]),
        (["reliability.presentable"], [None], [None, "a; b"]),
        (["slope"], [0.5], [None, "a; b"]),
    ],
)
def test_row_is_presentable_if_every_judged_figure_in_it_is(
    columns: list[str], row: list[Cell], marks: list[Cell]
) -> None:
    marked = with_marks(Table(columns, [row]), ["a", "b"])

    assert list(marked.columns)[-1] == "caveats"
    assert marked.rows == [[*row, *marks]]


def test_mean_has_marks_in_answers_alone() -> None:
    stored = job(1, statistic="states_mean", result=b'[1,[["Ohio",2.5]]]')

    assert as_csv(stored) == "state,mean\r\nOhio,2.5\r\n"
    assert answer_csv(stored) == ("state,mean,presentable,caveats\r\nOhio,2.5,,unweighted-mean-of-cells\r\n")


def test_mean_has_no_document() -> None:
    stored = job(1, statistic="states_mean", result=b'[1,[["Ohio",2.5]]]')
    assert document_of(stored) is None
    assert table_of(stored) == (("state", "mean"), [("Ohio", 2.5)])


@pytest.mark.parametrize("name", ESTIMATES)
def test_every_estimate_has_a_schema_whose_rows_are_its_rows(name: str) -> None:
    entry = ESTIMATES[name]
    assert entry.output_schema
    assert bool(row_members(entry)) == bool(entry.rows)
