"""Summed cells as columns of codes and numbers: small to send to another process, quick to merge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Integers = npt.NDArray[np.integer]
Booleans = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]  # int64, or Python's own integers, which have no limit

LARGEST = 2**63 - 1  # of an int64
SAFE = 2.0**62  # a sum of floats below it is one of an int64


@dataclass(frozen=True)
class Summed:
    """The sums of combinations of labels, each of which may stand here more than once.

    `texts` has the distinct texts of each label, `codes` those of each cell. `numbers` has the rows of each
    cell, then two lines for each of `measures`: its number, and whether a row has one. Values are sums, which
    have the number of rows with one; of other measures, the smallest counts where the rows give several.
    """

    texts: Sequence[Sequence[str]]
    codes: Sequence[Integers]
    measures: tuple[str, ...]
    numbers: Numbers
    scale: int

    @classmethod
    def nothing(cls, labels: int) -> "Summed":
        """Return the sums of no rows."""
        texts, codes = [()] * labels, [np.empty(0, np.int32)] * labels
        return cls(texts, codes, (), np.empty((1, 0), np.int64), 0)

    def merge(self, *others: "Summed") -> "Summed":
        """Return the sums of all rows: the same cells in any order and grouping of the parts."""
        parts = [part for part in (self, *others) if len(part.codes[0])] or [self]
        scale = max(part.scale for part in (self, *others))
        measures = tuple(dict.fromkeys(role for part in parts for role in part.measures))
        texts, codes = [], []
        for place in range(len(self.texts)):
            every, renewed = shared([part.texts[place] for part in parts])
            texts.append(every)
            codes.append(
                np.concatenate([new[part.codes[place]] for new, part in zip(renewed, parts, strict=True)])
            )
        slots, distinct = pd.factorize(combined(codes, list(map(len, texts))))
        first = first_of(slots)
        ends = np.cumsum([len(part.codes[0]) for part in parts])
        numbers = reduced(
            [part.lines(measures, scale) for part in parts],
            np.split(slots, ends[:-1]),
            len(distinct),
            measures,
        )
        return Summed(texts, [column[first] for column in codes], measures, numbers, scale)

    def lines(self, measures: Sequence[str], scale: int) -> Numbers:
        """Return the numbers of some measures in units of a scale."""
        factor = 10 ** (scale - self.scale)
        if factor == 1 and measures == self.measures:
            return self.numbers
        nothing = np.zeros_like(self.numbers[0])
        every = [self.numbers[0]]
        for role in measures:
            if role not in self.measures:
                every += [nothing, nothing]
                continue
            place = 2 * self.measures.index(role) + 1
            number, has = self.numbers[place : place + 2]
            every += [number if role == "sample_size" else times(number, factor), has]
        return np.stack(every)


def shared(tables: Sequence[Iterable[str]]) -> tuple[list[str], list[Integers]]:
    """Return the distinct texts of all tables, and the code of each text of each table among them."""
    codes: dict[str, int] = {}
    renewed: list[Integers] = [
        np.array([codes.setdefault(text, len(codes)) for text in table], np.int32) for table in tables
    ]
    return [*codes], renewed


def times(numbers: Numbers, factor: int) -> Numbers:
    if factor == 1 or not len(numbers):
        return numbers
    largest = max(1, int(numbers.max()), -int(numbers.min()))
    return (numbers.astype(object) if largest * factor > LARGEST else numbers) * factor


def first_of(slots: Integers) -> Integers:
    """Return the first place of each slot; slots are numbered in the order in which they first appear."""
    return np.flatnonzero(np.diff(np.maximum.accumulate(slots), prepend=-1))


def reduced(
    parts: Sequence[Numbers], slots: Sequence[Integers], size: int, measures: Sequence[str]
) -> Numbers:
    """Return the numbers of cells as `Summed` has them; `slots` has the cells of the columns of each part."""
    bound = sum(max(np.abs(line).sum(dtype=np.float64) for line in part) for part in parts if part.size)
    kind = np.int64 if bound < SAFE and all(part.dtype != object for part in parts) else object
    parts = [part.astype(kind, copy=False) for part in parts]  # no integers of numpy among Python's own
    sums = np.zeros((1 + 2 * len(measures), size), kind)
    for line, _ in enumerate(sums):
        is_sum = not line or measures[(line - 1) // 2] == "value"
        if is_sum or not line % 2:
            add = np.add if is_sum else np.maximum
            for part, into in zip(parts, slots, strict=True):
                add.at(sums[line], into, part[line])
        else:
            sums[line] = max((int(part[line].max()) for part in parts if part.size), default=0)
            for part, into in zip(parts, slots, strict=True):
                has = part[line + 1] > 0
                np.minimum.at(sums[line], into[has], part[line][has])
    return sums


def combined(columns: Sequence[Integers], sizes: list[int]) -> Integers:
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
