"""Whatever a file publishes, each statistic answers with finite numbers or an error for the user."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import Unanswerable
from tests.chalicelib.domain.statistics.test_same_bytes import REQUESTS
from tests.support.published import STATES, ingest, row

GROUPS = ("Total: Total", "Sex: Female", "Sex: Male", "Age: Young", "Age: Old", "Income: Low", "Income: High")


def figures(whole: float, decimals: int) -> st.SearchStrategy[list[str]]:
    """Rows of every group, place and year: all with a value between its limits, or any texts in any order."""
    steps = st.integers(0, int(whole * 10**decimals))
    near_end = st.sampled_from([0, 1, int(whole * 10**decimals) - 1, int(whole * 10**decimals)])
    number = (steps | near_end).map(lambda each: each / 10**decimals)
    ordered = (
        st.lists(number, min_size=3, max_size=3, unique=True).map(sorted).map(lambda x: (x[1], x[0], x[2]))
    )
    wild = st.tuples(*[number | st.sampled_from(["", -1.5, whole + 1.5])] * 3)
    sizes = st.sampled_from([0, 1, 29, 30, 51, 400, 10**6])
    keys = [(place, year, group) for place in STATES[:4] for year in range(2019, 2023) for group in GROUPS]

    def rows(cell: st.SearchStrategy[tuple[Any, Any, Any]], n: st.SearchStrategy[Any]) -> Any:
        cells = st.lists(st.tuples(cell, n), min_size=len(keys), max_size=len(keys))
        return cells.map(
            lambda drawn: [
                row(*key[:2], *cell, n, key[2]) for key, (cell, n) in zip(keys, drawn, strict=True)
            ]
        )

    return rows(ordered, sizes) | rows(wild, sizes | st.just(""))


@pytest.mark.parametrize(
    ("unit", "whole", "scale"), [("%", 100, "logit"), ("proportion", 1, "logit"), ("kg", 60, "linear")]
)
@settings(max_examples=12)
@given(data=st.data())
def test_any_figures_give_finite_numbers_or_an_error(unit: str, whole: int, scale: str, data: Any) -> None:
    rows = data.draw(figures(whole, 1 if whole > 1 else 3))
    survey = ingest(rows, unit=unit, interval={"level": 0.95, "scale": scale})

    for statistic, inputs in REQUESTS:
        for more in ({}, {"years": "2022"}):
            with contextlib.suppress(Unanswerable):
                json.dumps(statistic(survey, {"question": "Q1"} | inputs | more), allow_nan=False)
