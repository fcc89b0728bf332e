"""The stretches that files are cut into, to be read by different tasks. Needs no pandas."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.domain.ingest.csv_files.layout import Layout

WORKBOOKS = frozenset((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"))
PARQUET = frozenset((".parquet", ".pq"))
# Of the other files that pandas reads.
FRAMES = frozenset((".feather", ".orc", ".dta", ".sav", ".sas7bdat", ".xpt"))


@dataclass(frozen=True)
class Stretch:
    """The records of a file that one task reads: all, or those of some bytes (CSV) or row groups (parquet).

    `part` is the place of its file among those of the data set, `name` its name in messages, and `kind`
    "csv", "parquet" or "frame", which is whatever else pandas reads. Of CSV, `line` is the number of the
    line with which the stretch begins, and `layout` that of its file, if it is known.
    """

    part: int
    name: str
    kind: str
    begin: int = 0
    end: int | None = None  # None: to the end of the file
    line: int = 1
    layout: "Layout | None" = field(default=None, compare=False)


def suffix_of(name: str) -> str:
    return PurePath(name).suffix.lower()


def kind_of(name: str) -> str:
    """Return the kind of a file by its suffix: "csv", "parquet", or "frame" for what else pandas reads."""
    suffix = suffix_of(name)
    if suffix in PARQUET:
        return "parquet"
    return "frame" if suffix in FRAMES | WORKBOOKS else "csv"
