"""The kinds of files, and those that pandas reads: workbooks, and what it makes a frame of."""

import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pandas as pd

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.layout import LOOKED_AT, Layout, header_of, other_header
from chalicelib.domain.ingest.csv_files.records import Record, is_blank
from chalicelib.domain.ingest.stretches import PARQUET, suffix_of
from chalicelib.domain.shape.numerals import Numerals
from chalicelib.domain.shape.tallies import pasted
from chalicelib.domain.sources import Source, refuse_device
from chalicelib.errors import DatasetError, listed, shown

# What the readers raise for a file that is damaged or of another kind: pandas documents none of it.
BROKEN = (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile)


class Sheet(NamedTuple):
    """A sheet of a workbook."""

    rows: list[Record]
    layout: Layout
    columns: Columns


def frame_of(file: BinaryIO, name: str) -> pd.DataFrame:
    """Read a file into a frame. Raises DatasetError."""
    frame: pd.DataFrame = read_by(READERS[suffix_of(name)], file, name)
    return frame


def read_by(read: Callable[..., Any], source: Source, name: str = "", **options: Any) -> Any:
    """Call a reader of pandas. Raises DatasetError for a damaged file, and for a package that is missing."""
    name = name or str(source)
    try:
        if isinstance(source, Path):
            refuse_device(source)
        return read(source, **options)
    except FileNotFoundError:
        raise DatasetError(f"no data set at {name}: no such file") from None
    except ImportError as error:
        raise DatasetError(f"{name} cannot be read here: {error}") from None
    except BROKEN as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise DatasetError(f"{name} is not a {Path(name).suffix} file, or damaged: {why}") from None


def read_spss(source: Source) -> pd.DataFrame:
    """Read an SPSS file, of a stream from a copy on disk: pandas takes only a path."""
    if isinstance(source, Path):
        return pd.read_spss(source)
    with tempfile.NamedTemporaryFile(suffix=".sav") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        return pd.read_spss(copy.name)


def sheet_of(file: BinaryIO, name: str, description: Description) -> Sheet:
    """Read one sheet of a workbook: the first, or that of the option `sheet_name`. Raises DatasetError."""
    options, numerals = description.read, Numerals(description.read)
    sheets = read_by(pd.ExcelFile, file, name)
    with sheets:
        sheet = options.get("sheet_name", 0)
        if sheet not in sheets.sheet_names and not (
            isinstance(sheet, int) and sheet < len(sheets.sheet_names)
        ):
            raise DatasetError(f"{name} has no sheet {shown(sheet)}; it has {listed(sheets.sheet_names)}")
        cells = pd.read_excel(sheets, sheet_name=sheet, header=None, dtype=object, na_filter=False)
    rows = [*records_of(cells, numerals)]
    layout = header_of(rows[:LOOKED_AT], options, "", "", name)
    wider = max((len(record.fields) for record in rows), default=0) - len(layout.header)
    layout.header.extend([""] * wider)
    others = [other for place, other in enumerate(sheets.sheet_names) if sheet not in (place, other)]
    lacks = f'"read": {{"sheet_name": …}} takes another sheet: {listed(others)}' if others else ""
    found, shift = other_header([rows[:LOOKED_AT]], description, "row")
    lacks = f'{found}: "read": {pasted(shift)}' if shift else lacks
    return Sheet(rows, layout, Columns(layout.header, name, description, lacks))


def records_of(cells: pd.DataFrame, numerals: Numerals) -> Iterator[Record]:
    """Yield the rows of a sheet that are not blank."""
    for number, row in enumerate(cells.itertuples(index=False, name=None), 1):
        fields = [value if isinstance(value, str) else numerals.written(value) for value in row]
        fields = [re.sub(r"^(NaT|nan|None)$", "", text) for text in fields]
        if any(map(str.strip, fields)) and not is_blank(fields):
            yield Record(number, number, fields)


# What reads the other kinds of files, by their suffix.
READERS: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys(PARQUET, pd.read_parquet),
    ".feather": pd.read_feather,
    ".orc": pd.read_orc,
    ".dta": pd.read_stata,
    ".sav": read_spss,
    ".sas7bdat": partial(pd.read_sas, format="sas7bdat"),
    ".xpt": partial(pd.read_sas, format="xport"),
}
