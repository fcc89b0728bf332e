"""Whether an estimate may be presented: the standards of NCHS and of BRFSS.

- `nchs`: Parker et al., National Center for Health Statistics Data Presentation Standards for Proportions,
  Vital Health Stat 2(175), 2017, in the order of its tests (CDCgov/surveytable, R/z_lpe.R). Surveys do not
  publish degrees of freedom, so these are not tested.
- `brfss`: no fewer than 50 respondents, and a relative standard error of at most 30 %.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from chalicelib.domain.inference.intervals import (
    Interval,
    effective_n,
    korn_graubard,
    relative_standard_error,
    widest_korn_graubard,
)
from chalicelib.domain.inference.logits import is_interior

FEWEST = 30  # respondents, or as many as a simple random sample would need
NO_STANDARD_ERROR = "no-standard-error"
END_REVIEW = "0-or-100%"


class Reliability(NamedTuple):
    """A verdict: `presentable` is None where nothing was assessed, `reasons` are codes of the failed tests.

    `effective_n` and `korn_graubard` (in the unit of the value) are None where the standard error, the sample
    size or the whole is missing.
    """

    presentable: bool | None
    reasons: tuple[str, ...] = ()
    complement_unreliable: bool = False  # the estimate may be shown, 100 % less it may not
    effective_n: float | None = None
    korn_graubard: Interval | None = None
    review: str | None = None  # why a statistician should look


NOT_ASSESSED = Reliability(None)


def assess(rule: str, value: float, se: float | None, n: float | None, whole: float | None) -> Reliability:
    """Return the verdict of a rule: `nchs`, `brfss` or `none`.

    An estimate without a standard error fails under every rule. No rule can be applied without a sample size
    or a whole, or to a value outside the whole.
    """
    if se is None:
        return Reliability(presentable=False, reasons=(NO_STANDARD_ERROR,))
    if rule == "none" or n is None or whole is None or not 0 <= value <= whole:
        return NOT_ASSESSED
    effective = effective_n(value, se, n, whole)
    interval = korn_graubard(value, effective, whole)
    verdict = RULES[rule](value / whole, se / whole, n, effective, interval.width / whole)
    review = None if is_interior(value, whole) else END_REVIEW
    return verdict._replace(effective_n=effective, korn_graubard=interval, review=review)


def is_presentable(
    rule: str, value: float, se: float | None, n: float | None, whole: float | None
) -> bool | None:
    """Return `assess(...).presentable`, mostly without Korn and Graubard's interval.

    No rule fails a narrower interval than one that it presents: that a bound of the width passes is enough.
    """
    if (
        se is not None
        and n is not None
        and n >= FEWEST
        and is_interior(value, whole)
        and rule in RULES
        and whole
    ):
        effective = effective_n(value, se, n, whole)
        widest = widest_korn_graubard(value, effective, whole) / whole
        if effective >= FEWEST and RULES[rule](value / whole, se / whole, n, effective, widest).presentable:
            return True
    return assess(rule, value, se, n, whole).presentable


def nchs(p: float, se: float, n: float, effective: float, width: float) -> Reliability:
    """Apply the tests of Series 2 No. 175 in their order, to proportions, until one decides."""
    if n < FEWEST:
        return failed("n<30")
    if effective < FEWEST:
        return failed("effective-n<30")
    if width <= 0.05 or p in (0, 1):  # observed counts of 0 or all are for a statistician to review
        return Reliability(presentable=True)
    if width >= 0.30:
        return failed("width>=30")
    if width / p > 1.30:
        return failed("relative-width>130%")
    return Reliability(presentable=True, complement_unreliable=width / (1 - p) > 1.30)


def brfss(p: float, se: float, n: float, effective: float, width: float) -> Reliability:
    """Apply both tests of BRFSS; a proportion of 0 has no relative standard error and fails."""
    relative = relative_standard_error(p, se)
    tests = {"n<50": n < 50, "rse>30%": relative is None or relative > 0.30}
    reasons = tuple(reason for reason, fails in tests.items() if fails)
    return Reliability(presentable=not reasons, reasons=reasons)


def failed(*reasons: str) -> Reliability:
    return Reliability(presentable=False, reasons=reasons)


Rule = Callable[[float, float, float, float, float], Reliability]

RULES: Mapping[str, Rule] = {"nchs": nchs, "brfss": brfss}
