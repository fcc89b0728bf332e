"""The frame and the engines compute the results of the service, or their speed would mean nothing."""

import json
import random
from typing import Any

import pytest

from bench import survey
from bench.frame import Frame
from bench.ingest import ENGINES, Totals, check_agreement
from chalicelib.documents.result_table import frozen_json_of
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import MEANS, compute_result
from local.settings import SAMPLE

DRAWS = 25


@pytest.fixture(scope="module")
def data() -> DataIngestor:
    return DataIngestor.from_csv(SAMPLE, survey.described(SAMPLE))


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Frame(SAMPLE, survey.described(SAMPLE))


@pytest.mark.parametrize("name", MEANS)
def test_frame_has_the_results_of_the_cube_in_their_order(
    name: str, data: DataIngestor, frame: Frame
) -> None:
    parameters = MEANS[name].parameters
    for pair in random.Random(1).sample(survey.usable_pairs(SAMPLE), DRAWS):
        inputs = dict(zip(parameters, pair, strict=False))
        ours = flat(json.loads(frozen_json_of(name, compute_result(data, name, inputs, ""))))
        theirs = flat({str(key): value for key, value in frame.compute(name, *inputs.values()).items()})
        if name in ("best5", "worst5"):  # of states that share the last place, the frame takes any
            last = pytest.approx(ours[-1][1], rel=1e-9)
            ours, theirs = ([pair for pair in pairs if pair[1] != last] for pairs in (ours, theirs))
        assert sorted(key for key, _ in theirs) == sorted(key for key, _ in ours)
        assert dict(theirs) == pytest.approx(dict(ours), rel=1e-9, abs=1e-9)
        assert [value for _, value in theirs] == pytest.approx(
            [value for _, value in ours], rel=1e-9, abs=1e-9
        )


def flat(result: dict[Any, Any]) -> list[tuple[Any, float]]:
    """Keys and values in order, without the outer level of nested results."""
    pairs = []
    for key, value in result.items():
        pairs += flat(value) if isinstance(value, dict) else [(key, value)]
    return pairs


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_has_the_same_totals(engine: str, data: DataIngestor) -> None:
    if engine != "statline":
        pytest.importorskip(engine, reason="make bench installs it")
    found, whole = ENGINES[engine](SAMPLE), data.cube.overall()
    assert found[:3] == (sum(map(len, data.cube.cells.values())), whole.counted, whole.suppressed)
    assert found.total == pytest.approx(whole.total / 10**data.cube.scale)


@pytest.mark.parametrize("other", [Totals(2, 2, 3, 4.0), Totals(1, 2, 3, 4.1), Totals(1, 2, 4, 4.0)])
def test_engines_with_other_totals_are_not_compared(other: Totals) -> None:
    first = Totals(1, 2, 3, 4.0)
    check_agreement({"one": first, "two": Totals(1, 2, 3, 4.0 + 1e-12)})
    with pytest.raises(SystemExit, match="two"):
        check_agreement({"one": first, "two": other})
