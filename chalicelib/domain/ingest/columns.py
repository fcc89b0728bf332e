"""The columns of a file or frame that a description names, and what their texts mean."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from chalicelib.domain.cube import MEASURED, NO_YEAR
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import Column
from chalicelib.domain.ingest.reshape import Refuse, Reshape, value_columns
from chalicelib.domain.ingest.summed import Booleans, Integers
from chalicelib.domain.ingest.table import Table, column_of, counted
from chalicelib.domain.numbers import parse_year
from chalicelib.domain.shape.numerals import Numerals
from chalicelib.domain.shape.roles import MEASURE_ROLES, MOLTEN, names_of
from chalicelib.domain.shape.texts import tidy, tidy_name
from chalicelib.domain.suggestions import closest
from chalicelib.errors import MissingColumns, listed

# Roles whose columns a file may lack: the statistics that need one say so.
OPTIONAL = (*MEASURED, "year_end")
NEEDED = {"year_end": "year", "low": "high", "high": "low"}  # the role without which another is not read
MANY_COLUMNS = 40
# Columns that tell kinds of values apart, such as crude and age-adjusted ones.
KIND = re.compile(r"(value|estimate|measure|data).?type$|^statistics?$|^characteristics?$", re.IGNORECASE)


class Columns:
    """The places of the columns that a description names, and what their texts mean. Raises MissingColumns.

    Of columns with the same name, the first is meant. `roles` are those that the file fills, `absent` the
    columns that it may lack and does.
    """

    def __init__(self, header: list[str], name: str, description: Description, lacks: str = "") -> None:
        self.name, self.description = name, description
        self._aliases, self._numerals = description.aliases, Numerals(description.read)
        self._marks = frozenset(map(tidy, description.read.get("na_values", ())))
        self.header = Header(header)
        melted = value_columns(description, self.header.names)
        needed = list(dict.fromkeys([*required_columns(description), *melted]))
        if missing := [column for column in needed if self.header.place(column) is None]:
            raise MissingColumns(
                f"{name} lacks the columns {listed(missing)}; it has {self.header.some(missing)}"
                f"{f'; {lacks}' if lacks else '. A description beside the file can name other columns.'}"
            )
        if description.melt and not melted:
            raise MissingColumns(f'{name}: "melt" matches no column; it has {self.header.some([])}')
        present = description.roles - {
            role
            for role, columns in description.columns.items()
            if any(self.header.place(column) is None for column in names_of(columns))
        }
        optional = (name for role in OPTIONAL for name in names_of(description.columns.get(role, ())))
        self.absent = tuple(column for column in optional if self.header.place(column) is None)
        self.roles = frozenset(role for role in present if NEEDED.get(role, role) in present)
        for role in self.roles & set(description.columns):
            needed += names_of(description.columns[role])
        places = ((column, self.header.place(column)) for column in needed)
        self.places = {column: place for column, place in places if place is not None}
        self.kinds = self.header.kinds({*self.places.values()})
        self.measures = [role for role in MEASURE_ROLES if role in self.roles]
        self.reshape = Reshape(description, self.roles, melted)

    @property
    def wanted(self) -> set[int]:
        """The places of all columns to read."""
        return {*self.places.values(), *self.kinds.values()}

    @property
    def width(self) -> int:
        """The fewest fields of a row that has all columns to read by a role."""
        return max(self.places.values(), default=-1) + 1

    def clean(self, text: str, role: str) -> str:
        """Return the text without the blanks around it, or what its alias stands for.

        Of a measure, a number as `parse_number` takes it. Raises ValueError for one in other marks.
        """
        text = tidy(text)
        aliases = self._aliases.get(role)
        if aliases and text in aliases:
            return aliases[text]
        if role not in MEASURE_ROLES:
            return text
        return "" if text in self._marks else self._numerals.plain(text)

    def written(self, value: object) -> str:
        """Return the text of a value that is no text, in the marks of the description."""
        return value if isinstance(value, str) else self._numerals.written(value)

    def tables(self, frame: pd.DataFrame, refuse: Refuse) -> Iterator[Table]:
        """Cut a frame, whose columns are named by their place in the header, into tables of roles."""
        columns = {name: column_of(frame[str(place)], self.written) for name, place in self.places.items()}
        return self.reshape.tables(Table(columns, np.arange(len(frame)), {}, {}), refuse)

    def counts(self, table: Table) -> Booleans:
        """Return whether a row has a question: others count nowhere, so their other texts may be any."""
        column = table.roles["question"]
        return np.array([bool(self.clean(text, "question")) for text in column.texts], np.bool_)[column.codes]

    def years(self, table: Table, counts: Booleans) -> Column:
        """Return the years of the rows that count. Raises ValueError for no year, or two that differ."""
        numbers = self.year_numbers(table, "year", counts)
        if "year_end" in table.roles and (numbers != self.year_numbers(table, "year_end", counts)).any():
            raise ValueError("the two years of a row differ")
        codes, years = pd.factorize(numbers)
        return Column(codes, [str(year) for year in years.tolist()])

    def year_numbers(self, table: Table, role: str, counts: Booleans) -> Integers:
        """Return the years of a role, NO_YEAR in rows that do not count. Raises ValueError."""
        column = table.roles[role]
        used = set(counted(column._replace(codes=column.codes[counts]), counts[counts]).texts)
        numbers = [parse_year(self.clean(text, role)) if text in used else NO_YEAR for text in column.texts]
        return np.where(counts, np.array(numbers, np.int64)[column.codes], NO_YEAR)


def required_columns(description: Description) -> list[str]:
    """Return the columns that a file must have for a description."""
    names = [*description.keep, *description.drop, *description.dimensions]
    names += [name for name in description.extract if not (description.melt and name == MOLTEN)]
    names += [description.pivot["column"]] if description.pivot else []
    for role, columns in description.columns.items():
        names += [] if role in OPTIONAL else names_of(columns)
    return names


class Header:
    """The names of a file's columns. Of columns with the same name, the first is meant."""

    def __init__(self, header: Sequence[str]) -> None:
        self.names = [tidy_name(text) for text in header]
        self._tidy = {name: place for place, name in reversed([*enumerate(self.names)])}
        self._exact = {name: place for place, name in reversed([*enumerate(header)])}

    def place(self, column: str) -> int | None:
        """Return the place of a column: of that name, or of one with other blanks around it."""
        return self._exact.get(column, self._tidy.get(tidy_name(column)))

    def some(self, missing: Sequence[str]) -> str:
        """List the columns: all, or, where there are many, those most like the missing ones."""
        if len(self.names) <= MANY_COLUMNS:
            return listed(self.names)
        alike = dict.fromkeys(name for column in missing for name in closest(column, self.names))
        return f"{len(self.names):,}, the most alike {listed(alike)}"

    def kinds(self, read: set[int]) -> dict[str, int]:
        """Return the columns that tell kinds of values apart, and are not read for anything."""
        found = {name: place for name, place in self._tidy.items() if KIND.search(name)}
        return {name: place for name, place in found.items() if place not in read}
