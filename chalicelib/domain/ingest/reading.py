"""Rows to cube: a file is cut into pandas frames, and one accumulator sums the rows of every frame."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pandas as pd

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.careful import parts_of, row_of
from chalicelib.domain.ingest.csv_files.frames import frames
from chalicelib.domain.ingest.csv_files.layout import (
    SEPARATORS,
    Layout,
    beginning,
    layout_of,
    looks_like,
    other_header,
)
from chalicelib.domain.ingest.csv_files.records import LONGEST_FIELD, Record, records
from chalicelib.domain.ingest.faults import Faults
from chalicelib.domain.ingest.sums import Ingest
from chalicelib.domain.shape.tallies import pasted
from chalicelib.domain.sources import Source, named
from chalicelib.errors import DatasetError, MissingColumns, NotCsv

# Arrow reads a record that lies in at most two blocks, so no field is longer than LONGEST_FIELD.
BLOCK_BYTES = LONGEST_FIELD // 2
FRAME_ROWS = 1 << 18
FRAME = "the frame"


def cube_of_csv(source: Source, description: Description, block_bytes: int = BLOCK_BYTES) -> Cube:
    """Read a CSV file or seekable binary stream, in memory bounded by blocks and the cube.

    Raises a DatasetError that says what is wrong.
    """
    layout = layout_of(source, description)
    columns = columns_of(source, layout, description)
    if not layout.plain:
        return read_carefully(source, layout, columns)[0].cube()
    ingest, width = Ingest(columns), len(layout.header)
    where = (layout.skipped, block_bytes, layout.encoding, layout.sep)
    try:
        with closing(frames(source, width, columns.wanted, *where)) as parts:
            for frame in parts:
                ingest.add(frame)
    except ValueError as error:  # Arrow's own errors are ValueErrors
        ingest, uneven = read_carefully(source, layout, columns_of(source, layout, description))
        if not uneven:
            why = f"a row is longer than {block_bytes} bytes, or quoted unclearly ({error})"
            raise NotCsv(named(source), why) from None
    return ingest.cube()


def columns_of(source: Source, layout: Layout, description: Description) -> Columns:
    """Return the columns of a file. Raises MissingColumns, with what the file looks like and a remedy."""
    name = named(source)
    try:
        return Columns(layout.header, name, description)
    except MissingColumns:
        beginnings = (beginning(source, layout.encoding, sep) for sep in SEPARATORS)
        found, options = other_header(beginnings, description)
        if not options:
            looks = looks_like(source, layout, description)
            Columns(layout.header, name, description, looks)
            raise
    lacks = f'{found}: "read": {pasted(options)}'
    try:
        Columns(layout.header, name, description, lacks)
    except MissingColumns as error:
        shifted = replace(description, read={**description.read, **options})
        further = faults_of(source, shifted)
        raise MissingColumns(f"{error}\n{further}" if further else str(error)) from None
    return Columns(layout.header, name, description)


def faults_of(source: Source, description: Description) -> DatasetError | None:
    """Return what else is wrong with a file once a description finds its header."""
    try:
        layout = layout_of(source, description)
        read_carefully(source, layout, Columns(layout.header, named(source), description))
    except DatasetError as error:
        return error
    return None


def read_carefully(source: Source, layout: Layout, columns: Columns) -> tuple[Ingest, bool]:
    """Read a file with Python's csv; return also whether the widths of its rows differ, as Arrow's do not.

    Raises a DatasetError for all kinds of what is wrong.
    """
    with closing(records(source, layout.encoding, layout.sep)) as every:
        return read_records(every, layout, columns)


def read_records(
    every: Iterator[Record], layout: Layout, columns: Columns, noun: str = "line"
) -> tuple[Ingest, bool]:
    ingest, faults, uneven = Ingest(columns), Faults(columns), False
    for part in parts_of(every, layout, columns, faults, noun):
        uneven |= part.uneven
        ingest.add_checked(part.frame, faults, part.where)
    faults.raise_all()
    return ingest, uneven


def cube_of_frame(frame: pd.DataFrame, description: Description, name: str = FRAME) -> Cube:
    """Read a frame of any types; floats count by their shortest decimal, and null, None and NaN are missing.

    Raises a DatasetError that says what is wrong.
    """
    columns = Columns([str(column) for column in frame.columns], name, description)
    ingest, faults = Ingest(columns), Faults(columns)
    by_place = frame.set_axis([str(place) for place in range(frame.shape[1])], axis="columns")
    for start in range(0, len(frame), FRAME_ROWS):
        part = by_place.iloc[start : start + FRAME_ROWS]
        try:
            if not faults:
                ingest.add(part)
        except ValueError:
            ingest.check(part, faults, row_of(part))
        else:
            if faults:
                ingest.check(part, faults, row_of(part))
        faults.next_frame(len(part))
    faults.raise_all()
    return ingest.cube()
