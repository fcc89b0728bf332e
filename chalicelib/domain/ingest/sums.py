"""The sums of frames whose columns are named by their place in the header."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from chalicelib.domain.cube import Cube
from chalicelib.domain.ingest.accumulator import LABELS, Accumulator, Column
from chalicelib.domain.ingest.columns import MOST_KINDS, Columns
from chalicelib.domain.ingest.faults import Faults, Where
from chalicelib.domain.ingest.table import Table, column_of, constant, counted
from chalicelib.domain.shape.tallies import tally
from chalicelib.domain.shape.texts import tidy
from chalicelib.errors import EmptyDataset, listed, shown

# Numbers that stand for "no number" in many files: -99, -999.0, -666666666.
SENTINEL = re.compile(r"-(9{2,}|([2-9])\2{4,})(\.0+)?", re.ASCII)


class Ingest:
    """Sums frames, and counts what may be a mistake."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._sums = Accumulator(columns.clean, columns.measures)
        self._read = self._rows = 0  # rows of frames, and those that the description leaves of them
        self._tallies = columns.reshape.tallies

    def add(self, frame: pd.DataFrame) -> None:
        """Add the rows of a frame. Raises ValueError for a text that is not what its column holds."""
        for table in self._columns.tables(frame, refuse):
            self._add(table)
        self._count_kinds(frame)

    def check(self, frame: pd.DataFrame, faults: Faults, where: Where) -> list[Table]:
        """Note what is wrong in the rows of a frame; return its tables."""
        tables = [*self._columns.tables(frame, faults.unmatched(where))]
        for table in tables:
            faults.check(table, where)
        return tables

    def add_checked(self, frame: pd.DataFrame, faults: Faults, where: Where) -> None:
        """Add the rows of a frame if nothing is wrong, in it or before."""
        tables = self.check(frame, faults, where)
        for table in tables if not faults else ():
            self._add(table)
        self._count_kinds(frame)
        faults.next_frame(len(frame))

    def _add(self, table: Table) -> None:
        labels = {role: table.roles.get(role) or constant("", len(table.rows)) for role in LABELS}
        counts = self._columns.counts(table)
        if "year" in table.roles:
            labels["year"] = self._columns.years(table, counts)
        measured = {
            role: counted(table.roles[role], counts) for role in self._columns.measures if role in table.roles
        }
        self._count_sentinels(table, measured)
        self._rows += len(table.rows)
        self._sums.add([*labels.values()], [measured.get(role) for role in self._columns.measures])

    def _count_sentinels(self, table: Table, measured: Mapping[str, Column]) -> None:
        for role, column in measured.items():
            for code, text in enumerate(map(str.strip, column.texts)):
                if text[:1] == "-" and SENTINEL.fullmatch(text):
                    name = tally("sentinel", table.sources[role], text)
                    self._tallies[name] += int(np.count_nonzero(column.codes == code))

    def _count_kinds(self, frame: pd.DataFrame) -> None:
        self._read += len(frame)
        for name, place in self._columns.kinds.items():
            column = column_of(frame[str(place)])
            for code in np.unique(column.codes).tolist()[: MOST_KINDS + 1]:
                if text := tidy(column.texts[code]):
                    rows = int(np.count_nonzero(column.codes == code))
                    self._tallies[tally("kinds", name, text)] += rows

    def part(self) -> Cube:
        """Return the cube of the rows so far, to be merged with those of other parts."""
        cube = self._sums.cube(self._columns.roles)
        cube.tallies = dict(sorted(self._tallies.items()))
        return cube

    def cube(self) -> Cube:
        """Return the cube of all rows. Raises EmptyDataset."""
        name = self._columns.name
        if not self._rows:
            if self._read:
                raise EmptyDataset(name, f"has no row left: {left_out(self._tallies)}")
            raise EmptyDataset(name)
        cube = self.part()
        if not cube.overall().counted:
            raise EmptyDataset(name, "has no usable row: every value is empty")
        return cube.settled() if self._columns.description.pivot else cube


def refuse(column: str, text: str, _: Table) -> None:
    raise ValueError(f"the text {shown(text)} of {shown(column)} does not match its regular expression")


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
