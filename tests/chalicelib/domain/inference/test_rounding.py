"""Numbers as they leave: few digits, and never a minus before a zero."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference.rounding import points, significant

numbers = st.floats(-1e9, 1e9)


@given(numbers)
def test_points_have_6_decimals(number: float) -> None:
    assert abs(points(number) - number) <= 5.1e-7
    assert points(points(number)) == points(number)


@given(numbers)
def test_significant_has_6_digits(number: float) -> None:
    assert significant(number) == pytest.approx(number, rel=5.1e-6)
    assert significant(significant(number)) == significant(number)


@pytest.mark.parametrize("rounded", [points(-1e-9), points(-0.0), significant(-0.0)])
def test_zero_has_no_sign(rounded: float) -> None:
    assert math.copysign(1, rounded) == 1


def test_small_p_values_keep_their_digits() -> None:
    assert significant(3.330009567222472e-254) == 3.33001e-254
