"""Rounding on the wire: points to 6 decimals, p-values and ratios to 6 significant digits.

Both round the exact value of the float half to even, on every processor.
"""


def points(number: float) -> float:
    """Return a percentage, a difference or an effective sample size, to 6 decimals; never -0.0."""
    return round(number, 6) + 0.0


def significant(number: float) -> float:
    """Return a p-value or a ratio, to 6 significant digits."""
    return float(f"{number:.5e}") + 0.0
