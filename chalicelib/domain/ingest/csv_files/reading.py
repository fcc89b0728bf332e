"""A CSV file, or a stretch of one, to sums: by Arrow where it can, and carefully where it refuses."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import Accumulator
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.careful import body, parts_of
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
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.domain.ingest.sums import Ingest
from chalicelib.domain.shape.tallies import pasted
from chalicelib.domain.sources import Source, named, view
from chalicelib.errors import DatasetError, MissingColumns

# Arrow reads a record that lies in at most two blocks, so no field is longer than LONGEST_FIELD.
BLOCK_BYTES = LONGEST_FIELD // 2


def read_stretch(
    file: BinaryIO, stretch: Stretch, layout: Layout, ingest: Ingest, faults: Faults, block_bytes: int
) -> None:
    """Sum the rows of a stretch, or note what is wrong in them. Raises DatasetError for what is no CSV."""
    begin, line, number, skipped = 0, 1, 1, layout.skipped
    if stretch.begin:
        # From the line break before it on, so that no mark of the byte order is taken off its first record.
        begin, line = stretch.begin - 1, stretch.line - 1
        number, skipped = layout.skipped + 1, 0
    text = view(file, stretch.name, begin, stretch.end)
    rows, is_whole = read_fast(text, layout, skipped, ingest, block_bytes) if layout.plain else (0, False)
    if not is_whole:
        with closing(records(text, layout.encoding, layout.sep, line, number)) as every:
            left = islice(body(every, layout, ingest.columns), rows, None)
            read_records(left, layout, ingest, faults, longest=2 * block_bytes)


def read_fast(
    text: BinaryIO, layout: Layout, skipped: int, ingest: Ingest, block_bytes: int
) -> tuple[int, bool]:
    """Sum rows by Arrow; return how many, and whether these are all."""
    rows, width = 0, len(layout.header)
    options = (skipped, block_bytes, layout.encoding, layout.sep)
    try:
        with closing(frames(text, width, ingest.columns.wanted, *options)) as parts:
            for frame in parts:
                ingest.add(frame)
                rows += len(frame)
    except ValueError:  # Arrow's own errors are ValueErrors
        return rows, False
    return rows, True


def read_records(
    rows: Iterator[Record],
    layout: Layout,
    ingest: Ingest,
    faults: Faults,
    noun: str = "line",
    longest: int = LONGEST_FIELD,
) -> None:
    for part in parts_of(rows, layout, ingest.columns, faults, longest, noun):
        ingest.take(part.frame, faults, part.where, part.places)


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
    faults = Faults()
    try:
        layout = layout_of(source, description)
        columns = Columns(layout.header, named(source), description)
        ingest = Ingest(columns, Accumulator(columns.clean, columns.measures))
        with closing(records(source, layout.encoding, layout.sep)) as every:
            read_records(body(every, layout, columns), layout, ingest, faults)
    except DatasetError as error:
        return error
    return faults.error(description.read)
