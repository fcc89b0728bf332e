"""The measures of a question as compressed bytes, decoded when they are first needed.

A block is zlib-compressed JSON: columns of the codes of location, category and segment, of years, values,
limits and sample sizes, then the cells that are not of one row. Limits are offsets from the value, and the
order is that in which the columns compress best.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from chalicelib.domain.measures import CellKey, Measure

# Twice as fast as the classes themselves, for the first request waits for it.
NEW_KEY, NEW_MEASURE = partial(tuple.__new__, CellKey), partial(tuple.__new__, Measure)

Tables = Sequence[Sequence[str]]  # the locations, categories and segments that codes stand for


class Blocks(Mapping[str, Mapping[CellKey, Measure]]):
    """The measures by question. A block is decoded at its first use, and kept."""

    def __init__(self, blocks: Mapping[str, bytes], tables: Tables) -> None:
        self._blocks, self._tables = blocks, tables
        self._decoded: dict[str, Mapping[CellKey, Measure]] = {}

    def __getitem__(self, question: str) -> Mapping[CellKey, Measure]:
        # Two threads may decode the same block: both get the same measures.
        if question not in self._decoded:
            self._decoded[question] = decode(self._blocks[question], self._tables)
        return self._decoded[question]

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)


def encode(measures: Mapping[CellKey, Measure], tables: Tables) -> bytes:
    """Return the same bytes for the same measures, in whatever order they are."""
    codes = [{label: code for code, label in enumerate(table)} for table in tables]
    cells = sorted(measures.items(), key=lambda cell: sorting_key(cell[0]))
    columns = zip(*(row_of(key, measure, codes) for key, measure in cells), strict=True)
    unusual = [
        (number, measure.rows, measure.counted)
        for number, (_, measure) in enumerate(cells)
        if measure.rows != 1
    ]
    return zlib.compress(json.dumps([*columns, unusual], separators=(",", ":")).encode(), 6)


def sorting_key(key: CellKey) -> tuple[str, str, str, int]:
    return key.category, key.segment, key.location, key.year


def row_of(key: CellKey, measure: Measure, codes: Sequence[Mapping[str, int]]) -> tuple[int | None, ...]:
    location, category, segment = codes
    base = measure.value or 0
    low, high = (None if limit is None else limit - base for limit in (measure.low, measure.high))
    labels = location[key.location], category[key.category], segment[key.segment]
    return (*labels, key.year, measure.value, low, high, measure.n)


def decode(block: bytes, tables: Tables) -> dict[CellKey, Measure]:
    """Return the measures that `encode` was given."""
    columns: list[list[Any]] = json.loads(zlib.decompress(block))
    *codes, years, values, lows, highs, sizes, unusual = columns
    location, category, segment = (
        map(table.__getitem__, column) for table, column in zip(tables, codes, strict=True)
    )
    rows, counts = [1] * len(values), [0 if value is None else 1 for value in values]
    for number, count, counted in unusual:
        rows[number], counts[number] = count, counted
    lows, highs = (
        [
            None if offset is None else (value or 0) + offset
            for value, offset in zip(values, column, strict=True)
        ]
        for column in (lows, highs)
    )
    keys = map(NEW_KEY, zip(location, years, category, segment, strict=True))
    measures = map(NEW_MEASURE, zip(values, lows, highs, sizes, rows, counts, strict=True))
    return dict(zip(keys, measures, strict=True))
