"""CSV to cube, by the fastest engine that reads a file as the careful one does. Not for Lambda."""

import logging

from chalicelib.cube import Cube
from chalicelib.dataset import Description, Source, named
from chalicelib.engines import careful
from chalicelib.engines.blocks import Declined
from chalicelib.errors import DatasetError, EmptyDataset, NoRowsInDataset

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
    try:
        from chalicelib.engines import arrow  # an optional package, and 0.1 s to import
    except ImportError:
        return None
    try:
        return arrow.read(source, description)
    except Declined as reason:
        log.info("reading %s record by record: %s", named(source), reason)
    except DatasetError:
        pass  # which error a file deserves, `careful` says
    return None
