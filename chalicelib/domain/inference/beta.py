"""The beta distribution: its tail and the quantile of a lower tail.

Tests hold the relative error of a quantile's probability below 1e-10, for parameters from 0.01 to 200,000.
"""

from math import sqrt

from chalicelib.domain.inference.elementary import PI, log, log_less, quick_exp

# Stirling's series of ln Gamma(z), less (z - 1/2) ln z - z + ln(2 pi)/2, in 1/z, 1/z^3, ... (DLMF 5.11.1)
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)
STIRLING_FROM_LAST = STIRLING[::-1]
STIRLING_FROM = 10.0
TINY = 1e-300
MOST_TERMS = 100_000


def stirling_error(z: float) -> float:
    """Return ln Gamma(z) less Stirling's formula; a z below 10 is raised by z -> z + 1 first."""
    lifted = 0.0
    while z < STIRLING_FROM:
        # (z + 1/2) ln(1 + 1/z) - 1, written without the cancellation
        lifted += (z + 0.5) * log_less(1 + 1 / z, 1 / z) + 0.5 / z
        z += 1
    total, square = 0.0, z * z
    for coefficient in STIRLING_FROM_LAST:
        total = total / square + coefficient
    return lifted + total / z


class Beta:
    """The beta distribution with parameters a, b > 0."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b
        # The value of x^a (1 - x)^b / B(a, b) at the mean: all large terms of Stirling's formulas cancel.
        correction = stirling_error(a + b) - stirling_error(a) - stirling_error(b)
        self._at_mean = sqrt(a * b / (2 * PI * (a + b))) * quick_exp(correction)

    def weight(self, x: float, y: float) -> float:
        """Return x^a y^b / B(a, b), with y = 1 - x: the density times x (1 - x)."""
        total = self.a + self.b
        away = x - self.a / total if x < 0.5 else self.b / total - y
        left = log_less(x * total / self.a, away * total / self.a)
        right = log_less(y * total / self.b, -away * total / self.b)
        return self._at_mean * quick_exp(self.a * left + self.b * right)

    def lower_tail(self, x: float, y: float) -> float:
        """Return P(X <= x), for 0 < x < 1 and y = 1 - x (which the caller may know more precisely)."""
        return self._tail(x, y, self.weight(x, y))

    def _tail(self, x: float, y: float, weight: float) -> float:
        if x > (self.a + 1) / (self.a + self.b + 2):
            return 1 - weight / self.b * continued_fraction(y, self.b, self.a)
        return weight / self.a * continued_fraction(x, self.a, self.b)

    def lower_quantile(self, tail: float, *, nearby: float = 1e-5) -> float:
        """Return the x with P(X <= x) = tail, by Halley's method within a bracket that shrinks.

        0 where x is below 1e-300. A step cubes the error, so that from a probability within `nearby` of the
        tail, relatively, is the last.
        """
        low, high, x = 0.0, 1.0, self.start(tail)
        while low < x < high:
            weight = self.weight(x, 1 - x)
            excess = self._tail(x, 1 - x, weight) - tail
            low, high = (x, high) if excess < 0 else (low, x)
            step = excess * x * (1 - x) / max(TINY, weight)
            bend = (self.a - 1) / x - (self.b - 1) / (1 - x)
            following = x - step / max(0.5, 1 - step * bend / 2)
            if abs(excess) <= nearby * tail:
                return following
            x = following if low < following < high else (low + high) / 2
        return x

    def start(self, tail: float) -> float:
        """Return a first guess: Carter's, or the root of the leading term x^a / (a B(a, b)) of P(X <= x)."""
        if min(self.a, self.b) >= 1:
            return carter_start(self.a, self.b)
        mean = self.a / (self.a + self.b)
        log_b = self.a * log(mean) + self.b * log(1 - mean) - log(self._at_mean)
        root = quick_exp((log(tail * self.a) + log_b) / self.a)
        return min(root, mean) if root > TINY else 0.0


def carter_start(a: float, b: float) -> float:
    """Return about the 0.025 quantile of a beta distribution with a, b >= 1 (Carter 1947; A&S 26.5.22)."""
    z = 1.959963984540054
    p, q, curvature = 1 / (2 * a - 1), 1 / (2 * b - 1), (z * z - 3) / 6
    h = 2 / (p + q)
    w = z * sqrt(h + curvature) / h - (q - p) * (curvature + 5 / 6 - 2 / (3 * h))
    return a / (a + b * quick_exp(2 * w))


def continued_fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function (DLMF 8.17.22) by its convergents."""
    numerator, denominator, previous = 1.0, 1 - (a + b) * x / (a + 1), 0.0
    before_numerator, before_denominator = 1.0, 1.0
    for m in range(1, MOST_TERMS):
        numerator, before_numerator = numerator / denominator, before_numerator / denominator
        before_denominator /= denominator
        if abs(numerator - previous) <= 1e-15 * abs(numerator):
            break
        previous, even = numerator, a + 2 * m
        coefficient = m * (b - m) * x / ((even - 1) * even)
        before_numerator = numerator + coefficient * before_numerator
        before_denominator = 1 + coefficient * before_denominator
        coefficient = -(a + m) * (a + b + m) * x / (even * (even + 1))
        numerator = before_numerator + coefficient * numerator
        denominator = before_denominator + coefficient
    return numerator
