"""What was found in stretches of files: their sums, and what is wrong in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.domain.cube import MEASURED, Cube, summed
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import LABELS
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.cube_rows import cube_of
from chalicelib.domain.ingest.faults import Faults
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.domain.ingest.summed import Summed
from chalicelib.domain.shape.tallies import surplus_kinds
from chalicelib.errors import DatasetError, EmptyDataset, MissingColumns, listed, shown


class Filled(NamedTuple):
    """The roles that a part fills; `absent` are the columns that it may lack and does."""

    part: int
    name: str
    roles: frozenset[str]
    absent: tuple[str, ...]

    @classmethod
    def by(cls, columns: Columns, stretch: Stretch) -> "Filled":
        return cls(stretch.part, stretch.name, columns.roles, columns.absent)


@dataclass(frozen=True)
class Sums:
    """The cells of some stretches, how many rows were read, and how many the description leaves of them.

    `tallies` counts what may be a mistake. `filled` has the first part, by its place, of those that fill the
    same roles.
    """

    cells: Summed = field(default_factory=lambda: Summed.nothing(len(LABELS)))
    read: int = 0
    kept: int = 0
    tallies: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[frozenset[str], Filled] = field(default_factory=dict)

    def merge(self, other: "Sums") -> "Sums":
        """Return the sums of both sets of stretches; associative and commutative, to the last bit."""
        tallies = summed(self.tallies, other.tallies)
        for name in surplus_kinds(tallies):
            del tallies[name]
        filled = {**self.filled}
        for roles, part in other.filled.items():
            filled[roles] = min(part, filled.get(roles, part), key=lambda known: known.part)
        cells = self.cells.merge(other.cells)
        return Sums(cells, self.read + other.read, self.kept + other.kept, tallies, filled)

    def finished(self, description: Description, name: str) -> Cube:
        """Return the cube of a whole data set. Raises EmptyDataset, and MissingColumns where parts differ."""
        if differing := self.differing():
            raise differing[1]
        if not self.kept:
            if self.read:
                raise EmptyDataset(name, f"has no row left: {left_out(self.tallies)}")
            raise EmptyDataset(name)
        cube = cube_of(self.cells, frozenset().union(*self.filled) & {*MEASURED})
        if not cube.overall().counted:
            raise EmptyDataset(name, "has no usable row: every value is empty")
        cube.tallies = dict(sorted(self.tallies.items()))
        return cube.settled() if description.pivot else cube

    def differing(self, last: int | None = None) -> tuple[int, MissingColumns] | None:
        """Return the place and error of the first part that lacks the column of a role which another fills.

        Only parts up to the `last` are compared.
        """
        parts = sorted(part for part in self.filled.values() if last is None or part.part <= last)
        for part in parts:
            for other in parts:
                if other.roles - part.roles:
                    lacking = [column for column in part.absent if column not in other.absent]
                    what = f"{part.name} lacks the columns {listed(lacking)}, which {other.name} has"
                    return part.part, MissingColumns(what)
        return None


@dataclass(frozen=True)
class Trouble:
    """What is wrong in a stretch: the error that ended its reading, or the faults of its rows."""

    stretch: Stretch
    faults: Faults
    error: DatasetError | None = None


def error_of(troubles: Iterable[Trouble], sums: Sums, description: Description) -> DatasetError | None:
    """Return the error of the first part in which something is wrong, None without one.

    It has all faults of that part, and is that of reading the part whole. `sums` are those of all stretches
    that were read, also of those with trouble: parts that differ are found by them.
    """
    every = sorted(troubles, key=lambda trouble: (trouble.stretch.part, trouble.stretch.begin))
    first = every[0].stretch.part if every else None
    differing = sums.differing(first)
    if differing or not every:
        return differing[1] if differing else None
    of_first = [trouble for trouble in every if trouble.stretch.part == first]
    if error := next((trouble.error for trouble in of_first if trouble.error), None):
        return error
    return Faults.joined(trouble.faults for trouble in of_first).error(description.read)


def left_out(tallies: Mapping[str, int]) -> str:
    """Return the words for the rows that a description keeps and drops."""
    counts = []
    for key, rows in sorted(tallies.items()):
        name, *texts = key.split("\t")
        if name in ("keep", "drop", "pivot"):
            counts.append(f"{shown(name)} {shown(texts[0])}: {shown(texts[1])} has {rows:,} rows")
        if name == "dimensions" and rows:
            counts.append(f"{rows:,} rows are of groups of more than one of {listed(texts)}")
    return "; ".join(counts)
