"""Logits of percentages and proportions, and back: logit(v) = ln(v / (whole - v)).

`whole` is 100 for percentages and 1 for proportions.
"""

from decimal import Decimal
from functools import lru_cache

from chalicelib.domain.inference.elementary import DIGITS


@lru_cache(maxsize=4096)  # a survey publishes fewer than 1,000 distinct limits
def logit(value: float, whole: float) -> float:
    """Return the logit of a value strictly between 0 and the whole, correctly rounded."""
    part = Decimal(value)
    return float(DIGITS.ln(DIGITS.divide(part, DIGITS.subtract(Decimal(whole), part))))


def expit(logit: float, whole: float) -> float:
    """Return the value that has a logit: whole / (1 + e^-logit), correctly rounded."""
    odds_against = DIGITS.exp(DIGITS.minus(Decimal(logit)))
    return float(DIGITS.divide(Decimal(whole), DIGITS.add(odds_against, 1)))


def is_interior(value: float, whole: float | None) -> bool:
    """Return whether a value has a logit; none has where there is no whole, as in kg/m²."""
    return whole is not None and 0 < value < whole
