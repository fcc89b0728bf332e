"""Texts as exact decimal numbers."""

import re
from decimal import Context, Decimal
from typing import NamedTuple

from chalicelib.errors import shown

# Bounded, so that no text of ten characters can ask for an integer of a billion digits.
NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?", re.ASCII)

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
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a number")
    # Trailing zeros do not count: "30" and "30.0" are one number with one scale.
    exact = Decimal(text).normalize(EXACT)
    decimals = max(0, -int(exact.as_tuple().exponent))
    return Number(int(exact.scaleb(decimals, EXACT)), decimals, 1)
