"""Sums stretches of files of every kind."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import BinaryIO

import pandas as pd

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import Accumulator
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.careful import body, row_of
from chalicelib.domain.ingest.csv_files.layout import layout_of
from chalicelib.domain.ingest.csv_files.reading import BLOCK_BYTES, columns_of, read_records, read_stretch
from chalicelib.domain.ingest.faults import Faults, Where
from chalicelib.domain.ingest.files import frame_of, sheet_of
from chalicelib.domain.ingest.outcome import Filled, Sums, Trouble, error_of
from chalicelib.domain.ingest.parquet import ParquetFile
from chalicelib.domain.ingest.stretches import WORKBOOKS, Stretch, suffix_of
from chalicelib.domain.ingest.sums import Ingest
from chalicelib.domain.shape.tallies import surplus_kinds
from chalicelib.domain.sources import view
from chalicelib.errors import DatasetError

FRAME_ROWS = 1 << 18


class Reader:
    """Sums stretches of any number of files, in memory bounded by blocks and the cube. For one thread."""

    def __init__(self, description: Description, block_bytes: int = BLOCK_BYTES) -> None:
        self._description, self._block_bytes = description, block_bytes
        self._sums: Accumulator | None = None
        self._roles = frozenset[str]()
        self._tallies: Counter[str] = Counter()
        self._read = self._kept = 0
        self._filled: dict[frozenset[str], Filled] = {}
        self._is_troubled = False

    def read(self, stretch: Stretch, file: BinaryIO) -> Trouble | None:
        """Add the rows of a stretch of a seekable file, or return what is wrong in it."""
        read = {"csv": self._read_csv, "parquet": self._read_parquet, "frame": self._read_other}[stretch.kind]
        return self._tried(stretch, lambda faults: read(stretch, file, faults))

    def read_frame(self, stretch: Stretch, frame: pd.DataFrame) -> Trouble | None:
        """Add the rows of a frame of any types, or return what is wrong in it.

        Floats count by their shortest decimal, and null, None and NaN are missing.
        """
        return self._tried(stretch, lambda faults: self._add_frame(stretch, frame, faults))

    def sums(self) -> Sums:
        """Return the sums so far; after trouble, they have no rows."""
        if self._sums is None or self._is_troubled:
            return Sums(filled=self._filled)
        for key in surplus_kinds(self._tallies):
            del self._tallies[key]
        return Sums(self._sums.summed(), self._read, self._kept, dict(self._tallies), self._filled)

    def cube(self, stretch: Stretch, file: BinaryIO) -> Cube:
        """Return the cube of one file. Raises a DatasetError that says what is wrong."""
        return self.finished(self.read(stretch, file), stretch.name)

    def finished(self, trouble: Trouble | None, name: str) -> Cube:
        """Return the cube of all that was read. Raises the DatasetError of a trouble, and EmptyDataset."""
        sums = self.sums()
        if error := error_of([trouble] if trouble else [], sums, self._description):
            raise error
        return sums.finished(self._description, name)

    def _tried(self, stretch: Stretch, read: Callable[[Faults], None]) -> Trouble | None:
        faults, error = Faults(), None
        try:
            read(faults)
        except DatasetError as caught:
            error = caught.with_traceback(None)  # which would hold the rows
        if not faults and not error:
            return None
        self._is_troubled = True
        return Trouble(stretch, faults, error)

    def _read_csv(self, stretch: Stretch, file: BinaryIO, faults: Faults) -> None:
        whole = view(file, stretch.name)
        layout = stretch.layout or layout_of(whole, self._description)
        ingest = self._begun(columns_of(whole, layout, self._description), stretch)
        read_stretch(file, stretch, layout, ingest, faults, self._block_bytes)
        self._end(ingest, faults)

    def _read_parquet(self, stretch: Stretch, file: BinaryIO, faults: Faults) -> None:
        parquet = ParquetFile(file, stretch.name)
        columns = Columns(parquet.header, stretch.name, self._description)
        frames = parquet.frames(columns.wanted, stretch.begin, stretch.end)
        self._add_frames(self._begun(columns, stretch), frames, faults)

    def _read_other(self, stretch: Stretch, file: BinaryIO, faults: Faults) -> None:
        if suffix_of(stretch.name) not in WORKBOOKS:
            return self._add_frame(stretch, frame_of(file, stretch.name), faults)
        sheet = sheet_of(file, stretch.name, self._description)
        ingest = self._begun(sheet.columns, stretch)
        rows = body(iter(sheet.rows), sheet.layout, sheet.columns)
        read_records(rows, sheet.layout, ingest, faults, "row")
        self._end(ingest, faults)
        return None

    def _add_frame(self, stretch: Stretch, frame: pd.DataFrame, faults: Faults) -> None:
        columns = Columns([str(column) for column in frame.columns], stretch.name, self._description)
        by_place = frame.set_axis([str(place) for place in range(frame.shape[1])], axis="columns")
        starts = range(0, len(frame), FRAME_ROWS)
        parts = (by_place.iloc[start : start + FRAME_ROWS] for start in starts)
        self._add_frames(self._begun(columns, stretch), ((part, row_of(part)) for part in parts), faults)

    def _add_frames(
        self, ingest: Ingest, frames: Iterable[tuple[pd.DataFrame, Where]], faults: Faults
    ) -> None:
        rows = 0
        for frame, where in frames:
            ingest.take(frame, faults, where, range(rows, rows + len(frame)))
            rows += len(frame)
        self._end(ingest, faults)

    def _begun(self, columns: Columns, stretch: Stretch) -> Ingest:
        """Note which roles a file fills, and return what sums its rows."""
        filled = Filled.by(columns, stretch)
        known = self._filled.get(columns.roles, filled)
        self._filled[columns.roles] = min(filled, known, key=lambda part: part.part)
        # Sums of before trouble, or of other roles, are of no use: there will be an error.
        if self._sums is None or self._is_troubled or self._roles != columns.roles:
            self._sums, self._roles = Accumulator(columns.clean, columns.measures), columns.roles
        return Ingest(columns, self._sums)

    def _end(self, ingest: Ingest, faults: Faults) -> None:
        if ingest.refused and not faults:
            raise ingest.refused
        self._tallies.update(ingest.tallies)
        self._read += ingest.read
        self._kept += ingest.kept
