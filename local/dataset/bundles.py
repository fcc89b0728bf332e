"""Bundles: what one task reads, of as many parts as make a task worth its while."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.errors import DatasetError
from local.dataset.blocks import NO_END, buffered
from local.dataset.parts import Part
from local.dataset.pieces import Bundle, Digests, Piece, blocks_from, whole
from local.dataset.reading import Cancelled, Run, RunName, is_packed, opened, reading, unchanged

if TYPE_CHECKING:  # pandas, which a start with a snapshot does without
    from chalicelib.domain.ingest.outcome import Sums, Trouble
    from chalicelib.domain.ingest.reader import Reader


@dataclass
class Outcome:
    """What a bundle gave. `digests` are those of blocks, by the part's place and the block's number.

    `read` has the places of the parts of the pieces that are done, `size` their bytes, and `is_counted` says
    whether progress knows of these.
    """

    sums: "Sums | None" = None
    read: list[int] = field(default_factory=list)
    size: int = 0
    digests: dict[int, Digests] = field(default_factory=dict)
    troubles: "list[Trouble]" = field(default_factory=list)
    is_counted: bool = False


def read_bundle(bundle: Bundle, description: Description | None, name: RunName) -> Outcome:
    """Read the pieces of a bundle with one accumulator, up to the first part with something wrong.

    Without a description they are hashed alone.
    """
    run, reader = name.find(), reader_of(description) if description else None
    outcome = Outcome(is_counted=run is not None)
    for piece in bundle:
        if outcome.troubles and outcome.troubles[0].stretch.part != piece.place:
            break
        try:
            trouble = read_piece(piece, reader, outcome, run)
        except DatasetError as error:
            trouble = trouble_of(piece.stretch, error)
        except Cancelled:
            break
        outcome.read.append(piece.place)
        outcome.size += piece.size
        outcome.troubles += [trouble] if trouble else []
    outcome.sums = reader.sums() if reader else None
    return outcome


def reader_of(description: Description) -> "Reader":
    from chalicelib.domain.ingest.reader import Reader

    return Reader(description)


def trouble_of(stretch: Stretch, error: DatasetError) -> "Trouble":
    from chalicelib.domain.ingest.faults import Faults
    from chalicelib.domain.ingest.outcome import Trouble

    return Trouble(stretch, Faults(), error.with_traceback(None))


def read_piece(piece: Piece, reader: "Reader | None", outcome: Outcome, run: Run | None) -> "Trouble | None":
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


def hashed_pieces(parts: Sequence[Part], size: int) -> list[Piece]:
    """Return what is to be hashed: gzip is decompressed as a whole, another large file is cut."""
    pieces = []
    for piece in (whole(place, part) for place, part in enumerate(parts)):
        if piece.size <= size or is_packed(piece.part):
            pieces.append(piece)
            continue
        for begin in range(0, piece.size, size):
            end = min(piece.size, begin + size)
            pieces.append(Piece(piece.part, piece.stretch, end - begin, blocks_from(begin, end)))
    return pieces
