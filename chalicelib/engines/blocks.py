"""A file in blocks of whole records, for as many threads as ask."""

import csv
import threading
from typing import BinaryIO

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_END = b"\n"


class Declined(Exception):
    """Raised for a file that an engine may not read as `careful` does, with the reason."""


class Blocks:
    """Cuts after the last line of a block that looks like a whole record.

    It need not be one: a field can hold lines that look so. Whoever parses the block has to find out.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        if not hasattr(file, "readinto"):
            raise Declined("it is a stream that cannot read into a buffer")
        self.size = size
        self._file, self._lock, self._over = file, threading.Lock(), False
        self._rest = file.read(size)
        line = self._first_line()
        self.header, self._width = line.decode(), len(fields_of(line))

    def fill(self, buffer: bytearray) -> int:
        """Put the next block into `buffer`, which is longer than `size`; its length, 0 after the last."""
        with self._lock:
            if self._over:
                return 0
            length = len(self._rest)
            buffer[:length] = self._rest
            while length < self.size:
                with memoryview(buffer) as view:
                    read = self._file.readinto(view[length : self.size])
                if not read:
                    return self._last(buffer, length)
                length += read
            cut = self._cut(buffer, length)
            self._rest = bytes(memoryview(buffer)[cut:length])
            return cut

    def stop(self) -> None:
        """There are no more blocks."""
        self._over = True

    def _last(self, buffer: bytearray, length: int) -> int:
        self._over = True
        if length and not buffer.endswith(LINE_END, 0, length):
            buffer[length : length + 1] = LINE_END
            length += 1
        return length

    def _first_line(self) -> bytes:
        line, end, self._rest = self._rest.partition(LINE_END)
        line = line.removeprefix(BYTE_ORDER_MARK).removesuffix(b"\r")
        if not end or not line.strip() or b"\r" in line or line.count(b'"') % 2:
            raise Declined("its header is not the first line alone")
        return line

    def _cut(self, buffer: bytearray, length: int) -> int:
        end = buffer.rfind(LINE_END, 0, length)
        while (start := buffer.rfind(LINE_END, 0, max(end, 0))) >= 0:
            line = bytes(memoryview(buffer)[start + 1 : end])
            if line.count(b'"') % 2 == 0 and len(fields_of(line)) == self._width:
                return end + 1
            end = start
        raise Declined(f"it has {self.size} bytes without a line that is a whole record")


def fields_of(line: bytes) -> list[str]:
    """One record, in an encoding that takes any byte and has commas and quotes where UTF-8 has them."""
    return next(csv.reader([line.decode("latin-1")]), [])
