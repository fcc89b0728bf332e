"""Statistics of samples: what stands for many measurements of one thing."""

import math
import time
from collections.abc import Callable, Sequence


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample with this share of them below it, the largest for 1; 0 of none."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def median_row(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Of rows with the same keys, the median of each column."""
    return {name: quantile([row[name] for row in rows], 0.5) for name in rows[0]}


def seconds_per_call(call: Callable[[], object], budget: float = 0.2, at_least: int = 3) -> float:
    """The median of as many calls as fit into `budget` seconds, and of `at_least` so many."""
    samples: list[float] = []
    end = time.perf_counter() + budget
    while len(samples) < at_least or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return quantile(samples, 0.5)


def rounded(number: float, digits: int = 3) -> float:
    """To so many significant digits, as figures are shown."""
    if not number or not math.isfinite(number):
        return number
    return round(number, digits - 1 - math.floor(math.log10(abs(number))))
