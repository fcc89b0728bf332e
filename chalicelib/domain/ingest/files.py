"""Files of every kind to cubes: CSV, workbooks, and what pandas reads into a frame."""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.layout import LOOKED_AT, header_of, other_header
from chalicelib.domain.ingest.csv_files.records import Record, is_blank
from chalicelib.domain.ingest.reading import cube_of_csv, cube_of_frame, read_records
from chalicelib.domain.shape.numerals import Numerals
from chalicelib.domain.shape.tallies import pasted
from chalicelib.domain.sources import refuse_device
from chalicelib.errors import DatasetError, listed, shown

WORKBOOKS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
# What reads the other kinds of files, by their suffix.
FRAMES: Mapping[str, Callable[..., Any]] = {
    **dict.fromkeys((".parquet", ".pq"), pd.read_parquet),
    ".feather": pd.read_feather,
    ".orc": pd.read_orc,
    ".dta": pd.read_stata,
    ".sav": pd.read_spss,
    **dict.fromkeys((".sas7bdat", ".xpt"), pd.read_sas),
}
# What the readers raise for a file that is damaged or of another kind: pandas documents none of it.
BROKEN = (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile)


def cube_of_file(path: Path, description: Description) -> Cube:
    """Read a file of the kind that its suffix names, CSV without a known one.

    Raises a DatasetError that says what is wrong.
    """
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return cube_of_workbook(path, description)
    if suffix in FRAMES:
        return cube_of_frame(read_by(FRAMES[suffix], path), description, str(path))
    return cube_of_csv(path, description)


def read_by(read: Callable[..., Any], path: Path, **options: Any) -> Any:
    """Call a reader of pandas. Raises DatasetError for a damaged file, and for a package that is missing."""
    try:
        refuse_device(path)
        return read(path, **options)
    except FileNotFoundError:
        raise DatasetError(f"no data set at {path}: no such file") from None
    except ImportError as error:
        raise DatasetError(f"{path} cannot be read here: {error}") from None
    except BROKEN as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise DatasetError(f"{path} is not a {path.suffix} file, or damaged: {why}") from None


def cube_of_workbook(path: Path, description: Description) -> Cube:
    """Read one sheet of a workbook: the first, or that of the option `sheet_name`."""
    options, numerals = description.read, Numerals(description.read)
    sheets = read_by(pd.ExcelFile, path)
    with sheets:
        sheet = options.get("sheet_name", 0)
        if sheet not in sheets.sheet_names and not (
            isinstance(sheet, int) and sheet < len(sheets.sheet_names)
        ):
            raise DatasetError(f"{path} has no sheet {shown(sheet)}; it has {listed(sheets.sheet_names)}")
        cells = pd.read_excel(sheets, sheet_name=sheet, header=None, dtype=object, na_filter=False)
    rows = [*records_of(cells, numerals)]
    layout = header_of(rows[:LOOKED_AT], options, "", "", str(path))
    wider = max((len(record.fields) for record in rows), default=0) - len(layout.header)
    layout.header.extend([""] * wider)
    others = [name for place, name in enumerate(sheets.sheet_names) if sheet not in (place, name)]
    lacks = f'"read": {{"sheet_name": …}} takes another sheet: {listed(others)}' if others else ""
    found, shift = other_header([rows[:LOOKED_AT]], description, "row")
    lacks = f'{found}: "read": {pasted(shift)}' if shift else lacks
    ingest, _ = read_records(iter(rows), layout, Columns(layout.header, str(path), description, lacks), "row")
    return ingest.cube()


def records_of(cells: pd.DataFrame, numerals: Numerals) -> Iterator[Record]:
    """Yield the rows of a sheet that are not blank."""
    for number, row in enumerate(cells.itertuples(index=False, name=None), 1):
        fields = [value if isinstance(value, str) else numerals.written(value) for value in row]
        fields = [re.sub(r"^(NaT|nan|None)$", "", text) for text in fields]
        if any(map(str.strip, fields)) and not is_blank(fields):
            yield Record(number, number, fields)
