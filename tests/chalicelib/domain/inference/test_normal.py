"""The normal distribution against scipy, over wide grids."""

import pytest

from chalicelib.domain.inference.normal import (
    cumulative,
    density,
    simultaneous_quantile,
    two_sided_p,
    two_sided_quantile,
)

stats = pytest.importorskip("scipy.stats", reason="it is not installed")
ZS = [step / 50 for step in range(0, 1900)]


def test_two_sided_p_keeps_its_precision_in_the_tails() -> None:
    for z in ZS[:1850]:
        assert two_sided_p(z) == pytest.approx(2 * stats.norm.sf(z), rel=5e-13)
        assert two_sided_p(-z) == two_sided_p(z)


def test_p_beyond_the_floats_is_0() -> None:
    assert two_sided_p(60.0) == 0


def test_tails_are_exact_to_a_few_ulps() -> None:
    mpmath = pytest.importorskip("mpmath", reason="it is not installed")
    with mpmath.workdps(40):
        for z in [*ZS[::20], 2.4999, 2.5, 2.5001, 37.0]:
            assert two_sided_p(z) == pytest.approx(float(mpmath.erfc(z / mpmath.sqrt(2))), rel=2e-15)


def test_cumulative_and_density_agree_with_scipy() -> None:
    for z in ZS[::7]:
        assert cumulative(z) == pytest.approx(stats.norm.cdf(z), rel=1e-14)
        assert cumulative(-z) == pytest.approx(stats.norm.cdf(-z), rel=5e-13)
        assert float(density(z)) == pytest.approx(stats.norm.pdf(z), rel=5e-13)


@pytest.mark.parametrize("level", [0.0001, 0.5, 0.68, 0.8, 0.9, 0.95, 0.99, 0.999, 1 - 1e-9])
def test_two_sided_quantile_agrees_with_scipy(level: float) -> None:
    assert two_sided_quantile(level) == pytest.approx(
        stats.norm.isf((1 - level) / 2), rel=1e-7 if level > 0.9999 else 1e-12
    )


def test_quantile_of_95_percent_is_known_to_the_last_digit() -> None:
    assert two_sided_quantile(0.95) == pytest.approx(1.959963984540054235, rel=2.3e-16)


def test_simultaneous_quantile_agrees_with_scipy() -> None:
    for count in range(1, 401):
        expected = stats.norm.isf((1 - 0.95 ** (1 / count)) / 2)

        assert simultaneous_quantile(0.95, count) == pytest.approx(expected, rel=1e-12)
