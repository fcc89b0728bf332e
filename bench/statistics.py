"""Each statistic on a loaded cube, beside pandas filtering and grouping a loaded frame.

The cube's time ends with the result as bytes, the frame's with a dict. A cube keeps the rollups of a question
after the first request; the first result, which computes them, is timed on a cube loaded anew. A known result
is looked up for a new job, as a submission does.
"""

import math
import random
import timeit
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench import survey
from bench.frame import Frame
from bench.processes import fresh
from chalicelib.application.job import Job
from chalicelib.application.known_results import KnownResult, KnownResults, ResultKey, computed_outcome
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import MEANS, compute_result

DRAWS, SEED = 5, 1  # of question and state; a figure is their median

Row = dict[str, object]


def measure(folder: Path, sizes: Sequence[int]) -> list[Row]:
    """A row for each size and statistic."""
    return [
        {"rows": size, **row}
        for size in sizes
        for row in fresh("bench.statistics", "one_size", survey.generated(folder, size))
    ]


def one_size(csv: str) -> list[Row]:
    """A row for each statistic, measured in this process."""
    path = Path(csv)
    description = survey.described(path)
    data, frame = DataIngestor.from_csv(path, description), Frame(path, description)
    snapshot, pairs, draw, rows = data.snapshot(), survey.usable_pairs(path), random.Random(SEED), []
    for name in MEANS:
        times = []
        for pair in draw.sample(pairs, DRAWS):
            inputs = dict(zip(MEANS[name].parameters, pair, strict=False))
            again = DataIngestor.from_snapshot(snapshot)
            first = timeit.timeit(lambda: compute_result(again, name, inputs, ""), number=1)  # noqa: B023 # called here
            cube = seconds_per_call(lambda: compute_result(data, name, inputs, ""))  # noqa: B023
            pandas = seconds_per_call(lambda: frame.compute(name, *inputs.values()))  # noqa: B023
            known = seconds_per_call(lookup(name, inputs, compute_result(data, name, inputs, "")))
            times.append((known * 1e6, cube * 1e6, first * 1e6, pandas * 1e6, pandas / known, pandas / cube))
        medians = map(float, np.median(times, axis=0))
        columns = (
            *("known µs", "cube µs", "cube, first time, µs", "pandas µs"),
            *("known, times faster", "cube, times faster"),
        )
        rows.append({"statistic": name, **dict(zip(columns, medians, strict=True))})
    return rows


def lookup(name: str, inputs: dict[str, str], result: bytes) -> Callable[[], object]:
    """Return a call that finishes a new job with its result, which is known."""
    first, new = (Job(f"job_id_{number}", name, inputs, "d", accepted=number) for number in (1, 2))
    known = KnownResults(NoStore(), lambda: 3, math.inf)
    known.remember(computed_outcome(first, result, now=2))
    return lambda: known.answered([new])


class NoStore:
    """A store without results: those that are known are in memory."""

    def find_results(self, keys: Sequence[ResultKey]) -> Mapping[ResultKey, KnownResult]:
        return {}


def seconds_per_call(call: Callable[[], object]) -> float:
    """The least of five repetitions of as many calls as take 10 ms or more, per call."""
    timer, number = timeit.Timer(call), 1
    while (taken := timer.timeit(number)) < 0.01:
        number *= 4
    return min(taken, *timer.repeat(4, number)) / number
