"""Python's csv, a record at a time: the header of a file, and what is wrong with it on which line."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from chalicelib.domain.numbers import parse_number
from chalicelib.domain.sources import Source, named, opened
from chalicelib.errors import EmptyDataset, InvalidValue, NotCsv, RaggedRow, WrongEncoding

# The longest field that is read, in characters. A quote that is never closed must not fill the memory.
LONGEST_FIELD = 1 << 22


class Records:
    """The records of a text that are not blank, each a list of fields.

    `line` is the number of the line on which the last one begins, `read` the number of records read so far,
    blank ones included. Raises NotCsv for a NUL or an open quote.
    """

    def __init__(self, lines: Iterable[str], name: str) -> None:
        self.line, self.read, self._lines, self._name, self._ended = 1, 0, lines, name, False
        csv.field_size_limit(LONGEST_FIELD)

    def __iter__(self) -> Iterator[list[str]]:
        reader, end = csv.reader(self._checked()), 0
        for self.read, fields in enumerate(reader, 1):
            self.line, end = end + 1, reader.line_num
            if self._ended:  # the reader looked for more lines before it returned this record
                raise NotCsv(self._name, f"the quote that opens in line {self.line} or after is never closed")
            if not is_blank(fields):
                yield fields
            self.line = end + 1

    def _checked(self) -> Iterator[str]:
        for number, line in enumerate(self._lines, 1):
            if "\0" in line:
                raise NotCsv(self._name, f"line {number} holds binary data")
            yield line
        self._ended = True


def is_blank(fields: list[str]) -> bool:
    return not fields or (len(fields) == 1 and not fields[0].strip())


@contextmanager
def records_of(source: Source) -> Iterator[Records]:
    """Open a file as records. Raises DatasetNotFound, NotCsv or WrongEncoding."""
    name = named(source)
    with opened(source) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        records = Records(text, name)
        try:
            yield records
        except UnicodeDecodeError as error:
            raise WrongEncoding(name, f"{error.reason}, byte 0x{error.object[error.start]:02x}") from None
        except csv.Error as error:
            raise NotCsv(name, f"line {records.line}: {error}") from None
        finally:
            text.detach()  # the stream belongs to the caller; the wrapper would close it


def read_header(records: Iterator[list[str]], name: str) -> list[str]:
    for fields in records:
        if fields[0].lstrip()[:1] == "<":
            raise NotCsv(name, f"it begins like a web page: {','.join(fields).strip()[:60]}")
        return fields
    raise EmptyDataset(name)


def explain(source: Source, places: dict[str, int], clean: Callable[[str, str], str]) -> None:
    """Raise the DatasetError of the first record that is wrong, if there is one.

    `places` has the place of each role's column, `clean` returns what a text means in a role.
    """
    name, numbers = named(source), {""}
    with records_of(source) as records:
        rows = iter(records)
        header = read_header(rows, name)
        for fields in rows:
            if len(fields) != len(header):
                raise RaggedRow(name, records.line, len(fields), len(header))
            value = fields[places["value"]]
            # A row without a question counts nowhere, whatever its value is.
            if value in numbers or not clean(fields[places["question"]], "question"):
                continue
            read_as = clean(value, "value")
            try:
                parse_number(read_as)
            except ValueError:
                line = f"line {records.line + line_breaks(fields[: places['value']])}"
                raise InvalidValue(name, line, header[places["value"]], value.strip(), read_as) from None
            numbers.add(value)


def line_breaks(fields: list[str]) -> int:
    return sum(len(re.findall(r"\r\n|\r|\n", field)) for field in fields)
