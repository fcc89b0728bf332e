"""Differences, ratios and Holm's adjustment, against statsmodels and definitions."""

import gc
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference import comparisons
from chalicelib.domain.inference.comparisons import against_rest, difference, holm, ratio
from chalicelib.domain.inference.intervals import standard_error
from chalicelib.domain.inference.normal import two_sided_quantile
from tests.support.brfss import needs_brfss, whole_population

multitest = pytest.importorskip("statsmodels.stats.multitest", reason="it is not installed")
weightstats = pytest.importorskip("statsmodels.stats.weightstats", reason="it is not installed")
Z = two_sided_quantile(0.95)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@pytest.fixture(autouse=True, scope="module")
def little_garbage() -> Iterator[None]:
    """statsmodels collects garbage at each call: 0.2 s with its modules loaded, unless these are frozen."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_ohio_rose_from_2011_to_2022() -> None:
    rise = difference(38.1, 0.5865858969265969, 29.6, 0.6884753400403301, Z)

    assert (rise.difference, rise.se, rise.z) == pytest.approx((8.5, 0.90447847310858, 9.397680821287606))
    assert rise.interval == pytest.approx((6.7272547679154036, 10.272745232084596))
    assert rise.p == pytest.approx(5.5778938636210446e-21, rel=1e-9)


def test_a_difference_of_nothing_has_p_1() -> None:
    assert difference(30.0, 1.0, 30.0, 1.0, Z).p == 1


@given(st.floats(1, 99), st.floats(0.1, 9), st.floats(1, 99), st.floats(0.1, 9))
def test_exchanging_the_sides_changes_the_sign_only(a: float, a_se: float, b: float, b_se: float) -> None:
    one, other = difference(a, a_se, b, b_se, Z), difference(b, b_se, a, a_se, Z)

    assert (one.difference, one.se, one.z, one.p) == (-other.difference, other.se, -other.z, other.p)


def test_ratio_has_the_delta_methods_interval() -> None:
    result = ratio(38.1, 0.5865858969265969, 29.6, 0.6884753400403301, Z)

    assert result is not None
    assert result.ratio == pytest.approx(1.287162162162162)
    assert result.interval == pytest.approx((1.2186823750435256, 1.3594899422770428))


@pytest.mark.parametrize("values", [(0.0, 30.0), (30.0, 0.0), (-1.0, 30.0), (0.001, 30.0)])
def test_a_ratio_without_a_finite_interval_is_none(values: tuple[float, float]) -> None:
    assert ratio(values[0], 5.0, values[1], 1.0, Z) is None


def test_each_area_is_compared_with_the_mean_of_the_others() -> None:
    values, ses = [20.0, 30.0, 43.0], [1.0, 2.0, 3.0]

    first, second, third = against_rest(values, ses, Z)

    assert (first.reference, second.reference, third.reference) == (36.5, 31.5, 25.0)
    assert first.difference == comparisons.tested(-16.5, math.sqrt(1 + (4 + 9) / 4), Z)
    assert third.difference.se == pytest.approx(math.sqrt(9 + (1 + 4) / 4))


@given(p_values)
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(
        list(multitest.multipletests(p_values, method="holm")[1]), rel=1e-12
    )


@given(p_values)
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)

    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[index] for index in order] == sorted(adjusted)


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == []


@needs_brfss
def test_every_year_of_every_question_agrees_with_statsmodels() -> None:
    years = 0
    for _, cells in whole_population().groupby(["question", "year"]):
        values = list(cells.value)
        ses = [standard_error(*cell, 100.0, Z) for cell in zip(values, cells.low, cells.high, strict=True)]

        tests = [result.difference for result in against_rest(values, ses, Z)]

        for test in tests:
            expected = weightstats._zstat_generic(test.difference, 0, test.se, "two-sided")
            assert (test.z, test.p) == pytest.approx(expected, rel=1e-11)
        p = [test.p for test in tests]
        assert holm(p) == pytest.approx(list(multitest.multipletests(p, method="holm")[1]), rel=1e-12)
        years += 1
    assert years == 62
