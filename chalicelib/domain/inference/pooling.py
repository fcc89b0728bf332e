"""Weighted means of independent estimates, and whether the estimates differ."""

from collections.abc import Sequence
from math import fsum, sqrt
from typing import NamedTuple

from chalicelib.domain.inference.distributions import chi_square_p


class Pooled(NamedTuple):
    """A weighted mean; `se` is None where an estimate has none."""

    estimate: float
    se: float | None


class Heterogeneity(NamedTuple):
    """Cochran's Q, its degrees of freedom and p-value."""

    q: float
    df: int
    p: float


def pool(values: Sequence[float], ses: Sequence[float | None], weights: Sequence[float]) -> Pooled:
    """Return the mean sum(w v) / sum(w) of independent estimates; se = sqrt(sum((w se)²)) / sum(w)."""
    total = fsum(weights)
    estimate = fsum(w * v for w, v in zip(weights, values, strict=True)) / total
    known = [w * se for w, se in zip(weights, ses, strict=True) if se is not None]
    return Pooled(estimate, root_sum_square(known) / total if len(known) == len(ses) else None)


def precisions(ses: Sequence[float]) -> list[float]:
    """Return the weights 1 / se² of inverse variances."""
    return [1 / (se * se) for se in ses]


def heterogeneity(values: Sequence[float], ses: Sequence[float]) -> Heterogeneity | None:
    """Return Cochran's test that independent estimates share one mean; None for fewer than two.

    Q = sum((v - mean)² / se²) about the mean weighted by precision; chi-square with k - 1 degrees of freedom.
    """
    if len(values) < 2:
        return None
    mean = pool(values, ses, precisions(ses)).estimate
    q = fsum((v - mean) * (v - mean) / (se * se) for v, se in zip(values, ses, strict=True))
    return Heterogeneity(q, len(values) - 1, chi_square_p(q, len(values) - 1))


def root_sum_square(numbers: Sequence[float]) -> float:
    """Return the root of a sum of squares."""
    return sqrt(fsum(number * number for number in numbers))
