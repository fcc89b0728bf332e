"""Cuts a CSV file at the ends of records, from a scan of each of its blocks.

Whether a line break ends a record depends on the quotes before it, so a block is scanned for both cases: as
if it began outside quotes, and as if inside. The numbers of quotes in the blocks before tell which is true.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files.layout import Layout, first_records, layout_of
from chalicelib.domain.ingest.csv_files.records import UTF8
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.domain.shape.texts import BYTE_ORDER_MARK
from chalicelib.domain.sources import view
from chalicelib.errors import DatasetError

QUOTE, LINE_FEED, CARRIAGE_RETURN = b'"\n\r'
ASCII = bytes(range(128)).decode("ascii")
PIECE_BYTES = 1 << 20  # of a block, that is looked at in the processor's cache
MARK = BYTE_ORDER_MARK.encode()

Booleans = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Cut:
    """Where a record begins: its first byte, and how many lines of its block end before."""

    place: int
    lines: int


@dataclass(frozen=True)
class Scan:
    """What is in a block of a file.

    `quotes` and ends of `lines` are numbers. `cuts` has the first record that begins in the block or after
    its last byte, and `is_clear` whether each quote can be one that opens or closes a field: as if the block
    began outside quotes, and as if inside. Where one is not clear, no cut is known.
    """

    quotes: int = 0
    lines: int = 0
    cuts: tuple[Cut | None, Cut | None] = (None, None)
    is_clear: tuple[bool, bool] = (True, True)

    def then(self, following: "Scan") -> "Scan":
        """Return the scan of this block and the one that follows."""
        sides = [self._side(side, following) for side in (0, 1)]
        cuts, is_clear = zip(*sides, strict=True)
        return Scan(self.quotes + following.quotes, self.lines + following.lines, cuts, is_clear)

    def _side(self, side: int, following: "Scan") -> tuple[Cut | None, bool]:
        other = (side + self.quotes) % 2
        if not self.is_clear[side] or not following.is_clear[other]:
            return None, False
        cut = following.cuts[other]
        return self.cuts[side] or (cut and Cut(cut.place, cut.lines + self.lines)), True


@dataclass(frozen=True)
class Cutting:
    """How a file can be cut: how it is laid out, and the line in which its first row begins."""

    layout: Layout
    line: int

    @property
    def sep(self) -> str:
        return self.layout.sep


def cutting_of(file: BinaryIO, name: str, description: Description) -> Cutting | None:
    """Return how a seekable CSV file can be cut; None for one that is read whole.

    That is one without rows or a usable header, one whose rows depend on their number, and one in an
    encoding whose text may have the bytes of quotes and line breaks inside other characters.
    """
    source = view(file, name)
    try:
        layout = layout_of(source, description)
        Columns(layout.header, name, description)
        first = first_records(source, layout.encoding, layout.sep)
    except DatasetError:  # which the reading of the whole file will tell
        return None
    rows = (record.line for record in first if record.number > layout.skipped)
    line = next(rows, None)
    if line is None or not layout.plain or not is_ascii_wide(layout.encoding) or not is_mark(layout.sep):
        return None
    file.seek(0)
    if layout.encoding != UTF8 and file.read(len(MARK)) == MARK:
        return None
    return Cutting(layout, line)


def is_mark(sep: str) -> bool:
    return len(sep) == 1 and sep.isascii() and sep not in '"\n\r'


def is_ascii_wide(encoding: str) -> bool:
    """Whether every byte below 128 is that character of ASCII, whatever the bytes before it are."""
    try:
        follows = (bytes([byte, 65]).decode(encoding, "replace") for byte in range(128, 256))
        return bytes(range(128)).decode(encoding) == ASCII and all(text[1:] == "A" for text in follows)
    except UnicodeError:
        return False


def scan(file: BinaryIO, begin: int, end: int, sep: str, piece_bytes: int = PIECE_BYTES) -> Scan:
    """Scan the bytes of a seekable file from `begin` to before `end`, whose fields `sep` separates."""
    edges = np.isin(np.arange(256), [ord(sep), QUOTE, LINE_FEED, CARRIAGE_RETURN])
    found = Scan()
    for place, data in pieces(file, begin, end, piece_bytes):
        is_sought = any(cut is None and clear for cut, clear in zip(found.cuts, found.is_clear, strict=True))
        found = found.then(scan_of(place, data, edges, is_sought))
    return found


def pieces(file: BinaryIO, begin: int, end: int, size: int) -> Iterator[tuple[int, Bytes]]:
    """Yield the bytes in pieces, each with its place, the byte before it and the one after it.

    A line feed stands for the byte before the file and the one after it.
    """
    file.seek(0)
    first = len(MARK) if file.read(len(MARK)) == MARK else 0
    place = max(begin, first)
    file.seek(max(first, place - 1))
    before = file.read(1) if place > first else b"\n"
    following = file.read(min(size, end - place)) if place < end else b""
    while piece := following:
        left = end - place - len(piece)
        following = file.read(min(size, left)) if left else b""
        after = following[:1] if left else file.read(1)
        yield place, np.frombuffer(before + piece + (after or b"\n"), np.uint8)
        place, before = place + len(piece), piece[-1:]


def scan_of(place: int, data: Bytes, edges: Booleans, with_cuts: bool) -> Scan:
    """Scan a piece between the byte before it and the one after it; `edges` may be beside a quote."""
    piece, after = data[1:-1], data[2:]
    quotes = np.flatnonzero(piece == QUOTE)
    ends = piece == LINE_FEED
    returns = piece == CARRIAGE_RETURN
    if returns.any():
        ends |= returns & (after != LINE_FEED)
    opens, closes = edges[data[quotes]], edges[after[quotes]]
    sides = [bool(opens[side::2].all() and closes[1 - side :: 2].all()) for side in (0, 1)]
    cuts = cuts_of(place, np.flatnonzero(ends), quotes) if with_cuts else [None, None]
    return Scan(len(quotes), int(np.count_nonzero(ends)), (cuts[0], cuts[1]), (sides[0], sides[1]))


def cuts_of(place: int, ends: Places, quotes: Places) -> list[Cut | None]:
    """Return the first record as if the piece began outside quotes, and as if inside."""
    cuts: list[Cut | None] = []
    inside = np.searchsorted(quotes, ends) % 2
    for side in (0, 1):
        of_records = np.flatnonzero(inside == side)
        first = int(of_records[0]) if len(of_records) else None
        cuts.append(None if first is None else Cut(place + int(ends[first]) + 1, first + 1))
    return cuts


def stretches_of(whole: Stretch, cutting: Cutting, scans: Sequence[Scan]) -> list[Stretch]:
    """Cut a file by the scans of its blocks, in their order; it stays whole where a quote is not clear."""
    inside, line, begins = 0, 1, [(0, 1)]
    for place, scan in enumerate(scans):
        if not scan.is_clear[inside]:
            return [whole]
        cut = scan.cuts[inside]
        if cut and place and line + cut.lines > cutting.line:
            begins.append((cut.place, line + cut.lines))
        inside, line = (inside + scan.quotes) % 2, line + scan.lines
    if inside:
        return [whole]
    ends = [begin for begin, _ in begins[1:]]
    return [
        replace(whole, begin=begin, end=end, line=line, layout=cutting.layout)
        for (begin, line), end in zip(begins, [*ends, None], strict=True)
    ]
