"""Standard errors from limits, and intervals: against definitions, scipy and R's survey package."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference.intervals import (
    Interval,
    derived_interval,
    design_effect,
    effective_n,
    korn_graubard,
    relative_standard_error,
    standard_error,
)
from chalicelib.domain.inference.normal import two_sided_quantile
from tests.support.brfss import needs_brfss, published_cells

special = pytest.importorskip("scipy.special", reason="it is not installed")
Z = two_sided_quantile(0.95)


@pytest.mark.parametrize("whole", [100.0, 1.0])
@given(share=st.floats(0.001, 0.999), relative=st.floats(0.001, 0.5))
def test_standard_error_undoes_the_derived_interval(whole: float, share: float, relative: float) -> None:
    value, se = share * whole, relative * share * (1 - share) * whole
    interval = derived_interval(value, se, whole, Z)

    assert standard_error(value, *interval, whole, Z) == pytest.approx(se, rel=1e-9)


@given(value=st.floats(-1e3, 1e3), se=st.floats(0.01, 100))
def test_standard_error_undoes_a_linear_interval(value: float, se: float) -> None:
    interval = derived_interval(value, se, None, Z)

    assert standard_error(value, *interval, None, Z) == pytest.approx(se, rel=1e-9)


def test_limits_of_ohio_give_its_standard_error() -> None:
    assert standard_error(38.1, 37.0, 39.3, 100.0, Z) == pytest.approx(0.5865858969265969, rel=1e-13)


@pytest.mark.parametrize(
    ("low", "high"), [(None, 3.0), (3.0, None), (None, None), (20.0, 20.0), (33.0, 28.0)]
)
def test_missing_equal_or_reversed_limits_give_no_standard_error(low: float, high: float) -> None:
    assert standard_error(20.0, low, high, 100.0, Z) is None


@pytest.mark.parametrize(
    ("value", "low", "high"), [(1.0, 0.0, 3.0), (0.0, 0.0, 2.0), (100.0, 98.0, 100.0), (0.0, 0.1, 2.0)]
)
def test_value_or_limit_at_an_end_gives_a_linear_standard_error(
    value: float, low: float, high: float
) -> None:
    assert standard_error(value, low, high, 100.0, Z) == pytest.approx((high - low) / 2 / Z, rel=1e-15)


@pytest.mark.parametrize(("value", "expected"), [(0.0, (0.0, 1.96)), (100.0, (98.04, 100.0))])
def test_interval_of_a_value_at_an_end_is_cut_there(value: float, expected: tuple[float, float]) -> None:
    assert derived_interval(value, 1.0, 100.0, 1.96) == pytest.approx(expected)


def test_interval_of_a_value_outside_the_whole_is_linear() -> None:
    assert derived_interval(120.0, 1.0, 100.0, 2.0) == (118.0, 122.0)


def test_effective_sample_is_at_most_the_sample() -> None:
    assert effective_n(20.0, 4.0, 1000, 100.0) == 100
    assert effective_n(20.0, 4.0, 50, 100.0) == 50
    assert effective_n(0.0, 1.0, 50, 100.0) == 50


# survey::svyciprop(~x, design, method = "beta") with an infinite df
@pytest.mark.parametrize(
    ("value", "effective", "low", "high"),
    [
        (38.1, 6854.130837033301, 36.94828358508757, 39.26184870218297),
        (43.1, 18.34308088753461, 20.673576856823722, 67.8247243919629),
        (1.0, 120, 0.04277747958807336, 4.833109855762979),
    ],
)
def test_korn_graubard_agrees_with_rs_survey(value: float, effective: float, low: float, high: float) -> None:
    assert korn_graubard(value, effective, 100.0) == pytest.approx((low, high), rel=1e-9)


@given(
    share=st.one_of(st.floats(1e-4, 1 - 1e-4), st.sampled_from([0.0, 1.0])),
    effective=st.floats(1, 1e6),
    whole=st.sampled_from([100.0, 1.0]),
)
def test_korn_graubard_agrees_with_scipy(share: float, effective: float, whole: float) -> None:
    successes, failures = effective * share, effective * (1 - share)
    low = special.betaincinv(successes, failures + 1, 0.025) if share > 0 else 0
    high = special.betaincinv(successes + 1, failures, 0.975) if share < 1 else 1

    interval = korn_graubard(share * whole, effective, whole)

    assert interval == pytest.approx((whole * low, whole * high), abs=1e-10 * whole)
    assert interval.low <= share * whole <= interval.high


def test_interval_at_0_percent_is_clopper_and_pearsons() -> None:
    assert korn_graubard(0.0, 100.0, 100.0) == pytest.approx((0, 100 * (1 - 0.025 ** (1 / 100))))


def test_design_effect_and_relative_error() -> None:
    assert design_effect(20.0, 4.0, 200, 100.0) == 2
    assert design_effect(0.0, 4.0, 200, 100.0) is None
    assert relative_standard_error(20.0, 4.0) == 0.2
    assert relative_standard_error(0.0, 4.0) is None


@needs_brfss
def test_every_published_limit_gives_the_standard_error_of_libms_logit() -> None:
    cells = published_cells()[["value", "low", "high"]].drop_duplicates()

    for value, low, high in cells.iloc[::5].itertuples(index=False):
        s = (math.log(high / (100 - high)) - math.log(low / (100 - low))) / (2 * Z)

        assert standard_error(value, low, high, 100.0, Z) == pytest.approx(value * (100 - value) / 100 * s)


def test_width_of_an_interval() -> None:
    assert Interval(2.0, 5.0).width == 3
