"""Exponentials, logarithms and powers against libm, which is good to a unit in the last place."""

import _pydecimal
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.inference.elementary import DIGITS, exp, log, log_less, power, quick_exp

positive = st.floats(1e-300, 1e300)


@given(st.floats(-700, 700))
def test_exp_agrees_with_libm_to_an_ulp(exponent: float) -> None:
    assert exp(exponent) == pytest.approx(math.exp(exponent), rel=4.5e-16)


@given(st.floats(-700, 700))
def test_quick_exp_agrees_with_exp_to_two_ulps(exponent: float) -> None:
    assert quick_exp(exponent) == pytest.approx(exp(exponent), rel=4.5e-16)


@pytest.mark.parametrize("exponent", [-746.0, -1e300, -math.inf])
def test_quick_exp_below_the_floats_is_0(exponent: float) -> None:
    assert quick_exp(exponent) == 0


def test_exp_of_a_very_negative_number_is_0() -> None:
    assert exp(-1e6) == 0


@given(positive)
def test_log_agrees_with_libm_to_an_ulp(number: float) -> None:
    assert log(number) == pytest.approx(math.log(number), rel=4.5e-16)


@settings(max_examples=30)
@given(st.floats(1e-6, 1e6))
def test_another_implementation_of_decimal_gives_the_same_digits(number: float) -> None:
    """The decimal specification rounds both correctly, so libmpdec is not what decides them."""
    pure = _pydecimal.Context(prec=DIGITS.prec)
    exponent = -math.sqrt(number)

    assert str(DIGITS.ln(Decimal(number))) == str(pure.ln(_pydecimal.Decimal(number)))
    assert str(DIGITS.exp(Decimal(exponent))) == str(pure.exp(_pydecimal.Decimal(exponent)))


@given(st.floats(-0.99, 50))
def test_log_less_keeps_its_digits_near_1(excess: float) -> None:
    mpmath = pytest.importorskip("mpmath", reason="it is not installed")
    with mpmath.workdps(60):
        exact = float(mpmath.log1p(excess) - excess)

    assert log_less(1 + excess, excess) == pytest.approx(exact, rel=1e-13)


@given(st.floats(0.01, 1.5), st.integers(0, 400))
def test_power_agrees_with_libm(base: float, exponent: int) -> None:
    assert power(base, exponent) == pytest.approx(base**exponent, rel=1e-13)
