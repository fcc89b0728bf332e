"""The measures of a question as columns or compressed bytes, made into measures when they are needed.

A block is zlib-compressed JSON: columns of the codes of location, category and segment, of years, values,
limits and sample sizes, then the cells that are not of one row. Limits are offsets from the value, and the
order is that in which the columns compress best.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar

from chalicelib.domain.measures import CellKey, Measure

# Twice as fast as the classes themselves, for the first request waits for it.
NEW_KEY, NEW_MEASURE = partial(tuple.__new__, CellKey), partial(tuple.__new__, Measure)

Tables = Sequence[Sequence[str]]  # the locations, categories and segments that codes stand for
Numbers = list[int | None]
Kept = TypeVar("Kept")


class Columns(NamedTuple):
    """The measures of a question in the order of category, segment, location and year; labels are codes."""

    location: list[int]
    category: list[int]
    segment: list[int]
    year: list[int]
    value: Numbers
    low: Numbers
    high: Numbers
    n: Numbers
    rows: list[int]
    counted: list[int]


class Later(Mapping[str, Mapping[CellKey, Measure]], Generic[Kept]):
    """The measures by question, in another form. Those of a question are made at their first use, and kept.

    `columns` turns what is kept of a question into columns, whose codes are of `tables`.
    """

    def __init__(self, kept: Mapping[str, Kept], columns: Callable[[Kept], Columns], tables: Tables) -> None:
        self._kept, self._columns, self.tables = kept, columns, tables
        self._decoded: dict[str, Mapping[CellKey, Measure]] = {}

    def columns(self, question: str) -> Columns:
        return self._columns(self._kept[question])

    def __getitem__(self, question: str) -> Mapping[CellKey, Measure]:
        # Two threads may decode the same question: both get the same measures.
        if question not in self._decoded:
            self._decoded[question] = measures_of(self.columns(question), self.tables)
        return self._decoded[question]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def block_of(published: Mapping[str, Mapping[CellKey, Measure]], question: str, tables: Tables) -> bytes:
    """Return the same bytes for the same measures of a question, in whatever order they are."""
    if isinstance(published, Later) and published.tables == tables:
        return encode(published.columns(question))
    return encode(columns_of(published[question], tables))


def columns_of(measures: Mapping[CellKey, Measure], tables: Tables) -> Columns:
    location, category, segment = ({label: code for code, label in enumerate(table)} for table in tables)
    rows = [
        (location[key.location], category[key.category], segment[key.segment], key.year, *measure)
        for key, measure in sorted(measures.items(), key=lambda cell: sorting_key(cell[0]))
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(Columns._fields)
    return Columns._make(map(list, columns))


def sorting_key(key: CellKey) -> tuple[str, str, str, int]:
    return key.category, key.segment, key.location, key.year


def measures_of(columns: Columns, tables: Tables) -> dict[CellKey, Measure]:
    codes = (columns.location, columns.category, columns.segment)
    location, category, segment = (
        map(table.__getitem__, column) for table, column in zip(tables, codes, strict=True)
    )
    keys = map(NEW_KEY, zip(location, columns.year, category, segment, strict=True))
    measures = map(NEW_MEASURE, zip(*columns[len(codes) + 1 :], strict=True))
    return dict(zip(keys, measures, strict=True))


def encode(columns: Columns) -> bytes:
    *whole, values, lows, highs, sizes, rows, counts = columns
    unusual = [cell for cell in zip(count(), rows, counts, strict=False) if cell[1] != 1]
    offsets = (moved(column, values, -1) for column in (lows, highs))
    return zlib.compress(
        json.dumps([*whole, values, *offsets, sizes, unusual], separators=(",", ":")).encode(), 6
    )


def decode(block: bytes) -> Columns:
    """Return the columns that `encode` was given."""
    columns: list[list[Any]] = json.loads(zlib.decompress(block))
    *whole, values, lows, highs, sizes, unusual = columns
    rows, counts = [1] * len(values), [0 if value is None else 1 for value in values]
    for number, several, counted in unusual:
        rows[number], counts[number] = several, counted
    limits = (moved(column, values, 1) for column in (lows, highs))
    return Columns._make([*whole, values, *limits, sizes, rows, counts])


def moved(limits: Numbers, values: Numbers, sign: int) -> Numbers:
    """Return limits plus or minus the values."""
    return [
        None if limit is None else limit + sign * (value or 0)
        for limit, value in zip(limits, values, strict=True)
    ]
