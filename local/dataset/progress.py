"""How far reading or uploading is, on standard error: a line that is drawn again, or a line now and then."""

import os
import sys
import threading
import time
from datetime import timedelta
from types import TracebackType

# Seconds until the first line, between two on a terminal, and between two elsewhere.
QUIET, REDRAWN, REPEATED = 2.0, 0.2, 10.0
MEGABYTE = 1_000_000
NO_FILE = -1
# So little is worth no line, however slow the machine is.
LITTLE_FILES, LITTLE_BYTES = 10, MEGABYTE
COLUMNS = 80  # of a terminal that does not know


class Progress:
    """Files, bytes and rows that are done, of so many. Any thread may count.

    As a context manager it also draws them, by a thread of its own: nothing in the first `quiet` seconds,
    then every `every` seconds. `stream` is the number of a file, by default that of standard error.
    """

    def __init__(
        self, verb: str = "reading", *, stream: int | None = None, quiet: float = QUIET, every: float = 0
    ) -> None:
        self._verb, self._stream = verb, standard_error() if stream is None else stream
        self._on_terminal = os.isatty(self._stream)
        self._quiet, self._every = quiet, every or (REDRAWN if self._on_terminal else REPEATED)
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._draw, name="progress", daemon=True)
        self._started, self._width = time.monotonic(), 0
        self.files = self.bytes = self.rows = 0
        self.all_files = self.all_bytes = 0

    def expect(self, files: int = 0, bytes: int = 0) -> None:
        """Count what there is to do."""
        with self._lock:
            self.all_files += files
            self.all_bytes += bytes

    def advance(self, files: int = 0, bytes: int = 0, rows: int = 0) -> None:
        """Count what is done."""
        with self._lock:
            self.files += files
            self.bytes += bytes
            self.rows += rows

    def __enter__(self) -> "Progress":
        self._started = time.monotonic()
        if self._stream != NO_FILE:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._stream != NO_FILE:
            self._thread.join(self._quiet)  # not for ever: whoever reads standard error may have stopped

    def _draw(self) -> None:
        pause = self._quiet
        while not self._ended.wait(pause):
            if not self._is_little() and not self._write(self.text(time.monotonic() - self._started)):
                return
            pause = self._every
        if self._width:
            self._write("")

    def _is_little(self) -> bool:
        return 0 < self.all_bytes < LITTLE_BYTES and self.all_files < LITTLE_FILES

    def _write(self, text: str) -> bool:
        """Write past Python's buffer, which would keep what cannot be written, and fail at the end."""
        try:
            if self._on_terminal:
                text = text[: (os.get_terminal_size(self._stream).columns or COLUMNS) - 1]
                self._width, text = len(text), f"\r{text.ljust(self._width)}" + "\r" * (not text)
            else:
                text += "\n"
            os.write(self._stream, text.encode())
        except OSError:  # it is closed, or nobody reads it
            return False
        return True

    def text(self, seconds: float) -> str:
        """Return the line after so many seconds: what is done, and how long the rest takes at this pace."""
        with self._lock:
            done, total = self.bytes, self.all_bytes
            parts = [f"{self.files:,} of {self.all_files:,} files"] if self.all_files > 1 else []
            parts += [f"{self.rows:,} rows"] if self.rows else []
        if total:
            parts.append(f"{done / MEGABYTE:,.1f} of {total / MEGABYTE:,.1f} MB")
        if 0 < done < total:
            parts.append(f"{timedelta(seconds=round(seconds * (total - done) / done))} left")
        return f"{self._verb}: {', '.join(parts) or timedelta(seconds=round(seconds))}"


def standard_error() -> int:
    """Return the number of standard error; NO_FILE where it is closed, or no file."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return NO_FILE
