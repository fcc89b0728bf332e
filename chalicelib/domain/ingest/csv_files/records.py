"""The records of a CSV file as Python's csv reads them, each with its line."""

import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from chalicelib.domain.sources import Source, named, opened
from chalicelib.errors import DatasetError, EmptyDataset, NotCsv

# The longest field that is read, in characters. A quote that is never closed must not fill the memory.
LONGEST_FIELD = 1 << 22
# Put after a file, and in no file: where it is part of a longer record, a quote is open.
LAST_LINE = "\0"
LINE_BREAK = re.compile(r"\r\n|\r|\n")
UTF8 = "utf-8-sig"
# What a byte that is no text becomes, so that reading goes on and tells everything that is wrong.
BAD_BYTE = re.compile("[\udc80-\udcff]")


class Record(NamedTuple):
    """A record: its number, counting blank ones too, and the number of the line on which it begins."""

    number: int
    line: int
    fields: list[str]


def records(
    source: Source, encoding: str = UTF8, sep: str = ",", line: int = 1, first: int = 1
) -> Generator[Record]:
    """Iterate over the records that are not blank. Raises DatasetError: NotCsv for a NUL or an open quote.

    A byte that is no text in the encoding becomes a surrogate. Of a part of a file, `line` is that of its
    first record, and `first` the number of this.
    """
    name, end = named(source), line - 1
    csv.field_size_limit(LONGEST_FIELD)

    with opened(source) as file:
        text = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
        reader = csv.reader(checked(text, name, line), delimiter=sep)
        try:
            for number, fields in enumerate(reader, first):
                begin, end = end + 1, reader.line_num + line - 1
                if fields and fields[-1].endswith(LAST_LINE) and begin < end:
                    raise NotCsv(name, f"the quote that opens in line {begin} or after is never closed")
                if fields != [LAST_LINE] and not is_blank(fields):
                    yield Record(number, begin, fields)
        except UnicodeError as error:  # of a wide encoding, such as half a character at the end
            raise DatasetError(f"{name} is not {encoding} text ({error})") from None
        except csv.Error as error:
            raise NotCsv(name, f"line {end + 1}: {error}") from None
        finally:
            text.detach()  # the stream belongs to the caller; the wrapper would close it


def checked(lines: Iterable[str], name: str, first: int) -> Iterator[str]:
    for number, line in enumerate(lines, first):
        if "\0" in line:
            raise NotCsv(name, f"line {number} holds binary data")
        yield line
    yield LAST_LINE


def is_blank(fields: list[str]) -> bool:
    return not fields or (len(fields) == 1 and not fields[0].strip())


def bad_byte(record: Record) -> tuple[int, str] | None:
    """Return the line of a byte that is no text in the file's encoding, and the text around it."""
    line = record.line
    for field in record.fields:
        if not field.isascii() and (match := BAD_BYTE.search(field)):
            line += len(LINE_BREAK.findall(field, 0, match.start()))
            return line, field[max(0, match.start() - 20) : match.end() + 20]
        line += len(LINE_BREAK.findall(field))
    return None


def read_header(rows: Iterator[Record], name: str) -> Record:
    for header in rows:
        if header.fields[0].lstrip()[:1] == "<":
            raise NotCsv(name, f"it begins like a web page: {','.join(header.fields).strip()[:60]}")
        return header
    raise EmptyDataset(name)
