"""Linear trends over years: weighted least squares on published estimates."""

from collections.abc import Sequence
from math import fsum, sqrt
from typing import NamedTuple

from chalicelib.domain.inference.comparisons import Difference, tested
from chalicelib.domain.inference.distributions import chi_square_p, student_p, student_quantile
from chalicelib.domain.inference.intervals import Interval
from chalicelib.domain.inference.pooling import Heterogeneity, precisions


class Trend(NamedTuple):
    """A slope a year, by its sampling error alone (`sampling`) and scaled by the scatter about the line.

    The scaled p-value is the one to quote. `lack_of_fit` tests whether the years scatter about the line more
    than sampling explains.
    """

    sampling: Difference  # the slope less 0: its se, interval, z and p
    se_scaled: float
    interval_scaled: Interval
    p_scaled: float
    lack_of_fit: Heterogeneity
    fitted_first: float
    fitted_last: float

    @property
    def slope(self) -> float:
        return self.sampling.difference


def fit_trend(
    years: Sequence[int], values: Sequence[float], ses: Sequence[float], level: float, z: float
) -> Trend:
    """Fit v = a + b year by weights 1 / se², for three or more increasing years.

    b = Sxy / Sxx with se = 1 / sqrt(Sxx). The residual Q has a chi-square distribution with k - 2 degrees of
    freedom; se_scaled = se sqrt(max(1, Q / (k - 2))), with p_scaled and its interval from Student's t.
    """
    weights, df = precisions(ses), len(years) - 2
    total = fsum(weights)
    x = [float(year - years[0]) for year in years]
    x_mean = fsum(w * xi for w, xi in zip(weights, x, strict=True)) / total
    v_mean = fsum(w * v for w, v in zip(weights, values, strict=True)) / total
    sxx = fsum(w * (xi - x_mean) * (xi - x_mean) for w, xi in zip(weights, x, strict=True))
    sxy = fsum(w * (xi - x_mean) * (v - v_mean) for w, xi, v in zip(weights, x, values, strict=True))
    slope, se = sxy / sxx, 1 / sqrt(sxx)
    fitted = [v_mean + slope * (xi - x_mean) for xi in x]
    q = fsum(w * (v - line) * (v - line) for w, v, line in zip(weights, values, fitted, strict=True))
    se_scaled = se * sqrt(max(1.0, q / df))
    half = student_quantile(level, df) * se_scaled
    return Trend(
        sampling=tested(slope, se, z),
        se_scaled=se_scaled,
        interval_scaled=Interval(slope - half, slope + half),
        p_scaled=student_p(slope / se_scaled, df),
        lack_of_fit=Heterogeneity(q, df, chi_square_p(q, df)),
        fitted_first=fitted[0],
        fitted_last=fitted[-1],
    )
