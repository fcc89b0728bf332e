"""Numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.shape.numerals import Numerals

GERMAN = {"decimal": ",", "thousands": "."}
BLANKS = {"decimal": ",", "thousands": " "}


@pytest.mark.parametrize(
    ("options", "text", "plain"),
    [
        ({}, "\u221212.5", "-12.5"),
        ({}, "1,234", "1,234"),
        ({"decimal": ","}, "12,5", "12.5"),
        ({"decimal": ","}, "-,5", "-.5"),
        ({"decimal": ","}, "1,5e3", "1.5e3"),
        ({"thousands": ","}, "1,234.5", "1234.5"),
        ({"thousands": ","}, "12,34,567", "1234567"),
        ({"thousands": ","}, "1234.5", "1234.5"),
        (GERMAN, "1.234.567,8", "1234567.8"),
        (BLANKS, "1 234,5", "1234.5"),
        (BLANKS, "1\u00a0234\u202f567", "1234567"),
        ({"thousands": "'"}, "1'234", "1234"),
    ],
)
def test_number_in_its_marks_is_read(options: dict[str, str], text: str, plain: str) -> None:
    assert Numerals(options).plain(text) == plain


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"thousands": ","}, "12,5"),
        ({"thousands": ","}, "1,23"),
        (GERMAN, "1.2.3"),
        (BLANKS, "12 5"),
        ({}, "x"),
    ],
)
def test_text_that_is_no_number_in_these_marks_stays(options: dict[str, str], text: str) -> None:
    assert Numerals(options).plain(text) == text


def test_point_is_refused_where_the_comma_is_the_point() -> None:
    """`1.234` may be a thousand and more: it is never read as one and a bit."""
    with pytest.raises(ValueError, match="other marks"):
        Numerals({"decimal": ","}).plain("1.234")


@given(st.integers(-(10**9), 10**9), st.integers(0, 99), st.sampled_from([GERMAN, BLANKS]))
def test_written_thousands_are_read_back(whole: int, cents: int, options: dict[str, str]) -> None:
    text = f"{whole:,}".replace(",", options["thousands"]) + f",{cents:02}"
    assert Numerals(options).plain(text) == f"{whole}.{cents:02}"
