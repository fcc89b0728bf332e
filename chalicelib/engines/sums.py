"""Exact sums over columns of numbered texts: what `rows.cube_of` adds up, many rows at a time."""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chalicelib.cube import Cube, Labels, Measures
from chalicelib.engines.rows import cube_of, number

Integers = npt.NDArray[np.integer]

LARGEST = 2**63 - 1  # of an int64


class Column(NamedTuple):
    """The texts of some rows: `texts[places[i]]` is that of row i."""

    places: Integers
    texts: list[str]


class Sums:
    """Measures of every combination of texts met so far, `width` of them to a row. For one thread.

    `labels_of` says what the texts of a row mean, and `value_of` what number a text means, if any.
    """

    def __init__(
        self,
        width: int,
        labels_of: Callable[[tuple[str, ...]], Labels],
        value_of: Callable[[str], str],
    ) -> None:
        self.rows = 0
        self._labels_of = labels_of
        self._number_of = lru_cache(maxsize=1 << 16)(lambda text: number(value_of(text)))
        self._whole, self._scale, self._bound = Cube(), 0, 0
        self._numbers: list[dict[str, int]] = [{} for _ in range(width)]
        self._sizes = [0] * width
        self._keys: Integers = np.empty(0, np.int64)
        self._measures: Integers = np.empty((len(Measures._fields), 0), np.int64)

    def add(self, columns: list[Column], values: Column) -> None:
        """Count rows, given by their texts and values.

        Raises ValueError for a value that is no number or whose sum may not fit, and for more combinations
        of texts than can be numbered.
        """
        measures = self._measured(values.texts, len(values.places))
        slots = self._slots([self._numbered(*pair) for pair in zip(self._numbers, columns, strict=True)])
        for sums, measure in zip(self._measures, measures, strict=True):
            np.add.at(sums, slots, measure[values.places])
        self.rows += len(slots)

    def cube(self) -> Cube:
        """The cube of all rows."""
        return self._whole.merge(cube_of(self._summed(), self._scale))

    def _summed(self) -> Iterator[tuple[Labels, Measures]]:
        texts = [list(numbers) for numbers in self._numbers]
        rows = zip(*(column.tolist() for column in taken_apart(self._keys, self._sizes)), strict=True)
        for places, measures in zip(rows, self._measures.T.tolist(), strict=True):
            row = tuple(names[place] for names, place in zip(texts, places, strict=True))
            yield self._labels_of(row), Measures(*measures)

    def _numbered(self, numbers: dict[str, int], column: Column) -> Integers:
        own = [numbers.setdefault(text, len(numbers)) for text in column.texts]
        return np.array(own, np.int64)[column.places]

    def _slots(self, rows: list[Integers]) -> Integers:
        """The place in `_measures` of each row; places are made for new combinations."""
        sizes = list(map(len, self._numbers))
        if sizes != self._sizes:
            self._keys = put_together(taken_apart(self._keys, self._sizes), sizes)
            self._sizes = sizes
        known = len(self._keys)
        keys = np.concatenate([self._keys, put_together(rows, sizes)])
        # The known come first and are distinct, so each keeps its place.
        found = pa.Array.from_buffers(pa.int64(), len(keys), [None, pa.py_buffer(keys)]).dictionary_encode()
        self._keys = integers(found.dictionary)
        self._measures = np.pad(self._measures, ((0, 0), (0, len(self._keys) - known)))
        return integers(found.indices)[known:]

    def _measured(self, texts: list[str], rows: int) -> Integers:
        """The measures of a row with each text as its value, in units of `_scale`."""
        numbers = [self._number_of(text) for text in texts]
        scale = max(self._scale, *(decimals for _, decimals, _ in numbers))
        totals = [units * 10 ** (scale - decimals) for units, decimals, _ in numbers]
        bound = max(map(abs, totals)) * rows
        if bound > LARGEST:
            raise ValueError("its sums may need more than 64 bits")
        if scale != self._scale or self._bound + bound > LARGEST:
            self._spill(scale)
        self._bound += bound
        counted = [count for _, _, count in numbers]
        return np.array([totals, counted, [1 - count for count in counted]], np.int64)

    def _spill(self, scale: int) -> None:
        """Put what is summed up into integers without a limit, and go on from nothing in another scale."""
        self._whole = self.cube()
        self._measures[:] = 0
        self._scale, self._bound = scale, 0


def integers(array: pa.Array) -> Integers:
    """What an Arrow array of integers holds. (Its own method for that imports pandas.)"""
    return cast("Integers", np.from_dlpack(array))


def put_together(columns: list[Integers], sizes: list[int]) -> Integers:
    """One integer for the integers of a row, each less than its column's size. Raises ValueError."""
    if math.prod(sizes) > LARGEST:
        raise ValueError("more combinations of texts are possible than 64 bits can number")
    keys = columns[0]
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
