"""Bundles: what one task reads, of as many parts as make a task worth its while."""

import functools
import gzip
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.faults import Faults
from chalicelib.domain.ingest.outcome import Sums, Trouble
from chalicelib.domain.ingest.reader import Reader
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.domain.sources import HASHED_BYTES, unpacked
from chalicelib.errors import DatasetError, NotCsv
from local.dataset.blocks import NO_END, Blocks, buffered
from local.dataset.parts import CSV_KIND, Part
from local.dataset.progress import Progress

# Bundles for each worker: fewer leave some idle at the end, more cost a merge each.
BUNDLES_A_WORKER = 4


class Piece(NamedTuple):
    """A stretch of a part, of some bytes. `blocks` are those that it hashes, and keeps while it reads them.

    None are all. Where another task has the digests, it `is_hashed` not.
    """

    part: Part
    stretch: Stretch
    size: int
    blocks: range | None = None
    is_hashed: bool = True

    @property
    def place(self) -> int:
        return self.stretch.part


Bundle = Sequence[Piece]


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


@dataclass
class Outcome:
    """What a bundle gave. `digests` are those of blocks, by the part's place and the block's number.

    `read` has the pieces that are done, `is_counted` says whether progress knows of their bytes.
    """

    sums: Sums | None = None
    read: list[Piece] = field(default_factory=list)
    digests: dict[int, dict[int, bytes]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    is_counted: bool = False


def bundled(pieces: Sequence[Piece], workers: int) -> Iterator[Bundle]:
    """Cut pieces into bundles of similar size, some for each worker."""
    wanted = sum(piece.size for piece in pieces) / (workers * BUNDLES_A_WORKER)
    bundle: list[Piece] = []
    for piece in pieces:
        bundle.append(piece)
        if sum(each.size for each in bundle) >= wanted:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


def read_bundle(bundle: Bundle, description: Description | None, name: RunName) -> Outcome:
    """Read the pieces of a bundle with one accumulator, up to the first part with something wrong.

    Without a description they are hashed alone.
    """
    run, reader = name.find(), Reader(description) if description else None
    outcome = Outcome(is_counted=run is not None)
    for piece in bundle:
        if outcome.troubles and outcome.troubles[0].stretch.part != piece.place:
            break
        try:
            trouble = read_piece(piece, reader, outcome, run)
        except DatasetError as error:
            trouble = Trouble(piece.stretch, Faults(), error.with_traceback(None))
        except Cancelled:
            break
        outcome.read.append(piece)
        outcome.troubles += [trouble] if trouble else []
    outcome.sums = reader.sums() if reader else None
    return outcome


def read_piece(piece: Piece, reader: Reader | None, outcome: Outcome, run: Run | None) -> Trouble | None:
    """Read and hash a piece. Raises DatasetError where that is impossible, or the file changed."""
    trouble: Trouble | None = None
    with unchanged(piece.part), reading(piece.part), opened(piece, run) as blocks:
        file = buffered(blocks)
        if reader:
            trouble = reader.read(piece.stretch, file)
        if trouble is None and piece.is_hashed:
            blocks.finish(range(NO_END) if piece.blocks is None else piece.blocks)
        outcome.digests.setdefault(piece.place, {}).update(blocks.digests)
    return trouble


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
