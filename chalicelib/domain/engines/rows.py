"""What every engine makes of a row's texts, so that the same rows give the same bits."""

import re
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import NamedTuple

from chalicelib.domain.cube import DIMENSIONS, CellStats, Cube, Labels
from chalicelib.domain.dataset_description import Description
from chalicelib.errors import MissingColumns, shown

# Everything but the value: what a row is about, and the ids that name question and location.
LABELS = ("question", *DIMENSIONS, "question_id", "location_id")

# The longest field that is read, in characters. A quote that is never closed must not fill the memory.
LONGEST_FIELD = 1 << 22

# Bounded, so that no text of ten characters can ask for an integer of a billion digits.
NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?", re.ASCII)

# Wide enough for every text that NUMBER lets through, so nothing is rounded.
EXACT = Context(prec=200)


class Layout:
    """How wide a file is, and in which place it has the column of each role. Raises MissingColumns.

    Of columns with the same name, the first is meant.
    """

    def __init__(self, header: list[str], name: str, description: Description) -> None:
        if missing := [column for column in description.columns.values() if column not in header]:
            raise MissingColumns(name, missing, header)
        self.width = len(header)
        self.places = {role: header.index(column) for role, column in description.columns.items()}


def cleaned(text: str, role: str, description: Description) -> str:
    """The text without the blanks around it, or what its alias stands for."""
    text = text.strip()
    aliases = description.aliases.get(role)
    return aliases.get(text, text) if aliases else text


class Number(NamedTuple):
    """A value as an integer: units / 10**decimals, with no decimals to spare. An empty one is not counted."""

    units: int
    decimals: int
    counted: int


def number(text: str) -> Number:
    """The number that a text is. Raises ValueError."""
    if not text:
        return Number(0, 0, 0)
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a number")
    # Without its trailing zeros: "30" and "30.0" are one number, with one scale.
    exact = Decimal(text).normalize(EXACT)
    decimals = max(0, -int(exact.as_tuple().exponent))
    return Number(int(exact.scaleb(decimals, EXACT)), decimals, 1)


def cube_of(rows: Iterable[tuple[Labels, CellStats]], scale: int) -> Cube:
    """The cube of rows that are summed up by their `LABELS`. Those without a question only name locations."""
    cube = Cube(scale)
    question_ids: dict[str, set[str]] = {}
    location_ids: dict[str, set[str]] = {}
    for (question, *labels, question_id, location_id), measures in rows:
        location = labels[0]
        if location and location_id:
            location_ids.setdefault(location, set()).add(location_id)
        if not question:
            continue
        if question_id:
            question_ids.setdefault(question_id, set()).add(question)
        cells = cube.cells.setdefault(question, {})
        key: Labels = tuple(labels)
        cells[key] = cells[key].plus(measures) if key in cells else measures
    cube.question_ids = {name: frozenset(texts) for name, texts in question_ids.items()}
    cube.location_ids = {name: frozenset(ids) for name, ids in location_ids.items()}
    return cube
