"""CSV to cube, with pandas, a bounded number of rows at a time. Never imported in Lambda."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Context, Decimal
from typing import cast

import pandas as pd

from chalicelib.cube import DIMENSIONS, Cube, Labels, Measures
from chalicelib.dataset import ROLES, Description, Source, named, opened
from chalicelib.errors import (
    DatasetError,
    EmptyDataset,
    InvalidValue,
    MissingColumns,
    NoRowsInDataset,
    NotCsv,
    WrongEncoding,
    shown,
)

CHUNK_ROWS = 100_000
# Bounded, so that no text of ten characters can ask for an integer of a billion digits.
NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?", re.ASCII)

# Wide enough for every text that NUMBER lets through, so nothing is rounded.
EXACT = Context(prec=200)


def read_cube(source: Source, description: Description, chunk_rows: int = CHUNK_ROWS) -> Cube:
    """The cube of a CSV file or binary stream, in memory bounded by `chunk_rows` and the cube itself.

    Raises DatasetNotFound, NotCsv, WrongEncoding, EmptyDataset, MissingColumns, InvalidValue or
    NoRowsInDataset.
    """
    name = named(source)
    whole, rows = Cube(), 0
    for chunk in chunks(source, name, description, chunk_rows):
        try:
            whole = whole.merge(cube_of(chunk, description))
        except ValueError:
            raise located(source, name, description) from None
        rows += len(chunk)
    if not rows:
        raise EmptyDataset(name)
    if not whole.overall().counted:
        raise NoRowsInDataset(name)
    return whole


def chunks(source: Source, name: object, description: Description, rows: int) -> Iterator[pd.DataFrame]:
    """Frames of text, a column for each role of the description."""
    with opened(source) as text:
        try:
            check_header(text.readline(), name, description)
            text.seek(0)
            wanted = list(description.columns.values())
            frames = pd.read_csv(
                text, usecols=wanted, dtype=str, keep_default_na=False, chunksize=rows, encoding="utf-8-sig"
            )
            for frame in frames:
                yield pd.DataFrame({role: frame[column] for role, column in description.columns.items()})
        except UnicodeDecodeError as error:
            raise WrongEncoding(name, f"{error.reason}, byte 0x{error.object[error.start]:02x}") from None
        except (pd.errors.ParserError, csv.Error) as error:
            raise NotCsv(name, str(error).strip()) from None


def check_header(line: bytes, name: object, description: Description) -> None:
    if not line.strip():
        raise EmptyDataset(name)
    if b"\0" in line:
        raise NotCsv(name, "its first line holds binary data")
    text = line.decode("utf-8-sig")
    if text.lstrip()[:1] == "<":
        raise NotCsv(name, f"it begins like a web page: {text.strip()[:60]}")
    header = next(csv.reader([text]))
    if missing := [column for column in description.columns.values() if column not in header]:
        raise MissingColumns(name, missing, header)


def cube_of(frame: pd.DataFrame, description: Description) -> Cube:
    """Raises ValueError if a value is no number."""
    frame = pd.DataFrame({role: frame[role].str.strip() if role in frame else "" for role in ROLES})
    for role, aliases in description.aliases.items():
        frame[role] = frame[role].replace(dict(aliases))
    # Sums are taken over distinct values, of which there are few, so they can be exact at no cost.
    counted = frame[frame["question"] != ""].groupby(["question", *DIMENSIONS, "value"], sort=False).size()
    numbers = {text: parsed(text) for text in counted.index.unique("value") if text}
    scale = max((decimals(number) for number in numbers.values()), default=0)
    scaled = {text: int(number.scaleb(scale, EXACT)) for text, number in numbers.items()}
    cube = Cube(scale)
    rows = cast("dict[Labels, int]", counted.to_dict())
    for (question, *labels, text), count in rows.items():
        one = Measures(scaled[text] * count, count) if text else Measures(suppressed=count)
        cells = cube.cells.setdefault(question, {})
        key: Labels = tuple(labels)
        cells[key] = cells[key].plus(one) if key in cells else one
    cube.question_ids = names(frame, "question_id", "question")
    cube.location_ids = names(frame, "location", "location_id")
    return cube


def parsed(text: str) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    # Without its trailing zeros: "30" and "30.0" are one number, with one scale.
    return Decimal(text).normalize(EXACT)


def decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -int(exponent))


def names(frame: pd.DataFrame, key: str, value: str) -> dict[str, frozenset[str]]:
    pairs = frame[[key, value]].drop_duplicates()
    pairs = pairs[(pairs[key] != "") & (pairs[value] != "")]
    return {str(name): frozenset(group) for name, group in pairs.groupby(key)[value]}


def located(source: Source, name: str, description: Description) -> DatasetError:
    """The error of the first invalid value, or of what keeps it from being found."""
    try:
        return first_invalid(source, name, description)
    except csv.Error as error:  # such as a field beyond csv's limit, which pandas does not have
        return NotCsv(name, str(error))


def first_invalid(source: Source, name: str, description: Description) -> DatasetError:
    """Where the first value is that is no number, by the line it stands on.

    Found by reading anew, not by counting pandas' rows: fields can hold lines, lines can hold nothing.
    """
    column = description.columns["value"]
    with opened(source) as text:
        reader = csv.reader(io.TextIOWrapper(text, "utf-8-sig", newline=""))
        header = next(reader)
        question, value = header.index(description.columns["question"]), header.index(column)
        end = reader.line_num
        for fields in reader:
            start, end = end + 1, reader.line_num
            if len(fields) > max(question, value) and fields[question].strip():
                found = fields[value].strip()
                if found and not NUMBER.fullmatch(found):
                    return InvalidValue(name, start + line_breaks(fields[:value]), column, fields[value])
    return NotCsv(name, f"column {shown(column)} holds a value that is not a number")


def line_breaks(fields: list[str]) -> int:
    return sum(len(re.findall(r"\r\n|\r|\n", field)) for field in fields)
