"""Exact sums over columns of coded texts."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import pandas as pd

from chalicelib.domain.cube import DIMENSIONS
from chalicelib.domain.ingest.summed import LARGEST, Integers, Summed, combined, first_of, shared
from chalicelib.domain.numbers import Number, parse_count, parse_number

# Everything but the measures: what a row is about, and the ids that name question and location.
LABELS = ("question", *DIMENSIONS, "year", "question_id", "location_id")
# What is measured of it: the values are summed up, of the others the last one counts.
MEASURES = ("value", "low", "high", "sample_size")

ABSENT = -1  # the code of a measure in a row that is not about it: another row of the cell is

# A summation costs as much as the cells that exist already, so it waits for as many rows.
BATCH_ROWS = 1 << 16
MOST_VALUES = 1 << 16  # of a measure, that are remembered with their numbers


class Column(NamedTuple):
    """The texts of some rows: `texts[codes[i]]` is that of row i."""

    codes: Integers
    texts: list[str]


class Numbers:
    """The numbers of the texts of a measure, coded in the order in which they are first met."""

    def __init__(self, parse: Callable[[str], Number]) -> None:
        self._parse = parse
        self._codes: dict[str, int] = {}
        self.numbers: list[Number] = []

    def recoded(self, column: Column) -> Integers:
        """Return the column in these codes. Raises ValueError for a text that is no such number."""
        codes = recoded(column, self._codes)
        self.numbers += map(self._parse, islice(self._codes, len(self.numbers), None))
        return codes

    def forget(self, most: int) -> None:
        """Forget all texts if there are more than `most`."""
        if len(self._codes) > most:
            self._codes, self.numbers = {}, []


class Accumulator:
    """The sums and measures of every combination of labels so far. For one thread.

    `clean` returns what a text means in a role; it is called once for each distinct text, not for each row.
    `measures` are those of MEASURES that the rows have.
    """

    def __init__(
        self,
        clean: Callable[[str, str], str],
        measures: Sequence[str] = ("value",),
        batch_rows: int = BATCH_ROWS,
        most_values: int = MOST_VALUES,
    ) -> None:
        self.rows = 0
        self._clean, self._batch_rows, self._most_values = clean, batch_rows, most_values
        self._scale = 0
        self._bound = 0  # that the absolute value of no sum exceeds
        self._codes: list[dict[str, int]] = [{} for _ in LABELS]
        self._measures = {role: Numbers(self._parser(role)) for role in measures}
        self._cells: list[Integers] = [np.empty(0, np.int32) for _ in LABELS]
        # The rows of each cell, then two lines for each measure: its number, and the rows that have one.
        self._stats: Integers = np.empty((1 + 2 * len(measures), 0), np.int64)
        self._waiting: list[list[Integers]] = []
        self._waiting_rows = 0

    def _parser(self, role: str) -> Callable[[str], Number]:
        parse = parse_count if role == "sample_size" else parse_number
        return lambda text: parse(self._clean(text, role))

    def add(self, labels: Sequence[Column], measures: Sequence[Column | None]) -> None:
        """Add rows: a column for each of `LABELS` and each measure. Raises ValueError for a non-number.

        Without a column, the rows are not about that measure; without that of the value, they count as none.
        """
        rows = len(labels[0].codes)
        if not rows:
            return
        self._waiting.append(
            [recoded(*pair) for pair in zip(labels, self._codes, strict=True)]
            + [
                np.full(rows, ABSENT, np.int32) if column is None else numbers.recoded(column)
                for column, numbers in zip(measures, self._measures.values(), strict=True)
            ]
        )
        self.rows += rows
        self._waiting_rows += rows
        if self._waiting_rows >= max(self._batch_rows, len(self._cells[0])):
            self._sum_up()

    def summed(self) -> Summed:
        """Return the sums of all rows, to be merged with those of other accumulators."""
        self._sum_up()
        texts, codes = [], []
        for known, role, cells in zip(self._codes, LABELS, self._cells, strict=True):
            cleaned, (renewed,) = shared([[self._clean(text, role) for text in known]])
            texts.append(cleaned)
            codes.append(renewed[cells])
        return Summed(texts, codes, tuple(self._measures), self._stats, self._scale)

    def _sum_up(self) -> None:
        if not self._waiting:
            return
        columns = [np.concatenate(parts) for parts in zip(*self._waiting, strict=True)]
        self._waiting, self._waiting_rows = [], 0
        slots = self._slots(columns[: len(LABELS)])
        tables = self._tables(len(slots))
        alone = bool((columns[len(LABELS)] == ABSENT).any())  # limits are rows of their own
        measures = zip(self._measures, columns[len(LABELS) :], tables, strict=True)
        for place, (role, codes, table) in enumerate(measures):
            about = codes != ABSENT
            cells, codes = (slots, codes) if about.all() else (slots[about], codes[about])
            if role == "value":
                self._stats[0] += np.bincount(cells, minlength=self._stats.shape[1])
            lines = self._stats[2 * place + 1 : 2 * place + 3]
            if role == "value":
                for line, numbers in zip(lines, table, strict=True):
                    np.add.at(line, cells, numbers[codes])
            elif alone:
                keep_least(lines, cells, *(numbers[codes] for numbers in table))
            else:
                lines[:, cells] = [numbers[codes] for numbers in table]
        for known in self._measures.values():
            known.forget(self._most_values)

    def _slots(self, rows: list[Integers]) -> Integers:
        """Return each row's place in `_stats`, after making places for new combinations of labels."""
        known = len(self._cells[0])
        # Known cells come first and are distinct, so each keeps its place.
        columns = [np.concatenate(pair) for pair in zip(self._cells, rows, strict=True)]
        slots, _ = pd.factorize(combined(columns, list(map(len, self._codes))))
        first = first_of(slots)
        self._cells = [column[first] for column in columns]
        # A new array, also without new places: sums that were returned stay.
        new = np.zeros((len(self._stats), len(first) - known), self._stats.dtype)
        self._stats = np.concatenate([self._stats, new], axis=1)
        return slots[known:]

    def _tables(self, rows: int) -> list[Integers]:
        """Return the two numbers of each text of each measure, in units of `_scale`, which may grow."""
        every = [known.numbers for known in self._measures.values()]
        scale = max([self._scale, *(number.decimals for numbers in every for number in numbers)])
        step = 10 ** (scale - self._scale)
        self._scale = scale
        tables, largest = [], 0
        for role, numbers in zip(self._measures, every, strict=True):
            unit = 0 if role == "sample_size" else scale
            totals = [number.units * 10 ** (unit - number.decimals) for number in numbers]
            largest = max([largest, *map(abs, totals)])
            tables.append((totals, [number.counted for number in numbers]))
        self._bound = self._bound * step + largest * rows
        if max(self._bound, step) > LARGEST:
            self._stats = self._stats.astype(object)  # Python's own integers have no limit
        for place, role in enumerate(self._measures):
            if role != "sample_size":
                self._stats[2 * place + 1] *= step
        return [np.array(table, self._stats.dtype) for table in tables]


def recoded(column: Column, codes: dict[str, int]) -> Integers:
    """Return the column in shared codes; new texts get the next ones."""
    shared = [codes.setdefault(text, len(codes)) for text in column.texts]
    return np.array(shared, np.int32)[column.codes]


def keep_least(lines: Integers, cells: Integers, numbers: Integers, counted: Integers) -> None:
    """Let each cell keep the smallest of its numbers, so that their order does not matter."""
    has = counted > 0
    cells, numbers = cells[has], numbers[has]
    numbers = np.where(lines[1][cells] > 0, np.minimum(lines[0][cells], numbers), numbers)
    falling = np.argsort(numbers, kind="stable")[::-1]  # of equal places, numpy assigns the last one
    lines[0][cells[falling]], lines[1][cells] = numbers[falling], 1
