"""The cube: exact sums and counts for every cell of a data set.

A cell is a combination of labels, one for each dimension; an empty label means that the row has none.
Sums are integers in units of 10**-scale, so adding is associative: chunks, threads and machines may
each build a part, and the parts merge to the same bits in any order.

`cells` has no years. What the survey published for each year, with limits and sample sizes, is in
`published`, which a snapshot decodes for one question at a time.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from chalicelib.domain.measures import CellKey, CellStats, Measure

# Roles of what is kept for each year; each is optional.
MEASURED = ("year", "sample_size", "low", "high")
NO_YEAR = 0

DIMENSIONS = ("location", "category", "segment")

Labels = tuple[str, ...]
T = TypeVar("T")
Key = TypeVar("Key")
Sum = TypeVar("Sum", CellStats, Measure)


NOTHING = CellStats()
Cells = dict[str, dict[Labels, CellStats]]
Names = dict[str, frozenset[str]]
Measures = Mapping[CellKey, Measure]


@dataclass
class Cube:
    """`cells[question][location, category, segment]`, with the ids that name questions and locations.

    `published` has the measures of each question, if any role of MEASURED was read: `measured` has those
    that were. `years` has the years of each question. A cube from a snapshot of before is not `complete`:
    its years and measures are unknown.

    `tallies` counts what may be a mistake of the file or its description; `doubts` says it in sentences.

    Counted rollups are remembered, so a cube must not change after the first one.
    """

    scale: int = 0
    cells: Cells = field(default_factory=dict)
    question_ids: Names = field(default_factory=dict)
    location_ids: Names = field(default_factory=dict)
    published: Mapping[str, Measures] = field(default_factory=dict)
    years: dict[str, frozenset[int]] = field(default_factory=dict)
    measured: frozenset[str] = frozenset()
    complete: bool = True
    tallies: Mapping[str, int] = field(default_factory=dict)
    # Of a snapshot, whose measures are decoded for one question at a time.
    crowded: tuple[int, int] | None = field(default=None, compare=False)
    # By question and dimensions, so no larger than the questions and the shapes of the statistics.
    _counted: dict[tuple[str, Labels], dict[Labels, CellStats]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def merge(self, other: "Cube") -> "Cube":
        """Return the cube of both sets of rows; associative and commutative, to the last bit."""
        scale = max(self.scale, other.scale)
        merged: Cells = {}
        published: dict[str, dict[CellKey, Measure]] = {}
        for part in (self, other):
            factor = 10 ** (scale - part.scale)
            for question, cells in part.cells.items():
                into = merged.setdefault(question, {})
                for labels, stats in cells.items():
                    into[labels] = into.get(labels, NOTHING) + stats._replace(total=stats.total * factor)
            for question, measures in part.published.items():
                scaled = ((key, measure.times(factor)) for key, measure in measures.items())
                add_all(scaled, published.setdefault(question, {}))
        return Cube(
            scale,
            merged,
            union(self.question_ids, other.question_ids),
            union(self.location_ids, other.location_ids),
            published,
            union(self.years, other.years),
            self.measured | other.measured,
            self.complete and other.complete,
            summed(self.tallies, other.tallies),
        )

    def crowding(self) -> tuple[int, int]:
        """Return how many cells of a year have several rows, and how many cells there are."""
        if self.crowded is None and "year" in self.measured:
            rows = [measure.rows for measures in self.published.values() for measure in measures.values()]
            self.crowded = sum(number > 1 for number in rows), len(rows)
        return self.crowded or (0, 0)

    def settled(self) -> "Cube":
        """Return the cube without the cells that have limits and no row: their values are nowhere."""
        published = {
            question: {key: measure for key, measure in measures.items() if measure.rows}
            for question, measures in self.published.items()
        }
        cells = {
            question: {labels: stats for labels, stats in cells.items() if stats != NOTHING}
            for question, cells in self.cells.items()
        }
        return replace(self, cells={name: part for name, part in cells.items() if part}, published=published)

    def measures(self, question: str) -> Measures:
        """Return what was published for each cell of a question; without the roles of MEASURED, its sums."""
        if self.measured:
            return self.published.get(question, {})
        cells = self.cells.get(question, {}).items()
        return {CellKey(labels[0], NO_YEAR, *labels[1:]): Measure.of(stats) for labels, stats in cells}

    def select(
        self, question: str, years: Collection[int] | None, wanted: Callable[[str, str], bool]
    ) -> "Cube":
        """Return the cube of the rows of a question in some years and in wanted categories and segments."""
        if years is None:
            rows: Iterable[tuple[Labels, CellStats]] = self.cells.get(question, {}).items()
        else:
            rows = (
                ((key.location, key.category, key.segment), measure.stats)
                for key, measure in self.measures(question).items()
                if key.year in years
            )
        cells: dict[Labels, CellStats] = {}
        add_all(((labels, stats) for labels, stats in rows if wanted(*labels[1:])), cells)
        return Cube(self.scale, {question: cells}, self.question_ids, self.location_ids)

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


def union(first: dict[str, frozenset[T]], second: dict[str, frozenset[T]]) -> dict[str, frozenset[T]]:
    return {key: first.get(key, frozenset()) | second.get(key, frozenset()) for key in {*first, *second}}


def summed(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return the sums of counts; unlike those of a Counter, zeros stay."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}


def add_all(rows: Iterable[tuple[Key, Sum]], sums: dict[Key, Sum]) -> None:
    """Add each row to the sum of its key."""
    for key, row in rows:
        sums[key] = sums[key] + row if key in sums else row


def inverted(names: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the keys of each value, in their order."""
    keys: dict[str, list[str]] = {}
    for key, values in names.items():
        for value in values:
            keys.setdefault(value, []).append(key)
    return keys
