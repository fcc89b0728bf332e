"""Differences and ratios of independent estimates, and adjustment for multiple comparisons."""

from collections.abc import Sequence
from math import fsum, sqrt
from typing import NamedTuple

from chalicelib.domain.inference.elementary import exp, log
from chalicelib.domain.inference.intervals import Interval
from chalicelib.domain.inference.normal import two_sided_p
from chalicelib.domain.inference.pooling import root_sum_square

WIDEST = 600.0  # e^600 is far within a float


class Difference(NamedTuple):
    """An estimate less another: two-sided z-test and interval, neither adjusted for multiple comparisons."""

    difference: float
    se: float
    interval: Interval
    z: float
    p: float


class Ratio(NamedTuple):
    """An estimate over another, and the interval of the ratio."""

    ratio: float
    interval: Interval


def difference(first: float, first_se: float, second: float, second_se: float, z: float) -> Difference:
    """Return first less second, with se = sqrt(first_se² + second_se²); the interval reaches z of them."""
    return tested(first - second, root_sum_square([first_se, second_se]), z)


def tested(difference: float, se: float, z: float) -> Difference:
    """Return a difference with its z-test and interval. `se` is above 0."""
    statistic = difference / se
    interval = Interval(difference - z * se, difference + z * se)
    return Difference(difference, se, interval, statistic, two_sided_p(statistic))


def ratio(first: float, first_se: float, second: float, second_se: float, z: float) -> Ratio | None:
    """Return first over second; the interval: exp(ln r ± z sqrt((first_se/first)² + (second_se/second)²)).

    None where either is not positive, so that the ratio has no logarithm, or where the interval's upper end
    exceeds the largest float.
    """
    if first <= 0 or second <= 0:
        return None
    quotient = first / second
    half = z * root_sum_square([first_se / first, second_se / second])
    if half > WIDEST:
        return None
    centre = log(quotient)
    return Ratio(quotient, Interval(exp(centre - half), exp(centre + half)))


class AgainstRest(NamedTuple):
    """The mean of the other areas, and an area's difference from it."""

    reference: float
    difference: Difference


def against_rest(values: Sequence[float], ses: Sequence[float], z: float) -> list[AgainstRest]:
    """Return each estimate less the unweighted mean of the k - 1 others, for k of 2 or more.

    The variance is se_i² + sum of the others' se² / (k - 1)².
    """
    others, total, variances = len(values) - 1, fsum(values), [se * se for se in ses]
    variance = fsum(variances)
    results = []
    for value, own in zip(values, variances, strict=True):
        reference = (total - value) / others
        se = sqrt(own + (variance - own) / (others * others))
        results.append(AgainstRest(reference, tested(value - reference, se, z)))
    return results


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values (1979), in the order given.

    The i-th smallest of m is multiplied by m - i + 1; none is below a smaller p-value's, none above 1.
    """
    adjusted, least = [0.0] * len(p_values), 0.0
    by_size = sorted(range(len(p_values)), key=p_values.__getitem__)
    for smaller, index in enumerate(by_size):
        least = max(least, min(1.0, (len(p_values) - smaller) * p_values[index]))
        adjusted[index] = least
    return adjusted
