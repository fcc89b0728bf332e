"""Ranks of areas and how sure they are: ranges that hold with 95 % confidence.

- joint: Tukey-Kramer comparisons of all pairs; all ranges hold together. An area's rank is at least 1 + the
  number significantly better, at most k - the number significantly worse (Al Mohamad, Goeman and van Zwet;
  Mogstad, Romano, Shaikh and Wilhelm, REStud 2024).
- alone: Šidák's comparisons of one area, named beforehand, with the k - 1 others.
- kww: Klein, Wright and Wieczorek (JRSS C 2020), from simultaneous intervals; all ranges hold together.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from chalicelib.domain.inference.logits import is_interior, logit
from chalicelib.domain.inference.normal import simultaneous_quantile
from chalicelib.domain.inference.studentised_range import LEVEL, range_quantile

ROOT_2 = sqrt(2.0)


class Score(NamedTuple):
    """What ranks an area, lowest best, and its standard error."""

    score: float
    se: float


class RankRange(NamedTuple):
    """The best and the worst rank that the data do not exclude."""

    best: int
    worst: int


class CriticalValues(NamedTuple):
    """How many standard errors separate two areas (joint, alone), or reach to a limit (kww)."""

    joint: float
    alone: float
    kww: float


def critical_values(k: int) -> CriticalValues:
    """Return the critical values for k areas, 2 or more."""
    return CriticalValues(
        joint=range_quantile(k) / ROOT_2,
        alone=simultaneous_quantile(LEVEL, k - 1),
        kww=simultaneous_quantile(LEVEL, k),
    )


def scores(
    values: Sequence[float], ses: Sequence[float], whole: float | None, *, highest_best: bool
) -> list[Score]:
    """Return the scores to compare: logits where all values have one, else the values.

    They are negated where the highest is best. By the delta method the standard error of a logit is
    se whole / (v (whole - v)).
    """
    sign = -1.0 if highest_best else 1.0
    if whole is None or not all(is_interior(value, whole) for value in values):
        return [Score(sign * value, se) for value, se in zip(values, ses, strict=True)]
    return [
        Score(sign * logit(value, whole), se * whole / (value * (whole - value)))
        for value, se in zip(values, ses, strict=True)
    ]


def ranks(scores: Sequence[Score]) -> list[int]:
    """Return 1 + the number of areas strictly better, for each: ties share a rank."""
    ordered = sorted(score for score, _ in scores)
    return [1 + bisect_left(ordered, score) for score, _ in scores]


def differs(first: Score, second: Score, critical: float) -> bool:
    """Return whether two areas are more than `critical` standard errors of their difference apart."""
    return abs(first.score - second.score) > critical * sqrt(first.se * first.se + second.se * second.se)


def range_of(index: int, scores: Sequence[Score], critical: float) -> RankRange:
    """Return one area's range by comparison with each other: joint or alone, as the critical value is."""
    own = scores[index]
    apart = [other for other in scores if differs(own, other, critical)]
    better = len([other for other in apart if other.score < own.score])
    return RankRange(1 + better, len(scores) - (len(apart) - better))


def pairwise_ranges(scores: Sequence[Score], critical: float) -> list[RankRange]:
    """Return the range of each area."""
    return [range_of(index, scores, critical) for index in range(len(scores))]


def not_separated(index: int, scores: Sequence[Score], critical: float) -> list[int]:
    """Return the indices of the other areas that an area cannot be told apart from."""
    own = scores[index]
    return [
        other for other in range(len(scores)) if other != index and not differs(own, scores[other], critical)
    ]


def kww_ranges(scores: Sequence[Score], critical: float) -> list[RankRange]:
    """Return Klein, Wright and Wieczorek's ranges.

    They run from 1 + #{j: high_j <= low_i} to k - #{j: low_j >= high_i}.
    """
    lows = sorted(score - critical * se for score, se in scores)
    highs = sorted(score + critical * se for score, se in scores)
    return [
        RankRange(1 + bisect_right(highs, score - critical * se), bisect_left(lows, score + critical * se))
        for score, se in scores
    ]
