"""Texts as exact decimal numbers."""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import NamedTuple

from chalicelib.errors import shown

# Bounded, so that no text of ten characters can ask for an integer of a billion digits.
NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?", re.ASCII)

FIRST_YEAR, LAST_YEAR = 1000, 9999

# Wide enough for every text that NUMBER accepts, so nothing is rounded.
EXACT = Context(prec=200)


class Number(NamedTuple):
    """An exact decimal: units / 10**decimals. A missing value has `counted` 0."""

    units: int
    decimals: int
    counted: int


def parse_number(text: str) -> Number:
    """Return the number that a text is, or a missing value for an empty text. Raises ValueError."""
    if not text:
        return Number(0, 0, 0)
    if not (match := NUMBER.fullmatch(text)):
        raise ValueError(f"{shown(text)} is not a number")
    # Trailing zeros do not count: "30" and "30.0" are one number with one scale.
    if not match[3]:
        whole, _, fraction = text.partition(".")
        decimals = len(fraction.rstrip("0"))
        return Number(int(whole + fraction) // 10 ** (len(fraction) - decimals), decimals, 1)
    exact = Decimal(text).normalize(EXACT)
    decimals = max(0, -int(exact.as_tuple().exponent))
    return Number(int(exact.scaleb(decimals, EXACT)), decimals, 1)


def parse_count(text: str) -> Number:
    """Return the whole number that a text is ("309.0" too), or a missing value. Raises ValueError."""
    number = parse_number(text)
    if number.decimals or number.units < 0:
        raise ValueError(f"{shown(text)} is not a whole number")
    return number


def parse_year(text: str) -> int:
    """Return the year that a text is; a frame's "2011.0" is one too. Raises ValueError."""
    number = parse_count(text)
    if not FIRST_YEAR <= number.units <= LAST_YEAR:
        raise ValueError(f"{shown(text)} is not a year of four digits")
    return number.units


# What the text of a role is read by, and what it is expected to be.
PARSERS: Mapping[str, tuple[Callable[[str], object], str]] = {
    **dict.fromkeys(("value", "low", "high"), (parse_number, "a number")),
    "sample_size": (parse_count, "a whole number"),
    **dict.fromkeys(("year", "year_end"), (parse_year, "a year of four digits")),
}
