"""The reading of parts: decompressed, hashed, counted, and ended when it is no longer needed."""

import functools
import gzip
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from chalicelib.domain.sources import HASHED_BYTES, unpacked
from chalicelib.errors import DatasetError, NotCsv
from local.dataset.blocks import Blocks
from local.dataset.parts import CSV_KIND, Part
from local.dataset.pieces import Piece
from local.dataset.progress import Progress


class Cancelled(BaseException):
    """Raised by the reading of a file that is no longer needed."""


class Run:
    """A compilation in this process: how far it is, and beyond which part nothing is needed any more."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.last = progress, float("inf")


# The compilations of this process, which the tasks on its threads find by the name in their arguments.
RUNS: dict[str, Run] = {}


class RunName(NamedTuple):
    process: str
    run: str

    def find(self) -> Run | None:
        """Return the run; None in another process. Raises Cancelled once it has ended."""
        if self.process != this_process():
            return None
        if self.run not in RUNS:
            raise Cancelled
        return RUNS[self.run]


@functools.cache
def this_process() -> str:
    return uuid.uuid4().hex


@contextmanager
def unchanged(part: Part) -> Iterator[None]:
    """Raise DatasetError where the file is no longer what was found, whatever is wrong with it now."""
    try:
        yield
    except DatasetError:
        if change := part.change():
            raise change from None
        raise
    if change := part.change():
        raise change


@contextmanager
def reading(part: Part) -> Iterator[None]:
    """Raise DatasetError, which names the part, for what its reading raises."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotCsv(part.name, f"its compression is damaged ({error})") from None
    except OSError as error:
        raise NotCsv(part.name, error.strerror or str(error)) from None


@contextmanager
def opened(piece: Piece, run: Run | None) -> Iterator[Blocks]:
    """Open the part of a piece, decompressed if it is gzip. Its reading raises Cancelled."""
    counted = 0

    def count(done: int) -> None:
        nonlocal counted
        if run and run.last < piece.place:
            raise Cancelled
        if run and counted < (done := min(done, piece.size)):
            run.progress.advance(bytes=done - counted)
            counted = done

    with piece.part.open() as raw:
        text = unpacked(raw) if piece.part.kind == CSV_KIND else raw
        is_packed = text is not raw
        blocks = Blocks(
            text,
            None if is_packed else piece.part.size,
            piece.blocks,
            piece.is_hashed,
            lambda read: count(raw.tell() if is_packed else read * HASHED_BYTES),
        )
        blocks.name = piece.part.name
        yield blocks
        count(piece.size)
        blocks.close()


def is_packed(part: Part) -> bool:
    """Whether a part is read decompressed. Raises DatasetError."""
    with reading(part), part.open() as raw:
        return part.kind == CSV_KIND and unpacked(raw) is not raw
