"""The journal: an append-only file from which the emulator knows, after any crash, what was accepted."""

import errno
import json
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from chalicelib.application.job import JOB_ID
from local.storage.files import DiskStatus, read_regular, write_atomically

Record = dict[str, Any]

log = logging.getLogger("statline.journal")


class Journal:
    """JSON records in one file. A record is in the operating system's hands when `append` returns,
    so it survives the death of this process (a power failure may take the last ones).

    What `replay` cannot read, and what its reader hands to `pass_over`, is kept beside it: `journal.unread`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._status = DiskStatus(".statline/journal", "nothing new is accepted, and open jobs wait")
        self._file: int | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False
        self._unread: list[bytes] = []
        self.appended = 0

    def replay(self) -> Iterator[Record]:
        """Every record, oldest first; what is no record, such as one cut short by a crash, is passed over.

        Raises OSError when there is a journal that cannot be read.
        """
        try:
            content = read_regular(self._path)
        except FileNotFoundError:
            return
        for line in filter(None, content.split(b"\n")):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if isinstance(record, dict):
                yield record
            else:
                self._unread.append(line)

    def pass_over(self, record: Record) -> None:
        """Keep a record that its reader does not understand, such as a later version's."""
        self._unread.append(json.dumps(record).encode())

    def highest_unread(self) -> int:
        """The highest job number that stands in what was passed over, or 0: it may have been given."""
        found = (match for line in self._unread for match in JOB_ID.finditer(line.decode(errors="replace")))
        return max((int(match[1]) for match in found), default=0)

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the whole file at once, which forgets what no longer matters.

        Raises OSError when the disk does not take it; the old file then stays, and takes records as before.
        """
        content = b"".join(map(encoded, records))
        with self._lock:
            try:
                self._check_open()
                self._keep_unread()
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Forced: this is the one write that could lose what was safe before it.
                write_atomically(self._path, content, forced=True)
                self._close()
                self._open()
            except OSError as error:
                self._status.failed(error)
                raise
            finally:
                self.appended = 0  # a rewrite that failed is tried again after as many records

    def append(self, record: Record) -> None:
        """Raises OSError when the disk does not take it; the record then counts as not written.

        It is FileNotFoundError when somebody removed or replaced the file: `rewrite` puts it back.
        """
        with self._lock:
            try:
                self._write(encoded(record))
            except OSError as error:
                self._status.failed(error)
                raise
            self._status.recovered()
            self.appended += 1

    def is_gone(self) -> bool:
        """Whether somebody removed or replaced the file: what is written then reaches no later start."""
        if self._identity is None:
            return False
        try:
            found = self._path.stat()
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != self._identity

    def problem(self) -> str | None:
        """What keeps records from being written, as it is now, or None."""
        with self._lock:
            if self._status.sentence is not None and not self._closed:
                try:
                    self._write(b"\n")
                except OSError as error:
                    self._status.failed(error)
                else:
                    self._status.recovered()
            return self._status.sentence

    def close(self) -> None:
        """For good: another process may write to the file from now on."""
        with self._lock:
            self._closed = True
            self._close()

    def _write(self, line: bytes) -> None:
        self._check_open()
        if self.is_gone():
            raise FileNotFoundError(errno.ENOENT, "somebody removed it", str(self._path))
        if self._file is None:
            self._open()
        if os.write(self._file, line) != len(line):  # type: ignore[arg-type] # open since the line above
            raise OSError(errno.ENOSPC, "the disk took only a part of a record", str(self._path))

    def _check_open(self) -> None:
        if self._closed:
            raise OSError(errno.EBADF, "this process is done with it", str(self._path))

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        status = os.fstat(self._file)
        self._identity = status.st_dev, status.st_ino

    def _keep_unread(self) -> None:
        if not self._unread:
            return
        beside = self._path.with_name("journal.unread")
        with beside.open("ab") as file:
            file.write(b"\n".join([*self._unread, b""]))
        log.warning(
            "%d records of %s cannot be read and are kept in %s", len(self._unread), self._path, beside
        )
        self._unread.clear()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def encoded(record: Record) -> bytes:
    # The newline comes first: a record that was cut short cannot swallow the one after it.
    return b"\n" + json.dumps(record, ensure_ascii=False).encode()
