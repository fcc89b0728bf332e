"""Exact sums over columns of coded texts."""

from collections.abc import Callable, Iterable
from itertools import islice, starmap
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from chalicelib.domain.cube import DIMENSIONS, Cube, Labels
from chalicelib.domain.measures import CellStats
from chalicelib.domain.numbers import Number, parse_number

# Everything but the value: what a row is about, and the ids that name question and location.
LABELS = ("question", *DIMENSIONS, "question_id", "location_id")

Integers = npt.NDArray[np.integer]

LARGEST = 2**63 - 1  # of an int64

# A summation costs as much as the cells that exist already, however few rows it adds.
BATCH_ROWS = 1 << 16
MOST_VALUES = 1 << 16  # that are remembered with their numbers


class Column(NamedTuple):
    """The texts of some rows: `texts[codes[i]]` is that of row i."""

    codes: Integers
    texts: list[str]


class Accumulator:
    """The CellStats of every combination of labels so far. For one thread.

    `clean` returns what a text means in a role; it is called once for each distinct text, not for each row.
    """

    def __init__(
        self,
        clean: Callable[[str, str], str],
        batch_rows: int = BATCH_ROWS,
        most_values: int = MOST_VALUES,
    ) -> None:
        self.rows = 0
        self._clean, self._batch_rows, self._most_values = clean, batch_rows, most_values
        self._scale = 0
        self._bound = 0  # that the absolute value of no sum exceeds
        self._codes: list[dict[str, int]] = [{} for _ in LABELS]
        self._values: dict[str, int] = {}
        self._numbers: list[Number] = []
        self._cells: list[Integers] = [np.empty(0, np.int32) for _ in LABELS]
        self._stats: Integers = np.empty((len(CellStats._fields), 0), np.int64)
        self._waiting: list[list[Integers]] = []
        self._waiting_rows = 0

    def add(self, labels: list[Column], values: Column) -> None:
        """Add rows: a column for each of `LABELS`, and their values. Raises ValueError for a non-number."""
        if not len(values.codes):
            return
        pairs = zip([*self._codes, self._values], [*labels, values], strict=True)
        self._waiting.append([recoded(column, codes) for codes, column in pairs])
        for text in islice(self._values, len(self._numbers), None):
            self._numbers.append(parse_number(self._clean(text, "value")))
        self.rows += len(values.codes)
        self._waiting_rows += len(values.codes)
        if self._waiting_rows >= self._batch_rows:
            self._sum_up()

    def cube(self) -> Cube:
        """Return the cube of all rows."""
        self._sum_up()
        return cube_of(self._summed(), self._scale)

    def _sum_up(self) -> None:
        if not self._waiting:
            return
        *labels, values = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting, self._waiting_rows = [], 0
        table = self._table(len(values))
        slots = self._slots(labels)
        for sums, measure in zip(self._stats, table, strict=True):
            np.add.at(sums, slots, measure[values])
        if len(self._values) > self._most_values:
            self._values, self._numbers = {}, []

    def _summed(self) -> Iterable[tuple[Labels, CellStats]]:
        columns = []
        for texts, role, cells in zip(self._codes, LABELS, self._cells, strict=True):
            cleaned = [self._clean(text, role) for text in texts]
            columns.append([cleaned[code] for code in cells.tolist()])
        return zip(zip(*columns, strict=True), starmap(CellStats, self._stats.T.tolist()), strict=True)

    def _slots(self, rows: list[Integers]) -> Integers:
        """Return each row's place in `_stats`, after making places for new combinations of labels."""
        known = len(self._cells[0])
        # Known cells come first and are distinct, so each keeps its place.
        columns = [np.concatenate(pair) for pair in zip(self._cells, rows, strict=True)]
        slots, _ = pd.factorize(combined(columns, list(map(len, self._codes))))
        first = np.flatnonzero(np.diff(np.maximum.accumulate(slots), prepend=-1))
        self._cells = [column[first] for column in columns]
        new = np.zeros((len(self._stats), len(first) - known), self._stats.dtype)
        self._stats = np.concatenate([self._stats, new], axis=1)
        return slots[known:]

    def _table(self, rows: int) -> Integers:
        """Return the CellStats of a row with each of the values, in units of `_scale`, which may grow."""
        scale = max(self._scale, *(value.decimals for value in self._numbers))
        totals = [value.units * 10 ** (scale - value.decimals) for value in self._numbers]
        step = 10 ** (scale - self._scale)
        self._scale = scale
        self._bound = self._bound * step + max(map(abs, totals)) * rows
        if max(self._bound, step) > LARGEST:
            self._stats = self._stats.astype(object)  # Python's own integers have no limit
        self._stats[0] *= step
        counted = [value.counted for value in self._numbers]
        return np.array([totals, counted, [1 - count for count in counted]], self._stats.dtype)


def recoded(column: Column, codes: dict[str, int]) -> Integers:
    """Return the column in shared codes; new texts get the next ones."""
    shared = [codes.setdefault(text, len(codes)) for text in column.texts]
    return np.array(shared, np.int32)[column.codes]


def combined(columns: list[Integers], sizes: list[int]) -> Integers:
    """Return one integer for each row, equal where the codes of all columns are equal.

    `sizes` has the number of codes of each column.
    """
    keys, size = columns[0].astype(np.int64), sizes[0]
    for column, codes in zip(columns[1:], sizes[1:], strict=True):
        if size * codes > LARGEST:
            keys, distinct = pd.factorize(keys)
            size = len(distinct)
        keys = keys * codes + column
        size *= codes
    return keys


def cube_of(rows: Iterable[tuple[Labels, CellStats]], scale: int) -> Cube:
    """Return the cube of rows summed by their `LABELS`. A row without a question only names its location."""
    cube = Cube(scale)
    question_ids: dict[str, set[str]] = {}
    location_ids: dict[str, set[str]] = {}
    for (question, *labels, question_id, location_id), stats in rows:
        location = labels[0]
        if location and location_id:
            location_ids.setdefault(location, set()).add(location_id)
        if not question:
            continue
        if question_id:
            question_ids.setdefault(question_id, set()).add(question)
        cells = cube.cells.setdefault(question, {})
        cell: Labels = tuple(labels)
        cells[cell] = cells[cell] + stats if cell in cells else stats
    cube.question_ids = {name: frozenset(texts) for name, texts in question_ids.items()}
    cube.location_ids = {name: frozenset(ids) for name, ids in location_ids.items()}
    return cube
