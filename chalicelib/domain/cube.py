"""The cube: exact sums and counts for every cell of a data set.

A cell is a combination of labels, one for each dimension; an empty label means that the row has none.
Sums are integers in units of 10**-scale, so adding is associative: chunks, threads and machines may
each build a part, and the parts merge to the same bits in any order.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

DIMENSIONS = ("location", "category", "segment")

Labels = tuple[str, ...]


class CellStats(NamedTuple):
    """What is known of the rows of a cell: sum of values, rows with a value, rows without one."""

    total: int = 0
    counted: int = 0
    suppressed: int = 0

    def plus(self, other: "CellStats") -> "CellStats":
        return CellStats(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def scaled(self, factor: int) -> "CellStats":
        return self._replace(total=self.total * factor)


NOTHING = CellStats()
Cells = dict[str, dict[Labels, CellStats]]


class Cube:
    """`cells[question][location, category, segment]`, with the ids that name questions and locations.

    Not to be changed once it is asked for rollups.
    """

    def __init__(
        self,
        scale: int = 0,
        cells: Cells | None = None,
        question_ids: Mapping[str, frozenset[str]] | None = None,
        location_ids: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.scale = scale
        self.cells: Cells = cells or {}
        self.question_ids = dict(question_ids or {})
        self.location_ids = dict(location_ids or {})
        self._unit: int = 10**scale
        # As many entries as a data set has questions and statistics have shapes.
        self._rollup = lru_cache(maxsize=None)(self._compute_rollup)
        self._counted = lru_cache(maxsize=None)(self._compute_counted)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cube):
            return NotImplemented
        memories = dict.fromkeys(("_rollup", "_counted"))
        return vars(self) | memories == vars(other) | memories

    __hash__ = None  # type: ignore[assignment] # compared by content, which can grow

    def merge(self, other: "Cube") -> "Cube":
        """The cube of both sets of rows; associative and commutative, to the last bit."""
        scale = max(self.scale, other.scale)
        merged: Cells = {}
        for part in (self, other):
            factor = 10 ** (scale - part.scale)
            for question, cells in part.cells.items():
                into = merged.setdefault(question, {})
                for labels, measures in cells.items():
                    into[labels] = into.get(labels, NOTHING).plus(measures.scaled(factor))
        return Cube(
            scale,
            merged,
            union(self.question_ids, other.question_ids),
            union(self.location_ids, other.location_ids),
        )

    def rollup(self, question: str, *by: str) -> Mapping[Labels, CellStats]:
        """The measures of a question for each combination of labels in the dimensions `by`.

        A row counts in every rollup whose labels it has: one without a category counts in the rollup
        by location, but in none by category. The rollup by no dimension has the one key `()`.
        """
        return self._rollup(question, by)

    def counted(self, question: str, *by: str) -> Mapping[Labels, CellStats]:
        """The cells of a rollup that have a value to average."""
        return self._counted(question, by)

    def _compute_counted(self, question: str, by: Labels) -> dict[Labels, CellStats]:
        return {labels: found for labels, found in self._rollup(question, by).items() if found.counted}

    def _compute_rollup(self, question: str, by: Labels) -> dict[Labels, CellStats]:
        places = [DIMENSIONS.index(dimension) for dimension in by]
        sums: dict[Labels, CellStats] = {}
        for labels, measures in self.cells.get(question, {}).items():
            key = tuple(labels[place] for place in places)
            if all(key):
                sums[key] = sums.get(key, NOTHING).plus(measures)
        return sums

    def mean(self, measures: CellStats) -> float:
        """The correctly rounded mean of at least one value: exact sum, one division.

        Python's division of integers rounds half to even, as IEEE 754 asks (CPython, long_true_divide).
        """
        return measures.total / (measures.counted * self._unit)

    def mean_difference(self, minuend: CellStats, subtrahend: CellStats) -> float:
        """The correctly rounded difference of two means: one division of exact integers."""
        numerator = minuend.total * subtrahend.counted - subtrahend.total * minuend.counted
        return numerator / (minuend.counted * subtrahend.counted * self._unit)

    def overall(self) -> CellStats:
        total = NOTHING
        for cells in self.cells.values():
            for measures in cells.values():
                total = total.plus(measures)
        return total


def union(
    first: Mapping[str, frozenset[str]], second: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    return {key: first.get(key, frozenset()) | second.get(key, frozenset()) for key in {*first, *second}}


def merged(parts: Iterable[Cube]) -> Cube:
    whole = Cube()
    for part in parts:
        whole = whole.merge(part)
    return whole
