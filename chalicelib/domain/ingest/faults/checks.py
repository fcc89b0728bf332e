"""Goes through the rows of a frame and notes what is wrong in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.faults import CURED, READ, Fault, Faults, Order, Where
from chalicelib.domain.ingest.summed import Booleans, Integers
from chalicelib.domain.ingest.table import Table
from chalicelib.domain.numbers import PARSERS, parse_year
from chalicelib.domain.shape.remedies import kind_of
from chalicelib.domain.shape.tallies import pasted
from chalicelib.domain.shape.texts import tidy
from chalicelib.errors import DatasetError, DifferentYears, InvalidValue, shown

UNREADABLE = -1
YEARS = ("year", "year_end")


@dataclass
class Check:
    """Notes what is wrong in the rows of a frame; `places` has the place of each in the file."""

    columns: Columns
    faults: Faults
    where: Where
    places: Sequence[int]
    table: int = 0  # the one that is looked at, of those that the frame is cut into

    def tables(self, frame: pd.DataFrame) -> list[Table]:
        """Cut a frame into tables of roles, and note what is wrong in them."""
        tables = []
        for table in self.columns.tables(frame, self._unmatched):
            self._check(table)
            tables.append(table)
            self.table += 1
        return tables

    def _order(self, row: int, step: int) -> Order:
        return (self.places[row], self.table, step)

    def _unmatched(self, column: str, text: str, table: Table) -> None:
        """Note a text that a regular expression of the description does not match."""
        row, patterns = int(table.rows[0]), self.columns.description.extract
        sentence = f"{self.columns.name}, {self.where(row, column)}, column {shown(column)}: {shown(text)} "
        sentence += f'does not match "extract": {pasted({column: patterns[column]})}'
        order = self._order(row, [*patterns].index(column) - len(patterns))
        self.faults.note(("extract", column), Fault(order, DatasetError(sentence), len(table.rows)))

    def _check(self, table: Table) -> None:
        counts = self.columns.counts(table)
        for step, (role, (parse, expected)) in enumerate(PARSERS.items()):
            if role not in table.roles:
                continue
            column = table.roles[role]
            for code in np.unique(column.codes[counts]).tolist():
                try:
                    parse(self.columns.clean(column.texts[code], role))
                except ValueError:
                    rows = table.rows[counts & (column.codes == code)]
                    order = self._order(int(rows.min()), step)
                    self._note_text(
                        role, tidy(column.texts[code]), expected, rows, order, table.sources[role]
                    )
        if {*YEARS} <= set(table.roles):
            self._check_years(table, counts)

    def _note_text(
        self, role: str, text: str, expected: str, rows: Sequence[int], order: Order, column: str
    ) -> None:
        kind, sign = kind_of(text, role)
        key = (READ, kind) if kind in CURED else (kind, column, sign)
        at, read_as = self.where(int(min(rows)), column), self._read_as(text, role)
        error = InvalidValue(self.columns.name, at, column, text, read_as, expected)
        self.faults.note(key, Fault(order, error, len(rows), kind, column, role, {sign: order}))

    def _read_as(self, text: str, role: str) -> str:
        try:
            return self.columns.clean(text, role)
        except ValueError:
            return text

    def _check_years(self, table: Table, counts: Booleans) -> None:
        first, last = (self._readable_years(table, role, counts) for role in YEARS)
        differ = (first != last) & (first != UNREADABLE) & (last != UNREADABLE)
        for place in np.flatnonzero(differ)[:1].tolist():
            names = [table.sources[role] for role in YEARS]
            texts = [table.roles[role].texts[table.roles[role].codes[place]] for role in YEARS]
            row = int(table.rows[place])
            error = DifferentYears(self.columns.name, self.where(row, names[0]), names, texts)
            self.faults.note("years", Fault(self._order(row, len(PARSERS)), error, rows=0))

    def _readable_years(self, table: Table, role: str, counts: Booleans) -> Integers:
        """Return the years of a role, UNREADABLE in rows that do not count."""
        column = table.roles[role]
        numbers = np.array([self._year(text, role) for text in column.texts], np.int64)
        return np.where(counts, numbers[column.codes], UNREADABLE)

    def _year(self, text: str, role: str) -> int:
        try:
            return parse_year(self.columns.clean(text, role))
        except ValueError:
            return UNREADABLE
