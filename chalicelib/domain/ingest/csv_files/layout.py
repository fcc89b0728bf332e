"""How a text file is laid out: its encoding, what separates its fields, and where its header is."""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.columns import Header, required_columns
from chalicelib.domain.ingest.csv_files.records import UTF8, Record, read_header, records
from chalicelib.domain.shape.texts import BYTE_ORDER_MARK
from chalicelib.domain.sources import Source, named, opened
from chalicelib.errors import DatasetError, EmptyDataset, NotCsv

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF8: UTF8,
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SEP_LINE = re.compile(r'\s*"?sep=(.?)"?\s*')
UNIT_SEPARATOR = "\x1f"  # which separates the fields of no file here
# Records at the beginning in which a header is looked for.
LOOKED_AT = 60
SNIFFED = 4096  # bytes
FILES: Mapping[bytes, str] = {
    b"PK\x03\x04": "it is a zip archive, binary data; unpack it",
    b"\xd0\xcf\x11\xe0": "it is an Excel workbook of before 2007, binary data; save it as .xlsx or CSV UTF-8",
    b"PAR1": "it is a parquet file, binary data; name it .parquet",
    b"%PDF": "it is a PDF document, binary data; find the table that it shows as CSV",
}
WORKBOOK = "it is an Excel workbook, binary data; name it .xlsx, or save it in Excel as CSV UTF-8"


@dataclass(frozen=True)
class Layout:
    """`skipped` records precede the data, `plain` is a file that Arrow can read: all its records are rows."""

    encoding: str
    sep: str
    header: list[str]
    skipped: int
    plain: bool = True


def layout_of(source: Source, description: Description) -> Layout:
    """Return the layout of a file. Raises DatasetError for an empty one, and for what is no text."""
    options, name = description.read, named(source)
    encoding = options.get("encoding") or sniffed(source, name)
    needed = required_columns(description)
    found: list[Layout | DatasetError] = []
    for sep in separators(source, encoding, options):
        try:
            layout = header_of(first_records(source, encoding, sep), options, encoding, sep, name)
        except DatasetError as error:  # such as an open quote, which another separator closes
            found.append(error)
            continue
        header = Header(layout.header)
        if all(header.place(column) is not None for column in needed):
            return layout
        found.append(layout)
    if isinstance(found[0], DatasetError):
        raise found[0]
    return found[0]


def sniffed(source: Source, name: str) -> str:
    """Return the encoding that a byte order mark names, UTF-8 without one. Raises NotCsv for no text."""
    with opened(source) as file:
        head = file.read(SNIFFED)
    for magic, why in FILES.items():
        if head.startswith(magic):
            raise NotCsv(name, WORKBOOK if b"[Content_Types].xml" in head or b"xl/" in head else why)
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 3 and not any(head[place:64:2]) and all(head[1 - place : 64 : 2]):
            why = f'line 1 holds binary data that looks like UTF-16: "read": {{"encoding": "{encoding}"}}'
            raise NotCsv(name, why)
    return UTF8


def separators(source: Source, encoding: str, options: Mapping[str, Any]) -> Sequence[str]:
    """Return what may separate the fields: the description's, that of a line `sep=;`, or the usual ones."""
    if "sep" in options:
        return [options["sep"]]
    first = next(iter(beginning(source, encoding, UNIT_SEPARATOR)), None)
    if first and first.number == 1 and (match := SEP_LINE.fullmatch(first.fields[0].lstrip(BYTE_ORDER_MARK))):
        return [match[1] or ","]
    return [*SEPARATORS]


def first_records(source: Source, encoding: str, sep: str) -> list[Record]:
    with closing(records(source, encoding, sep)) as rows:
        return [*islice(rows, LOOKED_AT)]


def beginning(source: Source, encoding: str, sep: str) -> list[Record]:
    """Return the first records, none where they are no CSV with this separator."""
    with suppress(DatasetError):
        return first_records(source, encoding, sep)
    return []


def rows_of(rows: Iterator[Record], options: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records that pandas would read: without skipped ones and comments."""
    skip, comment = options.get("skiprows", 0), options.get("comment")
    skipped = range(skip) if isinstance(skip, int) else {*skip}
    for record in rows:
        is_comment = comment and record.fields[0].startswith(comment)
        is_sep = record.number == 1 and SEP_LINE.fullmatch(record.fields[0].lstrip(BYTE_ORDER_MARK))
        if record.number - 1 not in skipped and not is_comment and not is_sep:
            yield record


def header_of(first: list[Record], options: Mapping[str, Any], encoding: str, sep: str, name: str) -> Layout:
    """Return the layout whose header the options name, else the first record. Raises EmptyDataset."""
    if not first:
        raise EmptyDataset(name)
    rows = [*rows_of(iter(first), options)]
    lines = options.get("header", None if "names" in options else 0)
    numbers = [lines] if isinstance(lines, int) else [*(lines or ())]
    if not rows or (numbers and max(numbers) >= len(rows)):
        raise EmptyDataset(name, f"has no line {max(numbers, default=0)} for its header")
    if numbers == [0]:
        read_header(iter(rows), name)
    header = joined_header([rows[number].fields for number in numbers])
    last = rows[max(numbers)].number if numbers else rows[0].number - 1
    if names := options.get("names"):
        width = max(len(names), len(rows[0].fields))
        header = [*names, *[""] * (width - len(names))]
    begin = rows[max(numbers, default=0)]
    by_line = {"comment", "skipfooter"} & set(options) or not isinstance(options.get("skiprows", 0), int)
    plain = not by_line and begin.number == first[0].number
    return Layout(encoding, sep, header, last, plain)


def joined_header(lines: Sequence[list[str]]) -> list[str]:
    """Return one name for each column: lines are joined by a blank, merged cells filled to the right."""
    if len(lines) == 1:
        return lines[0]
    if not lines:
        return []
    width = max(map(len, lines))
    parts = [filled(line, width) for line in lines[:-1]] + [lines[-1] + [""] * (width - len(lines[-1]))]
    return [" ".join(filter(None, map(str.strip, column))) for column in zip(*parts, strict=True)]


def filled(line: list[str], width: int) -> list[str]:
    cells: list[str] = []
    for text in line + [""] * (width - len(line)):
        cells.append(text if text.strip() or not cells else cells[-1])
    return cells


def other_header(
    beginnings: Iterable[Sequence[Record]], description: Description, noun: str = "line"
) -> tuple[str, dict[str, Any]]:
    """Return where a header with the needed columns is, and the options that find it; empty without one.

    `beginnings` are the first records of a file, as each separator cuts them.
    """
    needed = required_columns(description)
    for record in (record for rows in beginnings for record in rows):
        header = Header(record.fields)
        if needed and all(header.place(column) is not None for column in needed):
            options = {"skiprows": record.number - 1} if record.number > 1 else {}
            return f"the header is in {noun} {record.line}", options
    return "", {}


def looks_like(source: Source, layout: Layout, description: Description) -> str:
    """Return what a file looks like whose header has none of the needed columns, with a remedy."""
    widths = {sep: regular_width(beginning(source, layout.encoding, sep)) for sep in SEPARATORS}
    sep = max(widths, key=widths.__getitem__)
    if widths[sep] > max(1, widths[layout.sep]) and "sep" not in description.read:
        return f'it looks separated by {SEPARATORS[sep]}: "read": {{"sep": {quoted(sep)}}}'
    first = beginning(source, layout.encoding, layout.sep)
    widest = max(first, key=lambda record: len(record.fields))
    if layout.plain and len(first[0].fields) < len(widest.fields):
        return f'the header may be in line {widest.line}: "read": {{"skiprows": {widest.number - 1}}}'
    return ""


def regular_width(rows: Sequence[Record]) -> int:
    """Return the number of fields of the records, 0 where their numbers differ."""
    widths = {len(record.fields) for record in rows}
    return max(widths) if len(widths) == 1 else 0


def quoted(text: str) -> str:
    return '"\\t"' if text == "\t" else f'"{text}"'
