"""A CSV file in frames by Python's csv, with the line of every row: slower than Arrow, and more patient."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import pandas as pd

from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.layout import Layout, rows_of
from chalicelib.domain.ingest.csv_files.records import LINE_BREAK, Record, bad_byte
from chalicelib.domain.ingest.faults import Faults, Where
from chalicelib.errors import DatasetError, shown

PART_ROWS = 1 << 15
ENCODING = "cp1252"  # of Western Windows, which most files with other bytes are in


class Part(NamedTuple):
    """Some rows of a file; `uneven` says whether the width of one differs from the header's."""

    frame: pd.DataFrame
    where: Where
    uneven: bool


def parts_of(
    every: Iterator[Record], layout: Layout, columns: Columns, faults: Faults, noun: str
) -> Iterator[Part]:
    """Cut records into parts; `noun` is what a record's line is called.

    Notes rows of another width, unless all that differs is empty, and bad bytes.
    """
    rows = body(every, layout, columns)
    while part := [*islice(rows, PART_ROWS)]:
        yield part_of(part, layout, columns, faults, noun)


def body(every: Iterator[Record], layout: Layout, columns: Columns) -> Iterator[Record]:
    """Yield the records after the header."""
    options = columns.description.read
    rows = (record for record in rows_of(every, options) if record.number > layout.skipped)
    return without_last(rows, options.get("skipfooter", 0))


def without_last(rows: Iterator[Record], lines: int) -> Iterator[Record]:
    """Yield the records before the last `lines`, counting blank ones."""
    held: deque[Record] = deque()
    for record in rows:
        held.append(record)
        while held and record.number - held[0].number >= lines:
            yield held.popleft()


def part_of(rows: Sequence[Record], layout: Layout, columns: Columns, faults: Faults, noun: str) -> Part:
    width, needed = len(layout.header), max(columns.places.values(), default=0) + 1
    read, kept, uneven = columns.wanted, list[Record](), False
    for row, record in enumerate(rows):
        fields = record.fields
        if len(fields) != width:
            uneven = True
            if len(fields) < needed or any(map(str.strip, fields[width:])):
                note_width(row, record, width, columns.name, faults)
                continue
        if bad := bad_byte(record):
            note_byte(row, bad, columns.name, layout.encoding, faults)
        kept.append(record)
    data = {
        str(place): [record.fields[place] if place < len(record.fields) else "" for record in kept]
        for place in sorted(read)
    }
    frame = pd.DataFrame(data, dtype=object, index=range(len(kept)))
    return Part(frame, line_of(kept, columns, noun), uneven)


def line_of(rows: Sequence[Record], columns: Columns, noun: str) -> Where:
    """Return what names the line of a row's text."""

    def where(row: int, column: str) -> str:
        _, line, fields = rows[row]
        before = fields[: columns.places.get(column, 0)]
        return f"{noun} {line + sum(len(LINE_BREAK.findall(text)) for text in before)}"

    return where


def row_of(frame: pd.DataFrame) -> Where:
    """Return what names a row of a frame."""
    return lambda row, _: f"row {frame.index[row]}"


def note_width(row: int, record: Record, width: int, name: str, faults: Faults) -> None:
    fields = len(record.fields)
    sentence = f"{name}, line {record.line}: {fields} fields, where the header has {width}"
    faults.note(("width", fields > width), row, lambda more: DatasetError(sentence + more))


def note_byte(row: int, bad: tuple[int, str], name: str, encoding: str, faults: Faults) -> None:
    line, text = bad
    byte = next(character for character in text if "\udc80" <= character <= "\udcff")
    guess = text.encode("utf-8", "surrogateescape").decode(ENCODING, "replace")
    what = f"a bad byte in line {line}, 0x{ord(byte) - 0xDC00:02x}"
    sentence = f"{name} is not UTF-8 text ({what}); save it as UTF-8"
    if encoding.lower().replace("_", "-").startswith("utf-8"):
        sentence += f', or, where {shown(guess)} is right, "read": {{"encoding": "{ENCODING}"}}'
    else:
        sentence = f"{name} is not {encoding} text: a bad byte in line {line}"
    faults.note("byte", row, lambda more: DatasetError(sentence + more))
