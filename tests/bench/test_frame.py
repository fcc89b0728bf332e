"""The baseline answers what the service answers, or its speed would say nothing."""

import json
import random
from typing import Any

import pytest

from bench import survey
from bench.engines import ENGINES, Totals, columns
from bench.frame import Frame
from bench.ingest import check_agreement
from bench.statistics import answerable
from chalicelib.documents.result_table import frozen_json_of
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import STATISTICS, compute_result
from chalicelib.errors import NoUsableRows
from local.settings import SAMPLE

DRAWS = 25


@pytest.fixture(scope="module")
def data() -> DataIngestor:
    return DataIngestor.from_csv(SAMPLE, survey.described(SAMPLE))


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Frame(SAMPLE, survey.described(SAMPLE))


@pytest.mark.parametrize("name", STATISTICS)
def test_the_frame_answers_as_the_cube_does(name: str, data: DataIngestor, frame: Frame) -> None:
    """To a rounding error, in the same order."""
    known = STATISTICS[name]
    for pair in random.Random(1).sample(survey.usable_pairs(SAMPLE), DRAWS):
        inputs = dict(zip(known.parameters, pair, strict=False))
        try:
            ours = flat(json.loads(frozen_json_of(name, compute_result(data, name, inputs))))
        except NoUsableRows:  # a state whose only rows have no category
            ours = []
        theirs = flat(frame.answer(name, **inputs))
        assert sorted(key for key, _ in theirs) == sorted(key for key, _ in ours)
        assert dict(theirs) == pytest.approx(dict(ours), rel=1e-9, abs=1e-9)
        assert [value for _, value in theirs] == pytest.approx(
            [value for _, value in ours], rel=1e-9, abs=1e-9
        )


def test_pairs_to_measure_with_have_an_answer(data: DataIngestor) -> None:
    """In every statistic; no pair of the survey's is left out but for that."""
    pairs = answerable(data)
    assert set(pairs) <= set(survey.usable_pairs(SAMPLE))
    assert len(pairs) > 400
    for question, state in pairs:
        assert compute_result(data, "state_mean_by_category", {"question": question, "state": state})


def flat(answered: dict[Any, Any]) -> list[tuple[Any, float]]:
    """Keys and values in order, without the one level that some answers have more."""
    pairs = []
    for key, value in answered.items():
        pairs += flat(value) if isinstance(value, dict) else [(key, value)]
    return pairs


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_finds_the_same_cells(engine: str, data: DataIngestor) -> None:
    """As many of them, rows with and without a value, and their sum."""
    if engine != "statline":
        pytest.importorskip(engine, reason="make bench installs it")
    found, whole = ENGINES[engine](SAMPLE), data.cube.overall()
    assert found[:3] == (sum(map(len, data.cube.cells.values())), whole.counted, whole.suppressed)
    assert found.total == pytest.approx(whole.total / 10**data.cube.scale)


@pytest.mark.parametrize("other", [Totals(2, 2, 3, 4.0), Totals(1, 2, 3, 4.1), Totals(1, 2, 4, 4.0)])
def test_engines_that_do_another_job_are_not_compared(other: Totals) -> None:
    """A sum that differs by rounding is the same job."""
    first = list(Totals(1, 2, 3, 4.0))
    check_agreement({"one": first, "two": list(Totals(1, 2, 3, 4.0 + 1e-12))})
    with pytest.raises(SystemExit, match="two"):
        check_agreement({"one": first, "two": list(other)})


def test_columns_are_the_description_s() -> None:
    """The same for every engine."""
    keys, value = columns(SAMPLE)
    assert (keys[0], value) == ("Question", "Data_Value")
