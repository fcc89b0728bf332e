"""Exact sums over columns of numbered texts: what `rows.cube_of` adds up, many rows at a time."""

import math
from collections.abc import Callable, Iterable
from itertools import islice, starmap
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chalicelib.domain.cube import CellStats, Cube, Labels
from chalicelib.domain.engines.rows import LABELS, Number, cube_of, number

Integers = npt.NDArray[np.integer]

LARGEST = 2**63 - 1  # of an int64

# Summing up costs as much as the combinations known so far, whatever comes to them.
BATCH_ROWS = 1 << 16
MOST_VALUES = 1 << 16  # that are remembered with their numbers


class Column(NamedTuple):
    """The texts of some rows: `texts[places[i]]` is that of row i."""

    places: Integers
    texts: list[str]


class Sums:
    """Measures of every combination of labels met so far. For one thread.

    `clean` says what a text means in a role; it is asked once for each text, not for each row.
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
        self._bound = 0  # that no sum can be beyond
        self._codes: list[dict[str, int]] = [{} for _ in LABELS]
        self._values: dict[str, int] = {}
        self._numbers: list[Number] = []
        self._sizes = [0] * len(LABELS)
        self._keys: Integers = np.empty(0, np.int64)
        self._measures: Integers = np.empty((len(CellStats._fields), 0), np.int64)
        self._waiting: list[list[Integers]] = []
        self._waiting_rows = 0

    def add(self, columns: list[Column], values: Column) -> None:
        """Count rows, given by a column for each of `LABELS` and their values.

        Raises ValueError for a value that is no number, and for more combinations of texts than 64 bits can
        number.
        """
        pairs = zip([*self._codes, self._values], [*columns, values], strict=True)
        self._waiting.append([coded(column, codes) for codes, column in pairs])
        for text in islice(self._values, len(self._numbers), None):
            self._numbers.append(number(self._clean(text, "value")))
        self.rows += len(values.places)
        self._waiting_rows += len(values.places)
        if self._waiting_rows >= self._batch_rows:
            self._sum_up()

    def cube(self) -> Cube:
        """The cube of all rows."""
        self._sum_up()
        return cube_of(self._summed(), self._scale)

    def _sum_up(self) -> None:
        if not self._waiting:
            return
        *labels, values = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting, self._waiting_rows = [], 0
        table = self._table(len(values))
        slots = self._slots(labels)
        for sums, measure in zip(self._measures, table, strict=True):
            np.add.at(sums, slots, measure[values])
        if len(self._values) > self._most_values:
            self._values, self._numbers = {}, []

    def _summed(self) -> Iterable[tuple[Labels, CellStats]]:
        roles = zip(self._codes, LABELS, strict=True)
        texts = [[self._clean(text, role) for text in codes] for codes, role in roles]
        columns = zip(texts, taken_apart(self._keys, self._sizes), strict=True)
        labels = zip(*(map(known.__getitem__, places.tolist()) for known, places in columns), strict=True)
        return zip(labels, starmap(CellStats, self._measures.T.tolist()), strict=True)

    def _slots(self, rows: list[Integers]) -> Integers:
        """The place in `_measures` of each row; places are made for new combinations."""
        sizes = list(map(len, self._codes))
        if sizes != self._sizes:
            self._keys = put_together(taken_apart(self._keys, self._sizes), sizes)
            self._sizes = sizes
        known = len(self._keys)
        keys = np.concatenate([self._keys, put_together(rows, sizes)])
        # The known come first and are distinct, so each keeps its place.
        found = pa.Array.from_buffers(pa.int64(), len(keys), [None, pa.py_buffer(keys)]).dictionary_encode()
        self._keys = integers(found.dictionary)
        places = np.zeros((len(self._measures), len(self._keys) - known), self._measures.dtype)
        self._measures = np.concatenate([self._measures, places], axis=1)
        return integers(found.indices)[known:]

    def _table(self, rows: int) -> Integers:
        """The measures of a row with each of the values, in units of `_scale`, which may have to change."""
        scale = max(self._scale, *(value.decimals for value in self._numbers))
        totals = [value.units * 10 ** (scale - value.decimals) for value in self._numbers]
        step = 10 ** (scale - self._scale)
        self._scale = scale
        self._bound = self._bound * step + max(map(abs, totals)) * rows
        if max(self._bound, step) > LARGEST:
            self._measures = self._measures.astype(object)  # Python's own integers have no limit
        self._measures[0] *= step
        counted = [value.counted for value in self._numbers]
        return np.array([totals, counted, [1 - count for count in counted]], self._measures.dtype)


def coded(column: Column, codes: dict[str, int]) -> Integers:
    """The code of each row's text; those not met before get the next ones."""
    own = [codes.setdefault(text, len(codes)) for text in column.texts]
    return np.array(own, np.int32)[column.places]


def integers(array: pa.Array) -> Integers:
    """What an Arrow array of integers holds. (Its own method for that imports pandas.)"""
    return cast("Integers", np.from_dlpack(array))


def put_together(columns: list[Integers], sizes: list[int]) -> Integers:
    """One integer for the integers of a row, each less than its column's size. Raises ValueError."""
    if math.prod(sizes) > LARGEST:
        raise ValueError("more combinations of texts are possible than 64 bits can number")
    keys = columns[0].astype(np.int64)
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        keys = keys * size + column
    return keys


def taken_apart(keys: Integers, sizes: list[int]) -> list[Integers]:
    """The columns that `put_together` took."""
    columns = []
    for size in sizes[:0:-1]:
        columns.append(keys % size)
        keys = keys // size
    return [keys, *reversed(columns)]
