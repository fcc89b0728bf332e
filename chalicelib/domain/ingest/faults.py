"""The first row of a file or frame that is wrong, as an error that names its text and place.

The fast way only notices that something is wrong; this one goes through the rows. A row without a question
counts nowhere, whatever its other texts are.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial

import pandas as pd

from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_records import read_header, records
from chalicelib.domain.numbers import PARSERS, parse_year
from chalicelib.domain.sources import Source
from chalicelib.errors import DatasetError, DifferentYears, InvalidValue

LINE_BREAK = re.compile(r"\r\n|\r|\n")
YEARS = ("year", "year_end")


def explain_csv(source: Source, columns: Columns) -> None:
    """Raise the DatasetError of the first record that is wrong, if there is one."""
    checks = Checks(columns)
    with closing(records(source)) as rows:
        width = len(read_header(rows, columns.name).fields)
        for _, line, fields in rows:
            if len(fields) != width:
                why = f"{len(fields)} fields, where the header has {width}"
                raise DatasetError(f"{columns.name}, line {line}: {why}")
            texts = {role: fields[place] for role, place in columns.places.items()}
            checks.check(texts, partial(line_of, columns.places, line, fields))


def explain_frame(frame: pd.DataFrame, columns: Columns) -> None:
    """Raise the DatasetError of the first row of a frame that is wrong, if there is one."""
    coded = {role: columns.column(frame, role) for role in columns.places}
    checks = Checks(columns)
    for number, row in enumerate(frame.index):
        texts = {role: column.texts[column.codes[number]] for role, column in coded.items()}
        checks.check(texts, partial(row_of, row))


def line_of(places: Mapping[str, int], line: int, fields: Sequence[str], role: str) -> str:
    """Return the line of a role's text, in a record that begins on `line`."""
    breaks = sum(len(LINE_BREAK.findall(field)) for field in fields[: places[role]])
    return f"line {line + breaks}"


def row_of(row: object, _: str) -> str:
    return f"row {row}"


class Checks:
    """Checks rows; each distinct text of a role is read once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._roles = [role for role in columns.places if role in PARSERS]
        self._right: set[tuple[str, str]] = set()

    def check(self, texts: Mapping[str, str], place: Callable[[str], str]) -> None:
        """Raise the DatasetError of a row, given by roles; `place` returns where the text of a role is."""
        if not self._columns.clean(texts["question"], "question"):
            return
        for role in self._roles:
            if (role, texts[role]) not in self._right:
                self._check_text(texts[role], role, place)
                self._right.add((role, texts[role]))
        if "year_end" in texts:
            self._check_years({role: texts[role] for role in YEARS}, place)

    def _check_text(self, text: str, role: str, place: Callable[[str], str]) -> None:
        read_as, (parse, expected) = self._columns.clean(text, role), PARSERS[role]
        try:
            parse(read_as)
        except ValueError:
            column = self._columns.names[role]
            raise InvalidValue(
                self._columns.name, place(role), column, text.strip(), read_as, expected
            ) from None

    def _check_years(self, texts: Mapping[str, str], place: Callable[[str], str]) -> None:
        if len({parse_year(self._columns.clean(text, role)) for role, text in texts.items()}) > 1:
            columns = [self._columns.names[role] for role in texts]
            raise DifferentYears(self._columns.name, place("year"), columns, texts.values())
