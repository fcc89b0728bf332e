"""Rounding on the wire: points to 6 decimals, p-values and ratios to 6 significant digits.

Both round the exact value of a float that has the same bits on every processor, so rounding never hides a
difference in the last place. What is rounded is good to 1e-8 points (Korn-Graubard limits) or better, and
p-values to 1e-11 of themselves.
"""


def points(number: float) -> float:
    """Return a percentage, a difference or an effective sample size, to 6 decimals; never -0.0."""
    return round(number, 6) + 0.0


def significant(number: float) -> float:
    """Return a p-value or a ratio, to 6 significant digits."""
    return float(f"{number:.5e}") + 0.0
