"""Rows to cube: a file is cut into pandas frames, and one accumulator sums the rows of every frame."""

from contextlib import closing

import pandas as pd

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import LABELS, MEASURES, Accumulator
from chalicelib.domain.ingest.columns import Columns, counted
from chalicelib.domain.ingest.csv_frames import frames
from chalicelib.domain.ingest.csv_records import LONGEST_FIELD, read_header, records
from chalicelib.domain.ingest.faults import explain_csv, explain_frame
from chalicelib.domain.sources import Source, named
from chalicelib.errors import EmptyDataset, NotCsv

# Arrow reads a record that lies in at most two blocks, so no field is longer than LONGEST_FIELD.
BLOCK_BYTES = LONGEST_FIELD // 2
FRAME_ROWS = 1 << 18
FRAME = "the frame"


def cube_of_csv(source: Source, description: Description, block_bytes: int = BLOCK_BYTES) -> Cube:
    """Read a CSV file or seekable binary stream, in memory bounded by blocks and the cube.

    Raises a DatasetError that says what is wrong.
    """
    name = named(source)
    with closing(records(source)) as rows:
        header = read_header(rows, name)
    columns = Columns(header.fields, name, description)
    ingest = Ingest(columns)
    width, places = len(header.fields), set(columns.places.values())
    try:
        with closing(frames(source, width, places, header.number, block_bytes)) as parts:
            for frame in parts:
                ingest.add(frame)
    except ValueError as error:  # Arrow's own errors are ValueErrors
        explain_csv(source, columns)
        why = f"a row is longer than {block_bytes} bytes, or quoted unclearly ({error})"
        raise NotCsv(name, why) from None
    return ingest.cube()


def cube_of_frame(frame: pd.DataFrame, description: Description) -> Cube:
    """Read a frame of any types; floats count by their shortest decimal, and null, None and NaN are missing.

    Raises a DatasetError that says what is wrong.
    """
    columns = Columns([str(column) for column in frame.columns], FRAME, description)
    ingest = Ingest(columns)
    by_place = frame.set_axis([str(place) for place in range(frame.shape[1])], axis="columns")
    for start in range(0, len(frame), FRAME_ROWS):
        part = by_place.iloc[start : start + FRAME_ROWS]
        try:
            ingest.add(part)
        except ValueError:
            explain_frame(part, columns)
            raise
    return ingest.cube()


class Ingest:
    """Sums frames whose columns are named by their place in the header."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._measures = [role for role in MEASURES if role in columns.places]
        self._sums = Accumulator(columns.clean, self._measures)

    def add(self, frame: pd.DataFrame) -> None:
        """Add the rows of a frame. Raises ValueError for a text that is not what its column holds."""
        labels = {role: self._columns.column(frame, role) for role in LABELS}
        # A row without a question counts nowhere, so its other texts may be any.
        counts = self._columns.filled(labels["question"], "question")
        if "year" in self._columns.places:
            labels["year"] = self._columns.years(frame, counts)
        measured = [counted(self._columns.column(frame, role), counts) for role in self._measures]
        self._sums.add([*labels.values()], measured)

    def cube(self) -> Cube:
        """Return the cube of all rows. Raises EmptyDataset."""
        if not self._sums.rows:
            raise EmptyDataset(self._columns.name)
        cube = self._sums.cube(self._columns.places)
        if not cube.overall().counted:
            raise EmptyDataset(self._columns.name, "has no usable row: every value is empty")
        return cube
