"""Weighted least squares against statsmodels, over every question and place of the real file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference.intervals import standard_error
from chalicelib.domain.inference.normal import two_sided_quantile
from chalicelib.domain.inference.trends import Trend, fit_trend
from tests.support.brfss import needs_brfss, whole_population

Z = two_sided_quantile(0.95)


def fit(years: list[int], values: list[float], ses: list[float]) -> Trend:
    return fit_trend(years, values, ses, 0.95, Z)


def test_a_straight_line_is_found_and_its_scatter_not_scaled() -> None:
    trend = fit([2011, 2012, 2014, 2019], [30.0, 31.0, 33.0, 38.0], [1.0, 2.0, 1.0, 0.5])

    assert (trend.slope, trend.fitted_first, trend.fitted_last) == pytest.approx((1, 30, 38))
    assert trend.lack_of_fit.q == pytest.approx(0, abs=1e-20)
    assert trend.se_scaled == trend.sampling.se
    assert trend.lack_of_fit.p == pytest.approx(1)


def test_scatter_beyond_sampling_widens_the_scaled_interval() -> None:
    trend = fit(list(range(2011, 2019)), [26.0, 23.0, 26.0, 23.0, 26.0, 23.0, 26.0, 23.0], [0.5] * 8)

    assert trend.lack_of_fit.p < 1e-6
    assert trend.se_scaled > 2 * trend.sampling.se
    assert trend.p_scaled > trend.sampling.p


def test_level_values_have_no_trend() -> None:
    assert fit([2011, 2012, 2013, 2014], [30.0] * 4, [1.0] * 4).p_scaled == 1


@given(
    st.lists(st.tuples(st.floats(1, 99), st.floats(0.1, 9)), min_size=4, max_size=12), st.integers(-99, 99)
)
def test_the_epoch_of_the_years_does_not_matter(points: list[tuple[float, float]], shift: int) -> None:
    values, ses = [list(column) for column in zip(*points, strict=True)]
    years = list(range(2011, 2011 + len(values)))

    assert fit(years, values, ses) == fit([year + shift for year in years], values, ses)


@needs_brfss
def test_every_question_and_place_agrees_with_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api", reason="it is not installed")
    stats = pytest.importorskip("scipy.stats", reason="it is not installed")
    checked = 0
    for _, cells in whole_population().groupby(["question", "location"]):
        years, values = [int(year) for year in cells.year], list(cells.value)
        if len(years) < 4:
            continue
        ses = [standard_error(*cell, 100.0, Z) for cell in zip(values, cells.low, cells.high, strict=True)]
        regressors = api.add_constant([year - years[0] for year in years])
        model = api.WLS(values, regressors, weights=[1 / se**2 for se in ses])
        fixed, scaled = model.fit(cov_type="fixed scale"), model.fit()
        q = scaled.mse_resid * scaled.df_resid

        trend = fit(years, values, ses)

        assert trend.sampling[:2] == pytest.approx((fixed.params[1], fixed.bse[1]), rel=1e-9)
        assert trend.sampling.p == pytest.approx(fixed.pvalues[1], rel=1e-8)
        assert (trend.lack_of_fit.q, trend.lack_of_fit.df) == pytest.approx((q, scaled.df_resid), rel=1e-8)
        assert trend.lack_of_fit.p == pytest.approx(stats.chi2.sf(q, len(years) - 2), rel=1e-8)
        assert (trend.fitted_first, trend.fitted_last) == pytest.approx(
            (scaled.fittedvalues[0], scaled.fittedvalues[-1]), rel=1e-10
        )
        if q > len(years) - 2:
            assert trend.se_scaled == pytest.approx(scaled.bse[1], rel=1e-8)
            assert trend.p_scaled == pytest.approx(scaled.pvalues[1], rel=1e-7)
            assert trend.interval_scaled == pytest.approx(tuple(scaled.conf_int()[1]), rel=1e-8, abs=1e-9)
        checked += 1
    assert checked > 350
