"""Answers are a function of question and data alone, however the data came together."""

import io
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.reading import cube_of_csv
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.age_standardised import age_standardised
from chalicelib.domain.statistics.benchmark import benchmark
from chalicelib.domain.statistics.cells import cells
from chalicelib.domain.statistics.compare import compare
from chalicelib.domain.statistics.disparity import disparity
from chalicelib.domain.statistics.estimands import estimands
from chalicelib.domain.statistics.estimate import estimate
from chalicelib.domain.statistics.ranking import ranking
from chalicelib.domain.statistics.trend import trend
from tests.support.published import DESCRIPTION, HEADER, ROWS, ingest

REQUESTS: list[tuple[Callable[[DataIngestor, dict[str, str]], dict[str, Any]], dict[str, str]]] = [
    (cells, {}),
    (estimate, {"state": "Cedar", "years": "all", "weights": "precision"}),
    (estimate, {"years": "all"}),
    (compare, {"state": "Ash", "stratum": "Female", "versus_stratum": "Male"}),
    (trend, {}),
    (trend, {"state": "Fir"}),
    (ranking, {"state": "Birch"}),
    (benchmark, {}),
    (disparity, {"state": "Ash", "category": "Income", "years": "2022"}),
    (age_standardised, {"state": "Ash"}),
    (estimands, {}),
]


def answers(data: DataIngestor) -> list[bytes]:
    """Return the bytes of an answer of each statistic. JSON refuses NaN and infinities."""
    return [
        json.dumps(statistic(data, {"question": "Q1"} | inputs), ensure_ascii=False, allow_nan=False).encode()
        for statistic, inputs in REQUESTS
    ]


WHOLE = answers(ingest())


def cube_of(rows: list[str]) -> Cube:
    text = "\n".join([HEADER, *rows]) + "\n"
    return cube_of_csv(io.BytesIO(text.encode()), Description.from_dict(DESCRIPTION))


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_cubes_merged_in_any_split_and_order_give_the_same_bytes(order: random.Random, parts: int) -> None:
    rows = order.sample(ROWS, len(ROWS))
    cubes = [cube_of(part) for part in (rows[start::parts] for start in range(parts))]
    order.shuffle(cubes)

    merged = cubes[0]
    for cube in cubes[1:]:
        merged = merged.merge(cube)

    assert answers(DataIngestor(merged, Description.from_dict(DESCRIPTION))) == WHOLE


def test_snapshot_gives_the_same_bytes_twice() -> None:
    again = DataIngestor.from_snapshot(ingest().snapshot())

    assert answers(again) == WHOLE
    assert answers(again) == WHOLE


@pytest.mark.parametrize("answer", WHOLE, ids=[statistic.__name__ for statistic, _ in REQUESTS])
def test_answer_has_every_part_and_its_numbers_are_rounded(answer: bytes) -> None:
    document = json.loads(answer)

    assert list(document)[-5:] == ["estimand", "statement", "method", "caveats", "provenance"]
    assert all(caveat["code"] and caveat["text"] and caveat["source"] for caveat in document["caveats"])
    for name, number in numbers(document):
        assert number == round(number, 6) or number == float(f"{number:.5e}"), name


def numbers(value: Any, name: str = "") -> list[tuple[str, float]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in numbers(item, key)]
    if isinstance(value, list):
        return [pair for item in value for pair in numbers(item, name)]
    return [(name, value)] if isinstance(value, float) else []
