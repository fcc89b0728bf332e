"""The columns of a file or frame that a description's roles name, as coded texts."""

from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from chalicelib.domain.cube import MEASURED, NO_YEAR
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import Column, Integers
from chalicelib.domain.numbers import parse_year
from chalicelib.domain.suggestions import closest
from chalicelib.errors import MissingColumns, listed

Booleans = npt.NDArray[np.bool_]

# Roles whose columns a file may lack: the statistics that need one say so.
OPTIONAL = (*MEASURED, "year_end")
NEEDED = {"year_end": "year", "low": "high", "high": "low"}  # the role without which another is not read
MANY_COLUMNS = 40
MISSING = 0  # the code of the empty text in every column


class Columns:
    """The place of each role's column in a header, and what its texts mean. Raises MissingColumns.

    Of columns with the same name, the first is meant.
    """

    def __init__(self, header: list[str], name: str, description: Description) -> None:
        self.name, self.names, self._aliases = name, description.columns, description.aliases
        present = {role: place_of(column, header) for role, column in self.names.items()}
        if missing := [
            self.names[role] for role in present if present[role] is None and role not in OPTIONAL
        ]:
            raise MissingColumns(
                f"{name} lacks the columns {listed(missing)}; it has {some_of(header, missing)}. "
                "A description beside the file can name other columns."
            )
        self.places = {
            role: place
            for role, place in present.items()
            if place is not None and present[NEEDED.get(role, role)] is not None
        }

    def clean(self, text: str, role: str) -> str:
        """Return the text without the blanks around it, or what its alias stands for."""
        text = text.strip()
        aliases = self._aliases.get(role)
        return aliases.get(text, text) if aliases else text

    def column(self, frame: pd.DataFrame, role: str) -> Column:
        """Return the column of a role; empty texts where there is none."""
        if role not in self.places:
            return Column(np.full(len(frame), MISSING), [""])
        return column_of(frame[str(self.places[role])])

    def filled(self, column: Column, role: str) -> Booleans:
        """Return whether a row has a text."""
        return np.array([bool(self.clean(text, role)) for text in column.texts])[column.codes]

    def years(self, frame: pd.DataFrame, counts: Booleans) -> Column:
        """Return the years of the rows that count. Raises ValueError for no year, or two that differ."""
        numbers = self._years(frame, "year", counts)
        if "year_end" in self.places and (numbers != self._years(frame, "year_end", counts)).any():
            raise ValueError("the two years of a row differ")
        codes, years = pd.factorize(numbers)
        return Column(codes, [str(year) for year in years.tolist()])

    def _years(self, frame: pd.DataFrame, role: str, counts: Booleans) -> Integers:
        column = self.column(frame, role)
        used = set(counted(column._replace(codes=column.codes[counts]), counts[counts]).texts)
        numbers = [parse_year(self.clean(text, role)) if text in used else NO_YEAR for text in column.texts]
        return np.where(counts, np.array(numbers, np.int64)[column.codes], NO_YEAR)


def some_of(header: list[str], missing: list[str]) -> str:
    """List the columns of a header: all, or, where there are many, those most like the missing ones."""
    if len(header) <= MANY_COLUMNS:
        return listed(header)
    alike = dict.fromkeys(name for column in missing for name in closest(column, header))
    return f"{len(header):,}, the most alike {listed(alike)}"


def place_of(column: str, header: list[str]) -> int | None:
    """Return the place of a column: of that name, or of one that differs in the blanks around it only."""
    for names, name in ((header, column), ([text.strip() for text in header], column.strip())):
        if name in names:
            return names.index(name)
    return None


def column_of(series: "pd.Series[Any]") -> Column:
    """Return a series as codes and texts, in which missing values are empty texts."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, values = series.cat.codes.to_numpy(), series.cat.categories
    else:
        codes, values = pd.factorize(series)
    # Of a numpy float of any width, str gives the shortest decimal.
    return Column(codes.astype(np.int64) + 1, ["", *map(str, values.to_numpy())])


def counted(column: Column, counts: Booleans) -> Column:
    """Return the column with empty texts in the rows that do not count, and without texts that none has."""
    if not counts.all():
        column = column._replace(codes=np.where(counts, column.codes, MISSING))
    used = np.bincount(column.codes, minlength=len(column.texts)) > 0
    return Column((np.cumsum(used) - 1)[column.codes], list(compress(column.texts, used.tolist())))
