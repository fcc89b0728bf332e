"""Tukey's quantile: constants, the integral and scipy agree, for 2 to 400 groups."""

import math

import pytest

from chalicelib.domain.inference.studentised_range import (
    LEVEL,
    MOST,
    RANGE_95,
    STEP,
    integrate,
    range_quantile,
    solve,
)

stats = pytest.importorskip("scipy.stats", reason="it is not installed")


def test_two_groups_have_the_quantile_of_a_normal_difference() -> None:
    assert range_quantile(2) == pytest.approx(math.sqrt(2) * stats.norm.isf(0.025), rel=1e-14)


def test_each_constant_is_the_quantile_of_the_integral() -> None:
    for k, constant in enumerate(RANGE_95, start=2):
        probability, _ = integrate(constant, k, STEP)

        assert probability == pytest.approx(LEVEL, abs=1e-14)


@pytest.mark.parametrize("k", [101, 200, MOST])
def test_the_integral_does_not_depend_on_the_step(k: int) -> None:
    assert solve(k) == pytest.approx(solve(k, STEP / 2), rel=1e-13)


@pytest.mark.parametrize("k", [2, 3, 10, 37, 50, 51, 55, 100, 101, 250, MOST])
def test_quantile_agrees_with_scipy(k: int) -> None:
    assert range_quantile(k) == pytest.approx(stats.studentized_range.ppf(0.95, k, math.inf), rel=1e-11)


@pytest.mark.parametrize("k", [-1, 0, 1])
def test_fewer_than_two_groups_have_no_quantile(k: int) -> None:
    with pytest.raises(ValueError, match="no range"):
        range_quantile(k)


def test_quantile_grows_with_the_number_of_groups() -> None:
    quantiles = [range_quantile(k) for k in [*range(2, 104), 200, MOST]]

    assert quantiles == sorted(set(quantiles))
