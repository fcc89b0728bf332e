"""Exponentials and logarithms that are equal on every processor: correctly rounded by `decimal`."""

from decimal import Context, Decimal
from itertools import accumulate
from math import ldexp
from operator import mul

# Twelve digits more than a float holds. Exponents have no bound worth naming, so nothing here underflows
# before the conversion to a float does.
DIGITS = Context(prec=28)
PI = 3.141592653589793
LEAST_EXPONENT = -745.0  # of a float above 0
# ln 2 in two parts, the first of so few bits that its multiples up to 1,024 are exact.
LN_2_HIGH, LN_2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
FACTORIALS = [1, *accumulate(range(1, 14), mul)]
INVERSE_FACTORIALS = [1 / factorial for factorial in reversed(FACTORIALS)]


def exp(exponent: float) -> float:
    """Return e to a power, correctly rounded; 0 where a float holds nothing so small."""
    return float(DIGITS.exp(Decimal(exponent)))


def quick_exp(exponent: float) -> float:
    """Return e to a power of at most 700, within two units in the last place; four times as fast as `exp`.

    2^k e^r by Taylor's series, with r = x - k ln 2 between -0.35 and 0.35.
    """
    if exponent < LEAST_EXPONENT:
        return 0.0
    k = round(exponent / (LN_2_HIGH + LN_2_LOW))
    rest = (exponent - k * LN_2_HIGH) - k * LN_2_LOW
    total = 0.0
    for coefficient in INVERSE_FACTORIALS:
        total = total * rest + coefficient
    return ldexp(total, k)


def log(number: float) -> float:
    """Return the natural logarithm of a positive number, correctly rounded."""
    return float(DIGITS.ln(Decimal(number)))


def log_less(ratio: float, excess: float) -> float:
    """Return ln(r) - (r - 1) for a ratio r > 0; `excess` is r - 1 without the cancellation.

    Near 1, with u = r - 1 and s = u / (2 + u), it is -us + 2 (s^3/3 + s^5/5 + ...).
    """
    s = excess / (2 + excess)
    if abs(s) > 0.5:
        return float(DIGITS.ln(Decimal(ratio))) - excess
    square = s * s
    power, divisor, total, previous = s * square, 3, 0.0, None
    while total != previous:
        previous, total = total, total + power / divisor
        power, divisor = power * square, divisor + 2
    return 2 * total - excess * s


def power(base: float, exponent: int) -> float:
    """Return a number to a whole power by repeated squaring."""
    result = 1.0
    while exponent:
        if exponent & 1:
            result *= base
        base, exponent = base * base, exponent >> 1
    return result
