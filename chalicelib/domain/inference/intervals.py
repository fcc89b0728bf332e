"""Standard errors from published limits, and intervals from standard errors.

A survey's limits are symmetric on the logit scale (as those of R's survey::svyciprop, method "logit") or on
the linear one; the data set's description says which. `whole` is 100 for percentages, 1 for proportions, and
None for other units and for linear limits.
"""

from math import sqrt
from typing import NamedTuple

from chalicelib.domain.inference.beta import Beta
from chalicelib.domain.inference.logits import expit, is_interior, logit

KORN_GRAUBARD_TAIL, KORN_GRAUBARD_Z = 0.025, 1.959963984540054


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


def standard_error(
    value: float, low: float | None, high: float | None, whole: float | None, z: float
) -> float | None:
    """Return the standard error that published limits value -/+ z standard errors imply.

    On the logit scale s = (logit high - logit low) / 2z; by the delta method se = v (whole - v) / whole * s.
    Where the value or a limit is at an end, and on the linear scale, se = (high - low) / 2z.
    None where a limit is missing, or the two are equal or reversed.
    """
    if low is None or high is None or low >= high:
        return None
    if whole is None or not all(is_interior(number, whole) for number in (value, low, high)):
        return (high - low) / (2 * z)
    return value * (whole - value) / whole * (logit(high, whole) - logit(low, whole)) / (2 * z)


def derived_interval(value: float, se: float, whole: float | None, z: float) -> Interval:
    """Return expit(logit v -/+ z se whole / (v (whole - v))), or v -/+ z se on the linear scale.

    A value at an end has no logit: its interval is linear, and cut at the ends.
    """
    if whole is None or not 0 <= value <= whole:
        return Interval(value - z * se, value + z * se)
    if not is_interior(value, whole):
        return Interval(max(0.0, value - z * se), min(whole, value + z * se))
    centre, half = logit(value, whole), z * se * whole / (value * (whole - value))
    return Interval(expit(centre - half, whole), expit(centre + half, whole))


def effective_n(value: float, se: float, n: float, whole: float) -> float:
    """Return v (whole - v) / se², at most n (NCHS Series 2 No. 175); n for a value at an end."""
    if not is_interior(value, whole):
        return float(n)
    return min(float(n), value * (whole - value) / (se * se))


def korn_graubard(value: float, effective: float, whole: float) -> Interval:
    """Return the 95 % interval of Korn and Graubard: Clopper and Pearson's at the effective sample size.

    With x = n_eff p it runs from the 0.025 quantile of Beta(x, n_eff - x + 1) to the 0.975 quantile of
    Beta(x + 1, n_eff - x). The adjustment for design degrees of freedom is left out, since surveys do not
    publish them (survey::svyciprop, method "beta", with infinite df).
    """
    nearby = 1e-3  # of the tail: limits of a percentage are then good to 1e-8 points
    successes = effective * (value / whole)
    failures = effective * ((whole - value) / whole)
    low = (
        Beta(successes, failures + 1).lower_quantile(KORN_GRAUBARD_TAIL, nearby=nearby)
        if successes > 0
        else 0.0
    )
    high = (
        1 - Beta(failures, successes + 1).lower_quantile(KORN_GRAUBARD_TAIL, nearby=nearby)
        if failures > 0
        else 1.0
    )
    return Interval(whole * low, whole * high)


def widest_korn_graubard(value: float, effective: float, whole: float) -> float:
    """Return a width that Korn and Graubard's interval does not exceed, for effective samples of 30 or more.

    2 z sqrt(p (1 - p) / n_eff) + 4 / n_eff; a test holds it over a dense grid, where 3.6 would do for 4.
    """
    p = value / whole
    return whole * (2 * KORN_GRAUBARD_Z * sqrt(p * (1 - p) / effective) + 4 / effective)


def relative_standard_error(value: float, se: float) -> float | None:
    """Return se / value, or None for a value of 0."""
    return se / value if value else None


def design_effect(value: float, se: float, n: float, whole: float) -> float | None:
    """Return the variance over that of a simple random sample, se² n / (v (whole - v)); None at an end."""
    return se * se * n / (value * (whole - value)) if is_interior(value, whole) else None
