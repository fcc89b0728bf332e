"""The stretches that files are cut into, to be read by different tasks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stretch:
    """The records of a file that one task reads: all, or those of some bytes (CSV) or row groups (parquet).

    `part` is the place of its file among those of the data set, `name` its name in messages, and `kind`
    "csv", "parquet" or "frame", which is whatever else pandas reads. Of CSV, `line` is the number of the
    line with which the stretch begins.
    """

    part: int
    name: str
    kind: str
    begin: int = 0
    end: int | None = None  # None: to the end of the file
    line: int = 1
