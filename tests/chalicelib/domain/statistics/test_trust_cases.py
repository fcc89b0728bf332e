"""The nine statistics with uncertainty on every case with a right answer, as the domain computes them."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics import (
    age_standardised,
    benchmark,
    cells,
    compare,
    disparity,
    estimands,
    estimate,
    ranking,
    trend,
)
from chalicelib.errors import StatlineError
from local.settings import DEFAULT_DESCRIPTION
from tests.support.trust import FILES, cases, differences, needs_trust

STATISTICS: dict[str, Callable[[DataIngestor, dict[str, str]], dict[str, Any]]] = {
    "age_standardised": age_standardised.age_standardised,
    "benchmark": benchmark.benchmark,
    "cells": cells.cells,
    "compare": compare.compare,
    "disparity": disparity.disparity,
    "estimands": estimands.estimands,
    "estimate": estimate.estimate,
    "ranking": ranking.ranking,
    "trend": trend.trend,
}
CASES = [case for case in cases() if case["statistic"] in STATISTICS]


@cache
def data(kind: str) -> DataIngestor:
    if not FILES[kind].is_file():
        pytest.skip(f"{FILES[kind].name} of STATLINE_SHARED is not here")
    return DataIngestor.from_csv(FILES[kind], Description.load(DEFAULT_DESCRIPTION))


def ids(case: dict[str, Any]) -> str:
    return f"{case['id']}-{case['statistic']}"


@needs_trust
@pytest.mark.parametrize("case", [case for case in CASES if "answer" in case["expected"]], ids=ids)
def test_case_has_its_right_answer(case: dict[str, Any]) -> None:
    answer = STATISTICS[case["statistic"]](data(case["data"]), case["inputs"])

    assert differences(case["expected"]["answer"], answer, case["tolerance"]) == []


@needs_trust
@pytest.mark.parametrize("case", [case for case in CASES if "error" in case["expected"]], ids=ids)
def test_case_without_an_answer_is_an_error_of_its_code(case: dict[str, Any]) -> None:
    with pytest.raises(StatlineError) as raised:
        STATISTICS[case["statistic"]](data(case["data"]), case["inputs"])

    assert getattr(raised.value, "code", None) == case["expected"]["error"]
