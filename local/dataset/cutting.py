"""Large parts cut into pieces that several tasks read: CSV where records begin, parquet by row groups."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.csv_files.scans import Cutting, Scan, cutting_of, scan, stretches_of
from chalicelib.domain.ingest.parquet import ParquetFile
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.domain.sources import HASHED_BYTES
from chalicelib.errors import DatasetError
from local.dataset.blocks import buffered
from local.dataset.parts import CSV_KIND, PARQUET_KIND, Part
from local.dataset.pieces import Digests, Piece, Plan, Sizes, blocks_from, whole
from local.dataset.reading import RunName, is_packed, opened, reading

# Calls a function with each tuple of arguments on the workers; returns the results in the same order.
Map = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], list[Any]]


def plan_of(parts: Sequence[Part], description: Description, sizes: Sizes, name: RunName, map_: Map) -> Plan:
    """Cut the large parts. What is wrong with one of them is told when it is read."""
    wholes = [whole(place, part) for place, part in enumerate(parts)]
    limits = {CSV_KIND: sizes.csv, PARQUET_KIND: sizes.parquet}
    large = [piece for piece in wholes if piece.size > limits.get(piece.part.kind, piece.size)]
    looks = zip(large, map_(look, [(piece, description, name) for piece in large]), strict=True)
    cuts: dict[int, list[Piece]] = {}
    cuttings: list[tuple[Piece, Cutting]] = []
    for piece, found in looks:
        if isinstance(found, Cutting):
            cuttings.append((piece, found))
        elif found:
            cuts[piece.place] = cut_parquet(piece, found, sizes.parquet_piece)
    digests: dict[int, Digests] = {}
    for piece, pieces, known in cut_csv(cuttings, sizes.csv_piece, name, map_):
        cuts[piece.place], digests[piece.place] = pieces, known
    return Plan([one for piece in wholes for one in cuts.get(piece.place, [piece])], digests)


def look(piece: Piece, description: Description, name: RunName) -> Cutting | list[int] | None:
    """Return how a CSV file can be cut, the bytes of a parquet file's row groups, or None for neither."""
    try:
        with reading(piece.part), opened(replaced(piece, range(0)), name.find()) as blocks:
            if piece.part.kind == PARQUET_KIND:
                return ParquetFile(buffered(blocks), piece.part.name).sizes
            return (
                None if is_packed(piece.part) else cutting_of(buffered(blocks), piece.part.name, description)
            )
    except DatasetError:
        return None


def cut_csv(
    cuttings: Sequence[tuple[Piece, Cutting]], size: int, name: RunName, map_: Map
) -> Iterator[tuple[Piece, list[Piece], Digests]]:
    """Yield each file with its pieces and digests, from scans of all its blocks."""
    tasks = [
        (piece, cutting.sep, begin, min(piece.size, begin + size), name)
        for piece, cutting in cuttings
        for begin in range(0, piece.size, size)
    ]
    found: dict[int, list[tuple[Scan, Digests] | None]] = {}
    for (piece, *_), scanned in zip(tasks, map_(scan_blocks, tasks), strict=True):
        found.setdefault(piece.place, []).append(scanned)
    for piece, cutting in cuttings:
        scans = [scanned for scanned in found[piece.place] if scanned]
        if len(scans) == len(found[piece.place]):
            stretches = stretches_of(piece.stretch, cutting, [scanned for scanned, _ in scans])
            digests = {number: digest for _, known in scans for number, digest in known.items()}
            yield piece, [csv_piece(piece, stretch) for stretch in stretches], digests


def scan_blocks(piece: Piece, sep: str, begin: int, end: int, name: RunName) -> tuple[Scan, Digests] | None:
    """Scan some bytes of a file, and hash the blocks that begin in them; None where that is impossible."""
    own = blocks_from(begin, end)
    try:
        with reading(piece.part), opened(replaced(piece, own), name.find()) as blocks:
            scanned = scan(buffered(blocks), begin, end, sep)
            blocks.finish(own)
            return scanned, blocks.digests
    except DatasetError:
        return None


def csv_piece(piece: Piece, stretch: Stretch) -> Piece:
    end = piece.part.size if stretch.end is None else stretch.end
    own = range(stretch.begin // HASHED_BYTES, -(-end // HASHED_BYTES))
    return Piece(piece.part, stretch, end - stretch.begin, own, is_hashed=False)


def cut_parquet(piece: Piece, groups: Sequence[int], size: int) -> list[Piece]:
    """Cut a file between row groups. Each piece hashes about as many blocks as its groups have."""
    scale = piece.size / max(1, sum(groups))  # of bytes in the file to those before compression
    pieces, begin, begun = [], 0, 0
    ends = [*accumulate(groups)]
    for end, total in enumerate(ends, 1):
        if end == len(ends) or (total - begun) * scale >= size:
            first, last = round(begun * scale / HASHED_BYTES), round(total * scale / HASHED_BYTES)
            own = range(first, last if end < len(ends) else -(-piece.size // HASHED_BYTES))
            stretch = replace(piece.stretch, begin=begin, end=end)
            pieces.append(Piece(piece.part, stretch, round((total - begun) * scale), own))
            begin, begun = end, total
    return pieces


def replaced(piece: Piece, blocks: range) -> Piece:
    """Return a piece of the same part that counts for no progress."""
    return Piece(piece.part, piece.stretch, 0, blocks)
