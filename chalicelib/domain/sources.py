"""Files and binary streams that hold a data set, gzipped or not."""

import errno
import gzip
import hashlib
import io
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from chalicelib.errors import DatasetError, NotCsv

Source = Path | BinaryIO

GZIP_MAGIC = b"\x1f\x8b"
# What one digest is of, so that several readers of a large file can each make the digests of some blocks.
HASHED_BYTES = 8 << 20


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Open a file, or rewind a stream, and decompress it if its content (not its name) is gzip.

    Raises DatasetError: NotCsv for a directory, an unreadable file or damaged gzip.
    """
    try:
        if not isinstance(source, Path):
            source.seek(0)
            yield unpacked(source)
            return
        refuse_device(source)
        with source.open("rb") as file:
            yield unpacked(file)
    except FileNotFoundError:
        raise DatasetError(f"no data set at {source}: no such file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotCsv(named(source), f"its compression is damaged ({error})") from None
    except OSError as error:
        raise NotCsv(named(source), error.strerror or str(error)) from None


def refuse_device(path: Path) -> None:
    """Raise OSError for a pipe, whose opening waits for a writer, and for a device, which may never end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "it is no regular file; save it as one", str(path))


@contextmanager
def rewindable(source: Source) -> Iterator[Source]:
    """Return the source, or a copy on disk of a stream that can be read only once, such as a download."""
    if isinstance(source, Path) or source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        yield copy


class View(io.RawIOBase):
    """The bytes of a file from `begin` to before `end`, under a name. Closing it leaves the file open."""

    def __init__(self, file: BinaryIO, name: str, begin: int = 0, end: int | None = None) -> None:
        self.name, self._file, self._begin, self._end = name, file, begin, end
        self._place = begin

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place - self._begin

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET:
            self._place = self._begin + offset
        elif whence == io.SEEK_CUR:
            self._place += offset
        else:
            self._place = offset + (self._file.seek(0, io.SEEK_END) if self._end is None else self._end)
        return self.tell()

    def read(self, size: int = -1) -> bytes:
        if self._end is not None:
            left = max(0, self._end - self._place)
            size = left if size < 0 else min(size, left)
        self._file.seek(self._place)
        block = self._file.read(size)
        self._place += len(block)
        return block


def view(file: BinaryIO, name: str, begin: int = 0, end: int | None = None) -> BinaryIO:
    return cast(BinaryIO, View(file, name, begin, end))


def named(source: Source) -> str:
    """Return the name of the source for error messages."""
    name = source if isinstance(source, Path) else getattr(source, "name", None)
    return str(name) if isinstance(name, (Path, str)) and str(name) else "the stream"


def unpacked(file: BinaryIO) -> BinaryIO:
    magic = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if magic == GZIP_MAGIC else file  # type: ignore[return-value] # reads as one


def digest_of(blocks: Iterable[bytes]) -> bytes:
    """Return the digest of a file from those of its decompressed blocks of HASHED_BYTES, in their order."""
    return hashlib.sha256(b"".join(blocks)).digest()
