"""One file or frame to a cube."""

from pathlib import Path

import pandas as pd

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.csv_files.reading import BLOCK_BYTES
from chalicelib.domain.ingest.files import read_by
from chalicelib.domain.ingest.reader import Reader
from chalicelib.domain.ingest.stretches import Stretch, kind_of
from chalicelib.domain.sources import Source, named, opened

FRAME = "the frame"


def cube_of_file(path: Path, description: Description) -> Cube:
    """Read a file of the kind that its suffix names, CSV without a known one.

    Raises a DatasetError that says what is wrong.
    """
    kind = kind_of(path.name)
    if kind == "csv":
        return cube_of_csv(path, description)
    with read_by(Path.open, path, mode="rb") as file:
        return Reader(description).cube(Stretch(0, str(path), kind), file)


def cube_of_csv(source: Source, description: Description, block_bytes: int = BLOCK_BYTES) -> Cube:
    """Read a CSV file or seekable binary stream, gzipped or not, in memory bounded by blocks and the cube.

    Raises a DatasetError that says what is wrong.
    """
    with opened(source) as file:
        return Reader(description, block_bytes).cube(Stretch(0, named(source), "csv"), file)


def cube_of_frame(frame: pd.DataFrame, description: Description, name: str = FRAME) -> Cube:
    """Read a frame of any types. Raises a DatasetError that says what is wrong."""
    reader = Reader(description)
    return reader.finished(reader.read_frame(Stretch(0, name, "frame"), frame), name)
