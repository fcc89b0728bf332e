"""Rows to cube: a file is cut into pandas frames, and one accumulator sums the rows of every frame.

Not for Lambda, which has neither pandas nor Arrow and loads snapshots.
"""

import re
from contextlib import closing
from typing import Any

import numpy as np
import pandas as pd

from chalicelib.domain.accumulator import LABELS, Accumulator, Column
from chalicelib.domain.csv_frames import frames
from chalicelib.domain.csv_records import LONGEST_FIELD, read_header, records
from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.numbers import parse_number
from chalicelib.domain.sources import Source, named
from chalicelib.domain.suggestions import closest
from chalicelib.errors import DatasetError, EmptyDataset, InvalidValue, MissingColumns, NotCsv, listed

# Arrow reads a record that lies in at most two blocks, so no field is longer than LONGEST_FIELD.
BLOCK_BYTES = LONGEST_FIELD // 2
FRAME_ROWS = 1 << 18
MANY_COLUMNS = 40
FRAME = "the frame"
LINE_BREAK = re.compile(r"\r\n|\r|\n")
MISSING = 0  # the code of the empty text in every column


def cube_of_csv(source: Source, description: Description, block_bytes: int = BLOCK_BYTES) -> Cube:
    """Read a CSV file or seekable binary stream, in memory bounded by blocks and the cube.

    Raises a DatasetError that says what is wrong.
    """
    name = named(source)
    with closing(records(source)) as rows:
        header = read_header(rows, name)
    ingest = Ingest(header.fields, name, description)
    width, places = len(header.fields), set(ingest.places.values())
    try:
        with closing(frames(source, width, places, header.number, block_bytes)) as parts:
            for frame in parts:
                ingest.add(frame)
    except ValueError as error:  # Arrow's own errors are ValueErrors
        ingest.explain_csv(source)
        why = f"a row is longer than {block_bytes} bytes, or quoted unclearly ({error})"
        raise NotCsv(name, why) from None
    return ingest.cube()


def cube_of_frame(frame: pd.DataFrame, description: Description) -> Cube:
    """Read a frame of any types; floats count by their shortest decimal, and null, None and NaN are missing.

    Raises a DatasetError that says what is wrong.
    """
    ingest = Ingest([str(column) for column in frame.columns], FRAME, description)
    by_place = frame.set_axis([str(place) for place in range(frame.shape[1])], axis="columns")
    for start in range(0, len(frame), FRAME_ROWS):
        part = by_place.iloc[start : start + FRAME_ROWS]
        try:
            ingest.add(part)
        except ValueError:
            ingest.explain_frame(part)
            raise
    return ingest.cube()


def some_of(header: list[str], missing: list[str]) -> str:
    """List the columns of a header: all, or, where there are many, those most like the missing ones."""
    if len(header) <= MANY_COLUMNS:
        return listed(header)
    alike = dict.fromkeys(name for column in missing for name in closest(column, header))
    return f"{len(header):,}, the most alike {listed(alike)}"


class Ingest:
    """Sums frames whose columns are named by their place in the header. Raises MissingColumns.

    Of columns with the same name, the first is meant.
    """

    def __init__(self, header: list[str], name: str, description: Description) -> None:
        if missing := [column for column in description.columns.values() if column not in header]:
            raise MissingColumns(
                f"{name} lacks the columns {listed(missing)}; it has {some_of(header, missing)}. "
                "A description beside the file can name other columns."
            )
        self.places = {role: header.index(column) for role, column in description.columns.items()}
        self._name, self._description = name, description
        self._sums = Accumulator(self.clean)

    def clean(self, text: str, role: str) -> str:
        """Return the text without the blanks around it, or what its alias stands for."""
        text = text.strip()
        aliases = self._description.aliases.get(role)
        return aliases.get(text, text) if aliases else text

    def add(self, frame: pd.DataFrame) -> None:
        """Add the rows of a frame. Raises ValueError for a value that is not a number."""
        self._sums.add(*self._columns(frame))

    def explain_csv(self, source: Source) -> None:
        """Raise the DatasetError of the first record that is wrong, if there is one."""
        question, value = self.places["question"], self.places["value"]
        numbers = {""}
        with closing(records(source)) as rows:
            width = len(read_header(rows, self._name).fields)
            for _, line, fields in rows:
                if len(fields) != width:
                    why = f"{len(fields)} fields, where the header has {width}"
                    raise DatasetError(f"{self._name}, line {line}: {why}")
                # A row without a question counts nowhere, whatever its value is.
                if fields[value] not in numbers and self.clean(fields[question], "question"):
                    line += sum(len(LINE_BREAK.findall(field)) for field in fields[:value])
                    self._check(fields[value], f"line {line}")
                    numbers.add(fields[value])

    def explain_frame(self, frame: pd.DataFrame) -> None:
        """Raise InvalidValue for the first value of a frame that is not a number, if there is one."""
        _, values = self._columns(frame)
        for row, code in zip(frame.index, values.codes.tolist(), strict=True):
            self._check(values.texts[code], f"row {row}")

    def _check(self, value: str, place: str) -> None:
        read_as = self.clean(value, "value")
        try:
            parse_number(read_as)
        except ValueError:
            column = self._description.columns["value"]
            raise InvalidValue(self._name, place, column, value.strip(), read_as) from None

    def cube(self) -> Cube:
        """Return the cube of all rows. Raises EmptyDataset."""
        if not self._sums.rows:
            raise EmptyDataset(self._name)
        cube = self._sums.cube()
        if not cube.overall().counted:
            raise EmptyDataset(self._name, "has no usable row: every value is empty")
        return cube

    def _columns(self, frame: pd.DataFrame) -> tuple[list[Column], Column]:
        labels, values = [self._column(frame, role) for role in LABELS], self._column(frame, "value")
        # A row without a question counts nowhere, so its value may be any text.
        has_question = np.array([bool(self.clean(text, "question")) for text in labels[0].texts])
        codes = np.where(has_question[labels[0].codes], values.codes, MISSING)
        return labels, only_used(Column(codes, values.texts))

    def _column(self, frame: pd.DataFrame, role: str) -> Column:
        if role not in self.places:
            return Column(np.full(len(frame), MISSING), [""])
        return column_of(frame[str(self.places[role])])


def column_of(series: "pd.Series[Any]") -> Column:
    """Return a series as codes and texts, in which missing values are empty texts."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, values = series.cat.codes.to_numpy(), series.cat.categories
    else:
        codes, values = pd.factorize(series)
    # Of a numpy float of any width, str gives the shortest decimal.
    return Column(codes.astype(np.int64) + 1, ["", *map(str, values.to_numpy())])


def only_used(column: Column) -> Column:
    """Return the column without texts that no row has."""
    codes, used = pd.factorize(column.codes)
    return Column(codes, [column.texts[code] for code in used.tolist()])
