"""What inference costs in plain Python: medians of each function, and of whole rankings and tables.

    python -m bench.inference

The time is the processor's, so that a busy machine changes it little. The cells are synthetic: 51 areas with
logit-symmetric limits, the first twelve of which stand for years.
"""

import random
import statistics
import time
import timeit
from collections.abc import Callable, Iterator

from chalicelib.domain.inference import distributions, logits, normal, studentised_range
from chalicelib.domain.inference.comparisons import against_rest, difference, holm, ratio
from chalicelib.domain.inference.intervals import derived_interval, korn_graubard, standard_error
from chalicelib.domain.inference.pooling import heterogeneity, pool
from chalicelib.domain.inference.ranks import critical_values, kww_ranges, pairwise_ranges, scores
from chalicelib.domain.inference.reliability import assess
from chalicelib.domain.inference.trends import fit_trend

AREAS, YEARS, SEED, REPETITIONS = 51, range(2011, 2023), 14, 31
WHOLE, LEVEL, Z = 100.0, 0.95, normal.two_sided_quantile(0.95)

Cell = tuple[float, float, float, int]  # value, limits, sample size


def main() -> None:
    for what, action in actions(cells(AREAS)):
        times = timeit.repeat(action, timer=time.process_time, number=1, repeat=REPETITIONS)
        print(f"{statistics.median(times) * 1e6:12,.0f} µs  {what}")


def cells(count: int) -> list[Cell]:
    """Return cells such as a survey publishes: one decimal, a standard error of 1 to 2 points."""
    draw = random.Random(SEED)
    drawn = []
    for _ in range(count):
        value, se = round(draw.uniform(24, 41), 1), draw.uniform(0.5, 2)
        low, high = derived_interval(value, se, WHOLE, Z)
        drawn.append((value, round(low, 1), round(high, 1), draw.randint(2_000, 15_000)))
    return drawn


def actions(cells: list[Cell]) -> Iterator[tuple[str, Callable[[], object]]]:
    values, ses = [cell[0] for cell in cells], errors(cells)
    p_values = [result.difference.p for result in against_rest(values, ses, Z)]
    years = list(YEARS)
    yield "logit, not cached", lambda: logits.logit.__wrapped__(38.1, WHOLE)
    yield "antilogit", lambda: logits.expit(-0.4852, WHOLE)
    yield "two-sided p of z = 2", lambda: normal.two_sided_p(2.0)
    yield "two-sided p of z = 9", lambda: normal.two_sided_p(9.0)
    yield "chi-square p, 11 degrees", lambda: distributions.chi_square_p(41.0, 11)
    yield "chi-square p, 50 degrees", lambda: distributions.chi_square_p(1371.0, 50)
    yield "t-test p, 10 degrees", lambda: distributions.student_p(2.5, 10)
    yield "t quantile, not cached", lambda: distributions.student_quantile.__wrapped__(LEVEL, 10)
    yield "Tukey's quantile of 51, a constant", lambda: studentised_range.range_quantile(51)
    yield "Tukey's quantile of 400, not cached", lambda: studentised_range.solve.__wrapped__(400)
    yield "Korn-Graubard, n_eff 20, 5 %", lambda: korn_graubard(5.0, 20.0, WHOLE)
    yield "Korn-Graubard, n_eff 100, 30 %", lambda: korn_graubard(30.0, 100.0, WHOLE)
    yield "Korn-Graubard, n_eff 7,000, 38 %", lambda: korn_graubard(38.1, 7_000.0, WHOLE)
    yield "derived interval", lambda: derived_interval(37.1333, 0.3487, WHOLE, Z)
    yield "difference and ratio", lambda: compare(values, ses)
    yield f"Holm over {AREAS}", lambda: holm(p_values)
    yield (
        f"pool {AREAS} and test them",
        lambda: (pool(values, ses, [1.0] * AREAS), heterogeneity(values, ses)),
    )
    yield f"each of {AREAS} against the rest", lambda: against_rest(values, ses, Z)
    yield f"trend of {len(years)} years", lambda: fit_trend(years, values[:12], ses[:12], LEVEL, Z)
    yield f"standard errors of {AREAS}", lambda: errors(cells)
    yield f"NCHS verdicts on {AREAS}", lambda: verdicts(cells, ses)
    yield f"ranking of {AREAS}: errors, verdicts, three kinds of ranges", lambda: ranking(cells)


def errors(cells: list[Cell]) -> list[float]:
    found = (standard_error(value, low, high, WHOLE, Z) for value, low, high, _ in cells)
    return [se for se in found if se is not None]


def compare(values: list[float], ses: list[float]) -> object:
    sides = (values[0], ses[0], values[1], ses[1], Z)
    return difference(*sides), ratio(*sides)


def verdicts(cells: list[Cell], ses: list[float]) -> object:
    return [assess("nchs", cell[0], se, cell[3], WHOLE) for cell, se in zip(cells, ses, strict=True)]


def ranking(cells: list[Cell]) -> object:
    ses, critical = errors(cells), critical_values(len(cells))
    compared = scores([cell[0] for cell in cells], ses, WHOLE, highest_best=False)
    ranges = [pairwise_ranges(compared, level) for level in (critical.joint, critical.alone)]
    return verdicts(cells, ses), ranges, kww_ranges(compared, critical.kww)


if __name__ == "__main__":
    main()
