"""Chi-square and Student's t against scipy, over wide grids."""

import pytest

from chalicelib.domain.inference.distributions import chi_square_p, student_p, student_quantile

stats = pytest.importorskip("scipy.stats", reason="it is not installed")
DEGREES = [*range(1, 61), 99, 100, 301, 611, 1000]


@pytest.mark.parametrize("df", DEGREES)
def test_chi_square_tail_agrees_with_scipy(df: int) -> None:
    for q in [0.0, 1e-9, 0.01, 0.5, 1.0, 3.0, 11.0, 50.0, 200.0, 700.0, 1300.0, df / 2, df, 1.5 * df, 3 * df]:
        expected = stats.chi2.sf(q, df)

        assert chi_square_p(q, df) == pytest.approx(expected, rel=2e-12, abs=1e-307)


def test_chi_square_tail_is_positive_where_its_first_term_underflows() -> None:
    mpmath = pytest.importorskip("mpmath", reason="it is not installed")

    with mpmath.workdps(30):
        expected = float(mpmath.gammainc(25, 760, regularized=True))

    assert chi_square_p(1520.0, 50) == pytest.approx(expected, rel=1e-14)
    assert 0 < expected < 1e-250


def test_chi_square_of_one_degree_is_the_normal_tail() -> None:
    assert chi_square_p(1.959963984540054**2, 1) == pytest.approx(0.05, rel=1e-14)


@pytest.mark.parametrize("df", DEGREES)
def test_t_test_agrees_with_scipy(df: int) -> None:
    for t in [0.0, 1e-3, 0.01, 0.3, 0.9, 1.0, 1.5, 2.0, 2.7, 4.0, 8.0, 15.0, 40.0, 200.0, 1e4]:
        expected = 2 * stats.t.sf(t, df)

        # scipy itself is good to 5e-9 far out.
        assert student_p(t, df) == pytest.approx(
            expected, rel=1e-11 if expected > 1e-30 else 1e-7, abs=1e-300
        )
        assert student_p(-t, df) == student_p(t, df)


@pytest.mark.parametrize("df", [1, 2, 3, 10, 50, 1000])
def test_t_test_is_exact_far_out_and_near_0(df: int) -> None:
    mpmath = pytest.importorskip("mpmath", reason="it is not installed")
    with mpmath.workdps(40):
        for t in [1e-8, 1e-3, 1.0, 10.0, 1e3, 1e4]:
            x = mpmath.mpf(df) / (df + mpmath.mpf(t) ** 2)
            exact = mpmath.betainc(mpmath.mpf(df) / 2, 0.5, 0, x, regularized=True)

            assert student_p(t, df) == pytest.approx(float(exact), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_t_quantile_agrees_with_scipy(df: int, level: float) -> None:
    assert student_quantile(level, df) == pytest.approx(stats.t.isf((1 - level) / 2, df), rel=1e-12)
