"""Weighted means and Cochran's test, against statsmodels' meta-analysis and definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference.intervals import standard_error
from chalicelib.domain.inference.normal import two_sided_quantile
from chalicelib.domain.inference.pooling import heterogeneity, pool, precisions
from tests.support.brfss import needs_brfss, whole_population

Z = two_sided_quantile(0.95)


def test_equal_weights_give_the_mean() -> None:
    assert pool([30.0, 40.0], [3.0, 4.0], [1.0, 1.0]) == (35.0, 2.5)


def test_weights_need_not_sum_to_one() -> None:
    assert pool([30.0, 40.0], [3.0, 4.0], [30.0, 10.0]) == pytest.approx((32.5, (81 + 16) ** 0.5 / 4))


def test_an_estimate_without_standard_error_leaves_the_pooled_one_without() -> None:
    assert pool([30.0, 40.0], [3.0, None], [1.0, 1.0]) == (35.0, None)


def test_one_estimate_pools_to_itself_and_is_not_heterogeneous() -> None:
    assert pool([38.1], [0.58], [0.7]) == pytest.approx((38.1, 0.58))
    assert heterogeneity([38.1], [0.58]) is None


@given(st.lists(st.tuples(st.floats(1, 99), st.floats(0.1, 20)), min_size=2, max_size=30), st.randoms())
def test_order_does_not_matter(estimates: list[tuple[float, float]], random: object) -> None:
    values, ses = zip(*estimates, strict=True)
    backwards = [list(reversed(column)) for column in (values, ses)]

    assert pool(values, ses, precisions(ses)) == pool(*backwards, precisions(backwards[1]))
    assert heterogeneity(values, ses) == heterogeneity(*backwards)


@needs_brfss
@pytest.mark.filterwarnings("ignore:divide by zero")  # theirs, for a Q of 0
def test_years_and_states_pool_as_in_statsmodels() -> None:
    np = pytest.importorskip("numpy")
    stats = pytest.importorskip("scipy.stats", reason="it is not installed")
    meta = pytest.importorskip("statsmodels.stats.meta_analysis", reason="it is not installed")
    rows = whole_population()
    groups = [*rows.groupby(["question", "location"]), *rows.groupby(["question", "year"])]
    checked = 0
    for _, cells in groups:
        values = list(cells.value)
        ses = [standard_error(*cell, 100.0, Z) for cell in zip(values, cells.low, cells.high, strict=True)]
        if len(values) < 2:
            continue
        expected = meta.combine_effects(np.array(values), np.array(ses) ** 2)

        pooled, q = pool(values, ses, precisions(ses)), heterogeneity(values, ses)

        assert pooled == pytest.approx((expected.mean_effect_fe, expected.sd_eff_w_fe), rel=1e-12)
        assert q is not None
        assert (q.q, q.df) == pytest.approx(
            (expected.q, expected.df), rel=1e-8, abs=1e-9
        )  # theirs cancels digits
        assert q.p == pytest.approx(stats.chi2.sf(q.q, q.df), rel=1e-11)
        checked += 1
    assert checked > 500
