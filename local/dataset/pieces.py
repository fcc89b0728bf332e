"""Pieces: the stretches of the parts, and bundles of them, of which each is a task."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.domain.ingest.stretches import Stretch, kind_of
from chalicelib.domain.sources import HASHED_BYTES
from local.dataset.parts import Part

# Bundles for each worker: fewer leave some idle at the end, more cost a merge each.
BUNDLES_A_WORKER = 4


class Piece(NamedTuple):
    """A stretch of a part, and its size in bytes.

    `blocks` are those that its reading hashes, all if it is None. `is_hashed` is False where another task
    has the digests.
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
Digests = dict[int, bytes]  # of blocks, by their numbers


class Sizes(NamedTuple):
    """Bytes beyond which a part is cut, and of the pieces then, for CSV and for parquet.

    Parquet is cut between row groups, so its pieces may be larger.
    """

    csv: int = 256 << 20
    csv_piece: int = 64 << 20
    parquet: int = 64 << 20
    parquet_piece: int = 32 << 20


SIZES = Sizes()


class Plan(NamedTuple):
    """The pieces of all parts, in their order, and the digests of those that are known by now."""

    pieces: list[Piece]
    digests: dict[int, Digests]


def whole(place: int, part: Part) -> Piece:
    return Piece(part, Stretch(place, part.name, kind_of(part.name)), part.size)


def blocks_from(begin: int, end: int) -> range:
    """Return the blocks that begin in some bytes."""
    return range(-(-begin // HASHED_BYTES), -(-end // HASHED_BYTES))


def bundled(pieces: Sequence[Piece], workers: int) -> Iterator[Bundle]:
    """Cut pieces into bundles of similar size, some for each worker."""
    wanted = sum(piece.size for piece in pieces) / (workers * BUNDLES_A_WORKER)
    bundle, size = list[Piece](), 0
    for piece in pieces:
        bundle.append(piece)
        size += piece.size
        if size >= wanted:
            yield bundle
            bundle, size = [], 0
    if bundle:
        yield bundle
