"""The first rows of a file, and how it is laid out."""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from chalicelib.domain.ingest.csv_files.careful import ENCODING
from chalicelib.domain.ingest.csv_files.layout import SEPARATORS, beginning, joined_header, sniffed
from chalicelib.domain.ingest.csv_files.records import Record, bad_byte, records
from chalicelib.domain.ingest.files import READERS, read_by, records_of
from chalicelib.domain.ingest.stretches import WORKBOOKS
from chalicelib.domain.shape.numerals import Numerals
from chalicelib.domain.shape.texts import tidy, tidy_name
from chalicelib.domain.sources import Source, named
from chalicelib.errors import EmptyDataset

ROWS = 20_000
NUMBER = re.compile(r"[-+−]?[0-9][0-9.,  ]*")


@dataclass(frozen=True)
class Sample:
    """The names of the columns, some rows, and the options of "read" that find them."""

    header: list[str]
    rows: list[list[str]]
    options: dict[str, Any]

    @cached_property
    def texts(self) -> dict[str, Counter[str]]:
        """The texts of each column, with the number of their rows; the first of columns with one name."""
        columns: dict[str, Counter[str]] = {}
        for place, name in enumerate(self.header):
            if name and name not in columns:
                columns[name] = Counter(tidy(row[place]) for row in self.rows)
        return columns


def sample_of(source: Source) -> Sample:
    """Read the first rows of a file, or of a stream of CSV. Raises a DatasetError that says what is wrong."""
    suffix = source.suffix.lower() if isinstance(source, Path) else ""
    if isinstance(source, Path) and suffix in READERS:
        frame = read_by(READERS[suffix], source).head(ROWS)
        texts = frame.astype(object).where(frame.notna(), "").astype(str)
        return Sample([tidy_name(str(name)) for name in frame.columns], texts.to_numpy().tolist(), {})
    if isinstance(source, Path) and suffix in WORKBOOKS:
        cells = read_by(pd.read_excel, source, header=None, dtype=object, na_filter=False).head(ROWS)
        return laid_out([*records_of(cells, Numerals({}))], {}, named(source))
    return sample_of_csv(source)


def sample_of_csv(source: Source) -> Sample:
    encoding, options = sniffed(source, named(source)), dict[str, Any]()
    widths = {sep: usual_width(beginning(source, encoding, sep)) for sep in SEPARATORS}
    sep = max(widths, key=widths.__getitem__)
    with closing(records(source, encoding, sep)) as rows:
        first = [*islice(rows, ROWS)]
    if any(map(bad_byte, first)):
        options["encoding"] = ENCODING
        with closing(records(source, ENCODING, sep)) as rows:
            first = [*islice(rows, ROWS)]
    return laid_out(first, options, named(source))


def usual_width(rows: Sequence[Record]) -> int:
    """Return the number of fields that most records have."""
    widths = Counter(len(record.fields) for record in rows)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def laid_out(rows: list[Record], options: dict[str, Any], name: str) -> Sample:
    """Find the header: the first record that is as wide as most, counting only fields with a text."""
    if not rows:
        raise EmptyDataset(name)
    width = Counter(sum(map(bool, record.fields)) for record in rows[1:40]).most_common(1)
    usual = width[0][0] if width else 1
    begin = next((place for place, row in enumerate(rows) if sum(map(bool, row.fields)) >= usual / 2), 0)
    if rows[begin].number > 1 and begin:
        options["skiprows"] = rows[begin].number - 1
    lines = [rows[begin].fields]
    if begin + 2 < len(rows) and has_two_lines(lines[0], rows[begin + 1].fields):
        options["header"] = [0, 1]
        lines.append(rows[begin + 1].fields)
    names = [*map(tidy_name, joined_header(lines))]
    missing = [""] * len(names)
    body = [[*record.fields, *missing][: len(names)] for record in rows[begin + len(lines) :]]
    return Sample(names, body, options)


def has_two_lines(first: list[str], second: list[str]) -> bool:
    """Whether merged cells of a header's first line have names in the second, and no number is there."""
    merged = [place for place, text in enumerate(first) if not text.strip() and place]
    below = [text.strip() for text in second]
    return any(below[place : place + 1] != [""] for place in merged) and not any(map(NUMBER.fullmatch, below))
