"""Texts as exact decimal numbers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.numbers import NUMBER, parse_number


@given(st.from_regex(NUMBER, fullmatch=True))
def test_number_is_exact_in_the_fewest_decimals(text: str) -> None:
    number = parse_number(text)
    assert Fraction(number.units, 10**number.decimals) == Fraction(text)
    assert not number.decimals or number.units % 10
    assert number.counted == 1


@pytest.mark.parametrize("text", ["30", "30.0", "30.", "+30", "3e1", "0030.000"])
def test_spellings_of_a_number_are_one_number(text: str) -> None:
    assert parse_number(text) == (30, 0, 1)


@pytest.mark.parametrize("text", [".0", "-.0", "-0", "0.00", "0e5"])
def test_zero_has_no_decimals(text: str) -> None:
    assert parse_number(text) == (0, 0, 1)


@pytest.mark.parametrize("text", [".", "-", "1e", "e5", "1_000", "٣", "1e100", "nan", "inf", " 1"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        parse_number(text)
