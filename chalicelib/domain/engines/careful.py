"""CSV to cube with Python's csv, a record at a time: always there, and says what is wrong where."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from chalicelib.domain.cube import CellStats, Cube, Labels
from chalicelib.domain.dataset_description import Description, Source, named, opened
from chalicelib.domain.engines.rows import LABELS, LONGEST_FIELD, Layout, cleaned, cube_of, number
from chalicelib.errors import EmptyDataset, InvalidValue, NotCsv, RaggedRow, WrongEncoding

PART_ROWS = 100_000


def read(source: Source, description: Description, part_rows: int = PART_ROWS) -> tuple[Cube, int]:
    """The cube and the number of rows, in memory bounded by `part_rows` and the cube itself.

    Raises DatasetNotFound, NotCsv, WrongEncoding, EmptyDataset, MissingColumns, RaggedRow or InvalidValue.
    """
    name = named(source)
    with opened(source) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        records = Records(text, name)
        try:
            return summed(records, name, description, part_rows)
        except UnicodeDecodeError as error:
            raise WrongEncoding(name, f"{error.reason}, byte 0x{error.object[error.start]:02x}") from None
        except csv.Error as error:
            raise NotCsv(name, f"line {records.line}: {error}") from None
        finally:
            text.detach()  # the stream belongs to the caller; the wrapper would close it


class Records:
    """The records of a text that hold anything, each a list of fields.

    `line` is the number of the line that the last one begins on. Raises NotCsv for a NUL or an open quote.
    """

    def __init__(self, lines: Iterable[str], name: str) -> None:
        self.line, self._lines, self._name, self._ended = 1, lines, name, False
        csv.field_size_limit(LONGEST_FIELD)

    def __iter__(self) -> Iterator[list[str]]:
        reader, end = csv.reader(self._checked()), 0
        for fields in reader:
            self.line, end = end + 1, reader.line_num
            if self._ended:  # the reader looked for more lines before it gave this record
                raise NotCsv(self._name, f"the quote that opens in line {self.line} or after is never closed")
            if len(fields) > 1 or (fields and fields[0].strip()):
                yield fields
            self.line = end + 1

    def _checked(self) -> Iterator[str]:
        for place, line in enumerate(self._lines, 1):
            if "\0" in line:
                raise NotCsv(self._name, f"line {place} holds binary data")
            yield line
        self._ended = True


def header_of(records: Iterator[list[str]], name: str) -> list[str]:
    for fields in records:
        if fields[0].lstrip()[:1] == "<":
            raise NotCsv(name, f"it begins like a web page: {','.join(fields).strip()[:60]}")
        return fields
    raise EmptyDataset(name)


def summed(records: Records, name: str, description: Description, part_rows: int) -> tuple[Cube, int]:
    rows = iter(records)
    layout = Layout(header_of(rows, name), name, description)
    # A role without a column reads an empty field put at the end of each row.
    labels_of = itemgetter(*(layout.places.get(role, layout.width) for role in LABELS))
    place, whole, part, total = layout.places["value"], Cube(), Part(description), 0
    for fields in rows:
        if len(fields) != layout.width:
            raise RaggedRow(name, records.line, len(fields), layout.width)
        fields.append("")
        labels, value = labels_of(fields), fields[place]
        # A row without a question counts nowhere, whatever its value is.
        known = value in part.numbers or part.takes(value)
        if not known and cleaned(labels[0], "question", description):
            line = records.line + line_breaks(fields[:place])
            raise invalid_value(name, line, value, description)
        part.values[labels].append(value)
        total += 1
        if total % part_rows == 0:
            whole, part = whole.merge(part.cube()), Part(description)
    return whole.merge(part.cube()), total


class Part:
    """Some rows of a file: what their values mean, and the values for each combination of labels."""

    def __init__(self, description: Description) -> None:
        self.numbers = {"": number("")}
        self.values: defaultdict[Labels, list[str]] = defaultdict(list)
        self._description = description

    def takes(self, value: str) -> bool:
        """Whether the text is a value. If it is, its number is known from now on."""
        try:
            self.numbers[value] = number(cleaned(value, "value", self._description))
        except ValueError:
            return False
        return True

    def cube(self) -> Cube:
        rows = [
            (labels, values if labels[0] else [])
            for labels, values in ((self._cleaned(texts), values) for texts, values in self.values.items())
        ]
        scale = max((self.numbers[value].decimals for _, values in rows for value in values), default=0)
        return cube_of(((labels, self._measures(values, scale)) for labels, values in rows), scale)

    def _cleaned(self, texts: Labels) -> Labels:
        return tuple(cleaned(text, role, self._description) for text, role in zip(texts, LABELS, strict=True))

    def _measures(self, values: list[str], scale: int) -> CellStats:
        numbers = [self.numbers[value] for value in values]
        total = sum(units * 10 ** (scale - decimals) for units, decimals, _ in numbers)
        counted = sum(counted for _, _, counted in numbers)
        return CellStats(total, counted, len(numbers) - counted)


def invalid_value(name: str, line: int, value: str, description: Description) -> InvalidValue:
    read_as = cleaned(value, "value", description)
    return InvalidValue(name, line, description.columns["value"], value.strip(), read_as)


def line_breaks(fields: list[str]) -> int:
    return sum(len(re.findall(r"\r\n|\r|\n", field)) for field in fields)
