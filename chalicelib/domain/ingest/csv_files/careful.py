"""A CSV file in frames by Python's csv, with the line of every row: slower than Arrow, and more patient."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.layout import Layout, rows_of
from chalicelib.domain.ingest.csv_files.records import LINE_BREAK, Record, bad_byte
from chalicelib.domain.ingest.faults import Fault, Faults, Where
from chalicelib.errors import DatasetError, NotCsv, shown

PART_ROWS, PART_CHARACTERS = 1 << 15, 1 << 24
ENCODING = "cp1252"  # of Western Windows, which most files with other bytes are in


class Part(NamedTuple):
    """Some rows of a file, and the number of each one's record."""

    frame: pd.DataFrame
    where: Where
    places: Sequence[int]


def parts_of(
    rows: Iterator[Record], layout: Layout, columns: Columns, faults: Faults, longest: int, noun: str
) -> Iterator[Part]:
    """Cut the records after the header into parts; `noun` is what a record's line is called.

    Notes rows of another width, unless all that differs is empty, bad bytes, and rows of more characters
    than the `longest`.
    """
    kept, characters = list[Record](), 0
    for record in rows:
        size = sum(map(len, record.fields))
        if fault := misfit(record, size, layout, columns, longest):
            faults.note(*fault)
            continue
        if fault := byte_fault(record, columns.name, layout.encoding):
            faults.note(*fault)
        kept.append(record)
        characters += size
        if len(kept) == PART_ROWS or characters > PART_CHARACTERS:
            yield part_of(kept, columns, noun)
            kept, characters = [], 0
    if kept:
        yield part_of(kept, columns, noun)


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


def misfit(
    record: Record, size: int, layout: Layout, columns: Columns, longest: int
) -> tuple[object, Fault] | None:
    """Return why a record of so many characters cannot be a row, and the key of its kind."""
    fields, width = record.fields, len(layout.header)
    if len(fields) != width and (len(fields) < columns.width or any(map(str.strip, fields[width:]))):
        sentence = f"{columns.name}, line {record.line}: {len(fields)} fields, where the header has {width}"
        return ("width", len(fields) > width), Fault((record.number,), DatasetError(sentence))
    if size > longest:
        # Arrow reads a row that lies in at most two blocks.
        why = f"a row is longer than {longest // 2} bytes, or quoted unclearly (line {record.line})"
        return "length", Fault((record.number,), NotCsv(columns.name, why))
    return None


def part_of(rows: Sequence[Record], columns: Columns, noun: str) -> Part:
    data = {
        str(place): [record.fields[place] if place < len(record.fields) else "" for record in rows]
        for place in sorted(columns.wanted)
    }
    frame = pd.DataFrame(data, dtype=object, index=range(len(rows)))
    return Part(frame, line_of(rows, columns, noun), [record.number for record in rows])


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


def byte_fault(record: Record, name: str, encoding: str) -> tuple[object, Fault] | None:
    """Return the fault of a byte that is no text in the encoding, and the key of its kind."""
    if all(map(str.isascii, record.fields)) or not (bad := bad_byte(record)):
        return None
    line, text = bad
    byte = next(character for character in text if "\udc80" <= character <= "\udcff")
    guess = text.encode("utf-8", "surrogateescape").decode(ENCODING, "replace")
    what = f"a bad byte in line {line}, 0x{ord(byte) - 0xDC00:02x}"
    sentence = f"{name} is not UTF-8 text ({what}); save it as UTF-8"
    if encoding.lower().replace("_", "-").startswith("utf-8"):
        sentence += f', or, where {shown(guess)} is right, "read": {{"encoding": "{ENCODING}"}}'
    else:
        sentence = f"{name} is not {encoding} text: a bad byte in line {line}"
    return "byte", Fault((record.number,), DatasetError(sentence))
