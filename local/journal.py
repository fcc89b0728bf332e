"""The journal: an append-only file from which the emulator knows, after any crash, what was accepted."""

import json
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from local.files import write_atomically

Record = dict[str, Any]

log = logging.getLogger("statline.journal")


class Journal:
    """JSON records in one file. A record is in the operating system's hands when `append` returns,
    so it survives the death of this process (a power failure may take the last ones).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = None
        self.appended = 0

    def replay(self) -> Iterator[Record]:
        """Every record, oldest first; one that a crash or a full disk cut short is passed over."""
        if not self._path.exists():
            return
        for number, line in enumerate(self._path.read_bytes().split(b"\n")):
            try:
                if line:
                    yield json.loads(line)
            except ValueError:
                log.warning("record %d of %s is cut short and passed over", number, self._path)

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the whole file at once, which forgets what no longer matters."""
        with self._lock:
            self._close()
            write_atomically(self._path, b"".join(encoded(record) for record in records))
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            self.appended = 0

    def append(self, record: Record) -> None:
        """Raises OSError when the disk does not take it; the record then counts as not written."""
        line = encoded(record)
        with self._lock:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            if os.write(self._file, line) != len(line):
                raise OSError(f"{self._path}: the disk took only a part of a record")
            self.appended += 1

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def encoded(record: Record) -> bytes:
    # The newline comes first: a record that was cut short cannot swallow the one after it.
    return b"\n" + json.dumps(record, ensure_ascii=False).encode()
