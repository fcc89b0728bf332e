"""The cube: exact sums and counts for every cell of a data set.

A cell is a combination of labels, one for each dimension; an empty label means that the row has none.
Sums are integers in units of 10**-scale, so adding is associative: chunks, threads and machines may
each build a part, and the parts merge to the same bits in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

DIMENSIONS = ("location", "category", "segment")

Labels = tuple[str, ...]


class CellStats(NamedTuple):
    """The sum of values, the rows with a value, and the rows without one (suppressed), of a cell."""

    total: int = 0
    counted: int = 0
    suppressed: int = 0

    def __add__(self, other: "CellStats") -> "CellStats":  # type: ignore[override] # adds, never concatenates
        return CellStats(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = CellStats()
Cells = dict[str, dict[Labels, CellStats]]
Names = dict[str, frozenset[str]]


@dataclass
class Cube:
    """`cells[question][location, category, segment]`, with the ids that name questions and locations.

    Counted rollups are remembered, so a cube must not change after the first one.
    """

    scale: int = 0
    cells: Cells = field(default_factory=dict)
    question_ids: Names = field(default_factory=dict)
    location_ids: Names = field(default_factory=dict)
    # By question and dimensions, so no larger than the questions and the shapes of the statistics.
    _counted: dict[tuple[str, Labels], dict[Labels, CellStats]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def merge(self, other: "Cube") -> "Cube":
        """Return the cube of both sets of rows; associative and commutative, to the last bit."""
        scale = max(self.scale, other.scale)
        merged: Cells = {}
        for part in (self, other):
            factor = 10 ** (scale - part.scale)
            for question, cells in part.cells.items():
                into = merged.setdefault(question, {})
                for labels, stats in cells.items():
                    into[labels] = into.get(labels, NOTHING) + stats._replace(total=stats.total * factor)
        return Cube(
            scale,
            merged,
            union(self.question_ids, other.question_ids),
            union(self.location_ids, other.location_ids),
        )

    def rollup(self, question: str, *by: str) -> Mapping[Labels, CellStats]:
        """Return the CellStats of a question for each combination of labels in the dimensions `by`.

        A row counts in every rollup whose labels it has: one without a category counts in the rollup
        by location, but in none by category. The rollup by no dimension has the one cell `()`.
        """
        places = [DIMENSIONS.index(dimension) for dimension in by]
        sums: dict[Labels, CellStats] = {}
        for labels, stats in self.cells.get(question, {}).items():
            cell = tuple(labels[place] for place in places)
            if all(cell):
                sums[cell] = sums.get(cell, NOTHING) + stats
        return sums

    def counted(self, question: str, *by: str) -> Mapping[Labels, CellStats]:
        """Return the cells of a rollup that have a value to average."""
        if (question, by) not in self._counted:
            rollup = self.rollup(question, *by)
            self._counted[question, by] = {labels: stats for labels, stats in rollup.items() if stats.counted}
        return self._counted[question, by]

    @property
    def _unit(self) -> int:
        return int(10**self.scale)

    def mean(self, stats: CellStats) -> float:
        """Return the correctly rounded mean of at least one value: exact sum, one division.

        Python's division of integers rounds half to even, as IEEE 754 asks (CPython, long_true_divide).
        """
        return stats.total / (stats.counted * self._unit)

    def mean_difference(self, minuend: CellStats, subtrahend: CellStats) -> float:
        """Return the correctly rounded difference of two means: one division of exact integers."""
        numerator = minuend.total * subtrahend.counted - subtrahend.total * minuend.counted
        return numerator / (minuend.counted * subtrahend.counted * self._unit)

    def overall(self) -> CellStats:
        """Return the CellStats of all rows that have a question."""
        return sum((stats for cells in self.cells.values() for stats in cells.values()), NOTHING)


def union(first: Names, second: Names) -> Names:
    return {key: first.get(key, frozenset()) | second.get(key, frozenset()) for key in {*first, *second}}
