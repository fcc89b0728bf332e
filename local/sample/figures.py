"""Invented figures that behave as those of a survey: value, limits and sample size of a cell.

Values scatter about a level by their sampling error, and the limits are symmetric on the logit scale. Of
Random only random() gives the same numbers in every version of Python, and of floating point only
+ - * / and sqrt give the same on every machine: nothing else is used.
"""

import math
import random
from typing import NamedTuple

FOOTNOTE = "Data not available because sample size is insufficient."
SUPPRESSED = ("", "", "~", FOOTNOTE, "", "", "")

MIN_RESPONDENTS = 50  # the survey publishes no value of fewer
RESPONDENTS = (1_500, 12_000)  # of a state in a year, the fewest and the most
NATIONAL_RESPONDENTS = 400_000
DESIGN_EFFECT = 1.85  # the variance beside that of a simple random sample
Z = 1.959964

# Tenths of a percent, or of a percent a year.
STATE_SHIFT, SEGMENT_SHIFT = 60, 90
TREND, STATE_TREND = 8, 3
FIRST_YEAR = 2011
# The real survey's odd years of inactivity, which it has the questions on activity in.
ODD_YEARS, ODD_YEARS_SHIFT = ("Q047", range(2011, 2020, 2)), 27


class Cell(NamedTuple):
    """A cell of the survey: ids of question, location and segment, and the segment's share of respondents."""

    question: str
    level: int  # of the question, in percent
    location: str
    year: int
    segment: str
    share: float


class Figures:
    """The levels and sizes of a survey, drawn once, and the figures of its cells."""

    def __init__(
        self, rng: random.Random, questions: list[str], locations: list[str], segments: list[str]
    ) -> None:
        self._rng = rng
        self._shift = {(q, place): self._triangular(STATE_SHIFT) for q in questions for place in locations}
        self._shift |= {(q, name): self._triangular(SEGMENT_SHIFT) for q in questions for name in segments}
        self._trend = {q: self._triangular(TREND) for q in questions}
        self._trends = {(q, p): self._triangular(STATE_TREND) for q in questions for p in locations}
        fewest, most = RESPONDENTS
        self._sizes = {place: round(fewest + (most - fewest) * rng.random()) for place in locations}
        self._sizes["US"] = NATIONAL_RESPONDENTS

    def of(self, cell: Cell) -> tuple[str, ...]:
        """Return value, alternative value, footnote symbol and text, low and high limit, and sample size."""
        size = round(self._sizes[cell.location] * cell.share * (0.8 + 0.4 * self._rng.random()))
        level = min(max(self._level(cell) / 1000, 0.02), 0.98)
        error = math.sqrt(level * (1 - level) * DESIGN_EFFECT / max(size, 1))
        value = round(1000 * (level + error * self._normal()))
        if size < MIN_RESPONDENTS or not 10 <= value <= 990:
            return SUPPRESSED
        mean, low, high = (f"{tenths // 10}.{tenths % 10}" for tenths in with_limits(value, size))
        return (mean, mean, "", "", low, high, f"{size}.0")

    def _level(self, cell: Cell) -> float:
        """Return the level of a cell in tenths of a percent."""
        question, odd_years = ODD_YEARS
        trend = self._trend[cell.question] + self._trends[cell.question, cell.location]
        return (
            10 * cell.level
            + self._shift[cell.question, cell.location]
            + self._shift.get((cell.question, cell.segment), 0)
            + trend * (cell.year - FIRST_YEAR)
            + (ODD_YEARS_SHIFT if cell.question == question and cell.year in odd_years else 0)
        )

    def _triangular(self, maximum: int) -> int:
        return round((self._rng.random() - self._rng.random()) * maximum)

    def _normal(self) -> float:
        """Return a number that is nearly standard normal: of variance 1, and between -3 and 3."""
        return 2 * (self._rng.random() + self._rng.random() + self._rng.random() - 1.5)


def with_limits(value: int, size: int) -> tuple[int, int, int]:
    """Return a value in tenths of a percent with its 95 % limits, which are logit(p) ± z·se/(p(1-p))."""
    p = value / 1000
    factor = exponential(Z * math.sqrt(DESIGN_EFFECT / (size * p * (1 - p))))
    odds = p / (1 - p)
    low, high = (odd / (1 + odd) for odd in (odds / factor, odds * factor))
    return value, round(1000 * low), round(1000 * high)


def exponential(x: float) -> float:
    """Return e to the power of x, to 15 digits for the numbers up to 3 that occur here."""
    total = 1.0
    for number in range(40, 0, -1):
        total = 1 + x / number * total
    return total
