"""A file read in aligned blocks, so that any reader of it also makes the digests of what it reads."""

import hashlib
import io
import os
from collections import OrderedDict
from collections.abc import Callable
from typing import BinaryIO

from chalicelib.domain.sources import HASHED_BYTES

# Blocks in memory: parquet's columns begin in other blocks than its footer.
MOST_KEPT = 3
BUFFERED_BYTES = 1 << 16
NO_END = 1 << 62  # of a range of blocks


class Blocks(io.RawIOBase):
    """A file, read in aligned blocks of HASHED_BYTES where they are its `own` (None: all).

    A block is hashed when it is first read, if they are. `size` is None where it is known only at the end, as
    that of gzip. `on_read` is called before each reading, with the number of blocks that were read.
    """

    def __init__(
        self,
        file: BinaryIO,
        size: int | None,
        own: range | None = None,
        is_hashed: bool = False,
        on_read: Callable[[int], None] = lambda blocks: None,
    ) -> None:
        self.name = getattr(file, "name", "the stream")
        self.digests: dict[int, bytes] = {}
        self._file, self._size, self._own, self._on_read = file, size, own, on_read
        self._is_hashed = is_hashed
        self._place = 0
        self._read: set[int] = set()
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._place}
        self._place = max(0, offset + (self.size() if whence == os.SEEK_END else bases[whence]))
        return self._place

    def size(self) -> int:
        if self._size is None:
            self.finish(range(max(self._read, default=-1) + 1, NO_END))
        return self._size or 0

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override] # what Python passes
        self._on_read(len(self._read))
        number, skipped = divmod(self._place, HASHED_BYTES)
        if self._own is None or number in self._own:
            found = memoryview(self._block(number))[skipped : skipped + len(buffer)]
        else:
            self._file.seek(self._place)
            found = memoryview(self._file.read(min(len(buffer), HASHED_BYTES - skipped)))
        memoryview(buffer)[: len(found)] = found
        self._place += len(found)
        return len(found)

    def finish(self, numbers: range) -> None:
        """Read the blocks of a range that were not read yet, up to the end of the file."""
        for number in numbers:
            if number not in self._read and not self._block(number):
                break

    def _block(self, number: int) -> bytes:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        if self._size is not None and number * HASHED_BYTES >= self._size:
            return b""
        self._on_read(len(self._read))
        self._file.seek(number * HASHED_BYTES)
        block = self._file.read(HASHED_BYTES)
        self._note(number, block)
        return block

    def _note(self, number: int, block: bytes) -> None:
        if len(block) < HASHED_BYTES and self._size is None and (block or number - 1 in {*self._read, -1}):
            self._size = number * HASHED_BYTES + len(block)
        if not block:
            return
        self._kept[number] = block
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        if number not in self._read and self._is_hashed:
            self.digests[number] = hashlib.sha256(block).digest()
        self._read.add(number)

    def close(self) -> None:
        self._kept.clear()
        self._file.close()
        super().close()


def buffered(blocks: Blocks) -> BinaryIO:
    return io.BufferedReader(blocks, BUFFERED_BYTES)
