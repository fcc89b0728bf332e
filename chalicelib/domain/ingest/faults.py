"""What is wrong in the rows of a file or frame, as an error that names texts, places and remedies.

The fast way only notices that something is wrong; this one goes through the rows, and tells each kind once.
A row without a question counts nowhere, whatever its other texts are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.summed import Booleans
from chalicelib.domain.ingest.table import Table
from chalicelib.domain.numbers import PARSERS
from chalicelib.domain.shape.remedies import (
    DECIMAL,
    EITHER,
    MARK,
    SHOWN_MARKS,
    THOUSANDS,
    kind_of,
    merged,
    options_of,
    remedy_of,
)
from chalicelib.domain.shape.tallies import pasted
from chalicelib.domain.shape.texts import tidy
from chalicelib.errors import DatasetError, DifferentYears, InvalidValue, shown

# Returns where the text of a row is, from the row's place in its frame and the column's name.
Where = Callable[[int, str], str]
READ = "read"  # the kinds that options of "read" cure are reported once a file, the others once a column


@dataclass
class Fault:
    """A kind of what is wrong: the error of its first row, and how many rows have it."""

    order: tuple[int, ...]
    error: Callable[[str], DatasetError]  # from its remedy
    rows: int = 0
    kind: str = ""
    column: str = ""
    role: str = ""
    signs: dict[str, None] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        return options_of(self.kind, [*self.signs][:SHOWN_MARKS])

    def told(self) -> DatasetError:
        remedy = remedy_of(self.kind, [*self.signs][:SHOWN_MARKS], self.column, self.role)
        return self.error(remedy + (f" ({self.rows:,} such rows)" if self.rows > 1 else ""))


class Faults:
    """Collects the kinds of what is wrong in a file or frame."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._faults: dict[object, Fault] = {}
        self._base = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def note(self, key: object, row: int, error: Callable[[str], DatasetError], rows: int = 1) -> Fault:
        """Count rows that are wrong in one way; `error` makes the error of the first of them."""
        fault = self._faults.setdefault(key, Fault((self._base + row,), error))
        fault.rows += rows
        return fault

    def next_frame(self, rows: int) -> None:
        self._base += rows

    def unmatched(self, where: Where) -> Callable[[str, str, Table], None]:
        """Return what notes a text that a regular expression of the description does not match."""

        def refuse(column: str, text: str, table: Table) -> None:
            row, pattern = int(table.rows[0]), self._columns.description.extract.get(column, "")
            at = where(row, column)
            sentence = f"{self._columns.name}, {at}, column {shown(column)}: {shown(text)} does not match "
            sentence += f'"extract": {pasted({column: pattern})}'
            self.note(("extract", column), row, lambda more: DatasetError(sentence + more), len(table.rows))

        return refuse

    def check(self, table: Table, where: Where) -> None:
        """Note what is wrong in the rows of a table."""
        counts = self._columns.counts(table)
        for role, (parse, expected) in PARSERS.items():
            if role not in table.roles:
                continue
            column = table.roles[role]
            used = np.unique(column.codes[counts]).tolist()
            for code in used:
                text = column.texts[code]
                try:
                    parse(self._columns.clean(text, role))
                except ValueError:
                    rows = table.rows[counts & (column.codes == code)]
                    self._note_text(role, tidy(text), expected, rows, where, table.sources[role])
        if not self and {"year", "year_end"} <= set(table.roles):
            self._check_years(table, counts, where)

    def _note_text(self, role: str, text: str, expected: str, rows: Any, where: Where, column: str) -> None:
        first = int(rows.min())
        kind, sign = kind_of(text, role)
        key = (READ, kind) if kind in (MARK, DECIMAL, THOUSANDS, EITHER) else (kind, column, sign)
        at = where(first, column)
        read_as = self._read_as(text, role)

        def error(remedy: str) -> DatasetError:
            return InvalidValue(self._columns.name, at, column, text, read_as, expected, remedy)

        known = self._faults.get(key)
        fault = self.note(key, first, error, len(rows))
        fault.kind, fault.signs[sign] = kind, None
        if known is None:
            fault.column, fault.role = column, role
        elif first + self._base < fault.order[0]:
            fault.order, fault.error = (first + self._base,), error

    def _read_as(self, text: str, role: str) -> str:
        try:
            return self._columns.clean(text, role)
        except ValueError:
            return text

    def _check_years(self, table: Table, counts: Booleans, where: Where) -> None:
        years = [self._columns.year_numbers(table, role, counts) for role in ("year", "year_end")]
        for place in np.flatnonzero(years[0] != years[1])[:1].tolist():
            names = [table.sources[role] for role in ("year", "year_end")]
            texts = [table.roles[role].texts[table.roles[role].codes[place]] for role in ("year", "year_end")]
            row = int(table.rows[place])
            error = DifferentYears(self._columns.name, where(row, names[0]), names, texts)
            self.note("years", row, partial(differing, error))

    def raise_all(self) -> None:
        """Raise the error of the first kind, which tells them all, if there is any."""
        self._settle()
        faults = sorted(self._faults.values(), key=lambda fault: fault.order)
        if not faults:
            return
        first, *others = (fault.told() for fault in faults)
        lines = [str(error) for error in (first, *others)]
        if others and (together := merged(fault.options for fault in faults)):
            lines.append(f'together: "read": {pasted({**self._columns.description.read, **together})}')
        first.args = ("\n".join(lines),)
        raise first from None

    def _settle(self) -> None:
        """Decide by the other numbers of the file whether the comma of `1,234` is a point."""
        either, thousands = self._faults.get((READ, EITHER)), self._faults.get((READ, THOUSANDS))
        owner = thousands if thousands and "," in thousands.signs else self._faults.get((READ, DECIMAL))
        if either and owner and "," in either.signs:
            owner.rows += either.rows
            if either.order < owner.order:
                owner.order, owner.error = either.order, either.error
            del self._faults[READ, EITHER]


def differing(error: DatasetError, _: str) -> DatasetError:
    return error
