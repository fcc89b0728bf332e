"""Answers as tables."""

import json

import pytest

from chalicelib.documents.result_table import as_csv, rows
from chalicelib.domain.statistics.registry import STATISTICS

TABLES = [
    ("states_mean", {"Ohio": 2.0, "Utah": 4.5}, [("Ohio", 2.0), ("Utah", 4.5)]),
    ("global_mean", {"global_mean": 8 / 3}, [(8 / 3,)]),
    ("mean_by_category", {"('O\"hi,o', 'Age', \"18's\")": 1.5}, [('O"hi,o', "Age", "18's", 1.5)]),
    (
        "state_mean_by_category",
        {"('x',)": {"('Age', '18 - 24')": 1.5, "('Sex', 'Male')": -2.0}},
        [("('x',)", "Age", "18 - 24", 1.5), ("('x',)", "Sex", "Male", -2.0)],
    ),
    ("state_mean", {"('x', 'y', 'z')": 1.0}, [("('x', 'y', 'z')", 1.0)]),
]


@pytest.mark.parametrize(("name", "answer", "expected"), TABLES)
def test_a_row_for_each_number(name: str, answer: dict[str, object], expected: list[tuple[object]]) -> None:
    """After its labels, in the answer's order, whatever the labels look like."""
    asked = STATISTICS[name]
    assert list(rows(asked, json.dumps(answer).encode())) == expected
    assert all(len(row) == len(asked.columns) for row in expected)


def test_as_csv() -> None:
    """With a header; numbers have the digits they have in JSON, commas and quotes are safe."""
    asked = STATISTICS["states_mean"]
    text = as_csv(asked, b'{"Ohio, \\"OH\\"":25.05757575757576,"Utah":27.0}')
    assert text == 'state,mean\r\n"Ohio, ""OH""",25.05757575757576\r\nUtah,27.0\r\n'
