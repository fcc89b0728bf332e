"""CSV to cube, by the fastest engine that reads a file as the careful one does. Not for Lambda."""

import logging
import os
from pathlib import Path

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description, Source, named
from chalicelib.domain.engines import careful
from chalicelib.domain.engines.blocks import Declined
from chalicelib.errors import DatasetError, EmptyDataset, NoRowsInDataset

# Below this, `careful` is done before Arrow is imported.
SMALL_BYTES = 1 << 20

log = logging.getLogger("statline.ingest")


def read_cube(source: Source, description: Description) -> Cube:
    """The cube of a CSV file or seekable binary stream, in memory bounded by the cube itself.

    Raises DatasetNotFound, NotCsv, WrongEncoding, EmptyDataset, MissingColumns, RaggedRow, InvalidValue or
    NoRowsInDataset.
    """
    cube, rows = read_fast(source, description) or careful.read(source, description)
    if not rows:
        raise EmptyDataset(named(source))
    if not cube.overall().counted:
        raise NoRowsInDataset(named(source))
    return cube


def read_fast(source: Source, description: Description) -> tuple[Cube, int] | None:
    """What `careful.read` would give, or None where it has to be asked."""
    if size_of(source) < SMALL_BYTES:
        return None
    try:
        from chalicelib.domain.engines import arrow  # which need not be installed
    except ImportError:
        return None
    try:
        return arrow.read(source, description)
    except Declined as reason:
        log.info("reading %s record by record: %s", named(source), reason)
    except DatasetError:
        pass  # which error a file deserves, `careful` says
    return None


def size_of(source: Source) -> int:
    """The bytes of a file or stream as it is stored; 0 for what is no file."""
    if isinstance(source, Path):
        return source.stat().st_size if source.is_file() else 0
    return source.seek(0, os.SEEK_END)
