"""The sums of frames whose columns are named by their place in the header."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
import pandas as pd

from chalicelib.domain.ingest.accumulator import LABELS, Accumulator, Column
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.faults import Faults, Where
from chalicelib.domain.ingest.faults.checks import Check
from chalicelib.domain.ingest.table import Table, column_of, constant, counted
from chalicelib.domain.shape.tallies import surplus_kinds, tally
from chalicelib.domain.shape.texts import tidy
from chalicelib.errors import shown

# Numbers that stand for "no number" in many files: -99, -999.0, -666666666.
SENTINEL = re.compile(r"-(9{2,}|([2-9])\2{4,})(\.0+)?", re.ASCII)


class Ingest:
    """Sums the frames of a file, and counts what may be a mistake."""

    def __init__(self, columns: Columns, sums: Accumulator) -> None:
        self.columns = columns
        self.read = self.kept = 0  # rows of frames, and those that the description leaves of them
        self.tallies = columns.reshape.tallies
        self.refused: ValueError | None = None  # why a frame was not added: the sums are of no use then
        self._sums = sums

    def add(self, frame: pd.DataFrame) -> None:
        """Add the rows of a frame. Raises ValueError for a text that is not what its column holds."""
        try:
            for table in self.columns.tables(frame, refuse):
                self._add(table)
        except ValueError as error:
            self.refused = error
            raise
        self._count_kinds(frame)

    def take(self, frame: pd.DataFrame, faults: Faults, where: Where, places: Sequence[int]) -> None:
        """Add the rows of a frame, or note what is wrong in it; after the first fault, none are added."""
        if not faults and not self.refused:
            with suppress(ValueError):
                return self.add(frame)
        Check(self.columns, faults, where, places).tables(frame)
        return None

    def _add(self, table: Table) -> None:
        labels = {role: table.roles.get(role) or constant("", len(table.rows)) for role in LABELS}
        counts = self.columns.counts(table)
        if "year" in table.roles:
            labels["year"] = self.columns.years(table, counts)
        measured = {
            role: counted(table.roles[role], counts) for role in self.columns.measures if role in table.roles
        }
        self._count_sentinels(table, measured)
        self.kept += len(table.rows)
        self._sums.add([*labels.values()], [measured.get(role) for role in self.columns.measures])

    def _count_sentinels(self, table: Table, measured: Mapping[str, Column]) -> None:
        for role, column in measured.items():
            for code, text in enumerate(map(str.strip, column.texts)):
                if text[:1] == "-" and SENTINEL.fullmatch(text):
                    name = tally("sentinel", table.sources[role], text)
                    self.tallies[name] += int(np.count_nonzero(column.codes == code))

    def _count_kinds(self, frame: pd.DataFrame) -> None:
        self.read += len(frame)
        for name, place in self.columns.kinds.items():
            column = column_of(frame[str(place)])
            rows = np.bincount(column.codes, minlength=len(column.texts)).tolist()
            for text, number in zip(map(tidy, column.texts), rows, strict=True):
                if text and number:
                    self.tallies[tally("kinds", name, text)] += number
            for key in surplus_kinds(self.tallies):
                del self.tallies[key]


def refuse(column: str, text: str, _: Table) -> None:
    raise ValueError(f"the text {shown(text)} of {shown(column)} does not match its regular expression")
