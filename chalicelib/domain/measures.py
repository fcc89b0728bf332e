"""A cell of a question: the sum of its rows, and what the survey published for it, as exact integers."""

from typing import NamedTuple


class CellStats(NamedTuple):
    """The sum of values, the rows with a value, and the rows without one (suppressed), of a cell."""

    total: int = 0
    counted: int = 0
    suppressed: int = 0

    def __add__(self, other: "CellStats") -> "CellStats":  # type: ignore[override] # adds, never concatenates
        return CellStats(self[0] + other[0], self[1] + other[1], self[2] + other[2])


class CellKey(NamedTuple):
    """A published cell of a question. A missing label is empty, `year` is 0 without years."""

    location: str
    year: int
    category: str
    segment: str


class Measure(NamedTuple):
    """The published value of a cell, its limits and its sample size; None is missing.

    `value`, `low` and `high` are in units of 10**-scale of the cube. `rows` made the cell, `counted` of them
    with a value. Above one row the cell is ambiguous: `value` is the sum of the rows, the others are None.
    """

    value: int | None
    low: int | None
    high: int | None
    n: int | None
    rows: int
    counted: int = 1

    @property
    def stats(self) -> CellStats:
        """The sum and counts of the rows."""
        if self.value is None:
            return CellStats(0, 0, self.rows)
        return CellStats(self.value, self.counted, self.rows - self.counted)

    @classmethod
    def of(cls, stats: CellStats) -> "Measure":
        """Return the measure of rows without limits and sample size."""
        value = stats.total if stats.counted else None
        return cls(value, None, None, None, stats.counted + stats.suppressed, stats.counted)

    def __add__(self, other: "Measure") -> "Measure":  # type: ignore[override] # adds, never concatenates
        """Return the measure of the rows of both: ambiguous if both have rows.

        A part without rows has limits that the file gives as rows of their own.
        """
        if (rows := self.rows + other.rows) > 1:
            return Measure.of(self.stats + other.stats)
        value, low, high, n = (either(*pair) for pair in zip(self[:4], other[:4], strict=True))
        return Measure(value, low, high, n, rows, self.counted + other.counted)

    def times(self, factor: int) -> "Measure":
        """Return the measure in units that are `factor` times smaller."""
        value, low, high = (
            None if number is None else number * factor for number in (self.value, self.low, self.high)
        )
        return self._replace(value=value, low=low, high=high)


def either(one: int | None, other: int | None) -> int | None:
    """Return the number that there is; of two the lower one, so that their order does not matter."""
    return min((number for number in (one, other) if number is not None), default=None)
