"""Exponentials and logarithms that are equal on every processor: correctly rounded by `decimal`."""

from decimal import Context, Decimal

# Twelve digits more than a float holds. Exponents have no bound worth naming, so nothing here underflows
# before the conversion to a float does.
DIGITS = Context(prec=28)
PI = 3.141592653589793


def exp(exponent: float) -> float:
    """Return e to a power, correctly rounded; 0 where a float holds nothing so small."""
    return float(DIGITS.exp(Decimal(exponent)))


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
