"""The SQLite database of a home: one connection, one lock, and recovery of removed or damaged files."""

import logging
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from chalicelib.errors import Unavailable
from chalicelib.observability.metrics import STORE_ERRORS
from local.storage.files import DiskStatus, private, private_folder, quarantine, temporary_name

NAME = "statline.db"
# Job states in the table: neither open nor with a callback pending, open, and finished with one pending.
SETTLED, OPEN, CALLBACK_PENDING = 0, 1, 2
# `sequence` grows with every change of a job, so that followers read what changed. A file of results/ whose
# job is gone is `removed`: it waits for its removal.
SCHEMA = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, state INTEGER NOT NULL,
    sequence INTEGER NOT NULL, record TEXT NOT NULL, result BLOB REFERENCES results
);
CREATE INDEX jobs_by_acceptance ON jobs (accepted);
CREATE INDEX jobs_by_sequence ON jobs (sequence);
CREATE INDEX jobs_unsettled ON jobs (state, accepted) WHERE state > 0;
CREATE INDEX jobs_by_result ON jobs (result) WHERE result IS NOT NULL;
CREATE TABLE results (digest BLOB PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE idempotency (key TEXT PRIMARY KEY, first_job INTEGER NOT NULL, record TEXT NOT NULL);
CREATE INDEX idempotency_by_job ON idempotency (first_job);
CREATE TABLE files (number INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, removed INTEGER NOT NULL);
CREATE INDEX files_removed ON files (removed) WHERE removed;
CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL);
"""
# Since version 2: which result of which job answers a question. It goes with the result.
KNOWN = """
CREATE TABLE known (
    question BLOB PRIMARY KEY, result BLOB NOT NULL REFERENCES results,
    source INTEGER NOT NULL, computed INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX known_by_result ON known (result);
"""
# Since version 3: what jobs ask, once for all that ask it. Jobs of before have it in their record.
QUESTIONS = """
CREATE TABLE questions (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
ALTER TABLE jobs ADD COLUMN question INTEGER REFERENCES questions;
CREATE INDEX jobs_by_question ON jobs (question);
PRAGMA user_version = 3;
"""
VERSION = 3
# A commit writes whole pages, some five of them: 4 KB pages take 115 us a job, these 48.
PAGE_BYTES = 1024
# A checkpoint forces the disk twice, and submissions wait for it: one in some thousand jobs.
WAL_PAGES = 8_000
# A start checks the whole database, some 500 MB a second, and says so where that is felt.
LONG_CHECK_BYTES = 200_000_000
# SQLite's sentences that say less than the system's would.
REASONS = {"SQLITE_FULL": "No space left on device", "SQLITE_READONLY": "Read-only file system"}
DISK_ERRORS = re.compile(r"SQLITE_(FULL|IOERR|READONLY)")
NO_DAMAGE = re.compile(r"SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY)")
ISSUED_ID = re.compile(rb"job_id_([1-9][0-9]{0,16})(?![0-9])")

log = logging.getLogger("statline.store")


class Database:
    """The connection to the database. A read or write that the disk refuses raises Unavailable.

    A removed file is noticed before the next commit and written again from the connection. `quarantined` is
    the path of a damaged database, `lost_number` the highest job number in it.
    """

    def __init__(self, path: Path, synchronous: str = "normal") -> None:
        """Open or create the database. Raises OSError when there is one that cannot be opened."""
        self._path, self._synchronous = path, synchronous
        self._wal = path.with_name(f"{path.name}-wal")
        self.lock = threading.RLock()
        self._status = DiskStatus(f".statline/{path.name}", "nothing new is accepted, and open jobs wait")
        self._identity: list[tuple[int, int]] | None = None
        self._closed = False
        self.quarantined: Path | None = None
        self.lost_number = 0
        try:
            self._connection = self._open_or_quarantine()
        except sqlite3.OperationalError as error:
            if not DISK_ERRORS.match(error.sqlite_errorname) or self._holds_jobs():
                raise OSError(None, str(error), str(path)) from error
            # A disk without room for a new database: it is written when there is some.
            path.unlink(missing_ok=True)
            self._status.failed(reason(error))
            self._connection = self._prepared(sqlite3.connect(":memory:", **CONNECTION))

    def read(self, statement: str, *values: Any) -> list[Any]:
        with self.lock:
            self._check_open()
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                STORE_ERRORS.add("sqlite.read")
                raise Unavailable(f"what is stored cannot be read now: {reason(error).strerror}") from error

    def write(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Execute and commit one statement."""
        with self.lock, self._committing():
            return self._connection.execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit all statements of the block, or none."""
        with self.lock, self._committing():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def used_bytes(self) -> int:
        """The bytes of the file that hold something; what was deleted is used again."""
        [(pages,)] = self.read(
            "SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count"
        )
        return int(pages) * PAGE_BYTES

    def problem(self) -> str | None:
        """Return why the database cannot be written now, or None."""
        with self.lock, suppress(Unavailable):
            if self._status.sentence is not None or self._is_gone():
                self.write("INSERT OR REPLACE INTO facts VALUES ('probe', zeroblob(?))", 4 * PAGE_BYTES)
        if self._status.sentence is None and self.quarantined is not None and self.quarantined.exists():
            return (
                f".statline/{self._path.name} was damaged and is now {self.quarantined.name}: "
                "its jobs are unknown; restore or remove it"
            )
        return self._status.sentence

    def close(self) -> None:
        """Close the connection for good, so that another process may open the file."""
        with self.lock:
            self._closed = True
            self._connection.close()

    @contextmanager
    def _committing(self) -> Iterator[None]:
        self._check_open()
        try:
            if self._is_gone():
                self._write_again()
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except (OSError, sqlite3.Error) as error:
            self._status.failed(reason(error))
            STORE_ERRORS.add("sqlite.write")
            raise Unavailable(f"nothing can be stored now: {reason(error).strerror}") from error
        self._status.recovered()

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("nothing can be stored now: this process is done with it")

    def _is_gone(self) -> bool:
        """Return whether a file was removed or replaced, so that commits would be lost at the next start."""
        try:
            return self._identity != [identity(self._path), identity(self._wal)]
        except OSError:
            return True

    def _write_again(self) -> None:
        if self._identity is not None:
            log.warning("%s was removed: writing it again", self._path)
        private_folder(self._path.parent)
        temporary = self._path.with_name(temporary_name(self._path.name))
        try:
            os.close(private(str(temporary), os.O_CREAT | os.O_TRUNC | os.O_RDWR))
            with closing(sqlite3.connect(temporary, **CONNECTION)) as copy:
                copy.execute("PRAGMA synchronous=FULL")
                self._connection.backup(copy)
            self._make_room()
            temporary.replace(self._path)
        finally:
            temporary.unlink(missing_ok=True)
        # Closed last: SQLite then sees that its file has moved, and leaves the new -wal alone.
        before, self._connection = self._connection, self._opened()
        before.close()

    def _make_room(self) -> None:
        """Quarantine foreign files at our paths; SQLite would replay an old -wal into the new database."""
        ours = self._identity or []
        if os.path.lexists(self._path) and identity(self._path) not in ours:
            quarantine(self._path)
        if os.path.lexists(self._wal):
            self._wal.unlink() if identity(self._wal) in ours else quarantine(self._wal)

    def _open_or_quarantine(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except sqlite3.DatabaseError as error:
            if NO_DAMAGE.match(error.sqlite_errorname):
                raise
            log.error("%s is damaged (%s)", self._path, error)  # noqa: TRY400 - a traceback says no more
        for path in (self._path, self._wal):
            if path.exists():
                self.lost_number = max(self.lost_number, highest_number(path.read_bytes()))
        if self._wal.exists():
            quarantine(self._wal)
        self.quarantined = quarantine(self._path)
        return self._opened()

    def _holds_jobs(self) -> bool:
        """Return whether the file has more than the first page, which SQLite writes before any table."""
        sizes = [path.stat().st_size for path in (self._path, self._wal) if path.exists()]
        return sum(sizes) > PAGE_BYTES

    def _opened(self) -> sqlite3.Connection:
        with suppress(FileExistsError):
            os.close(private(str(self._path), os.O_CREAT | os.O_EXCL | os.O_RDWR))
        connection: sqlite3.Connection = sqlite3.connect(self._path, **CONNECTION)
        try:
            # Before the first read: else a start on a full disk fails on the shared-memory file.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={self._synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
            self._prepared(connection)
            self._identity = [identity(self._path), identity(self._wal)]
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepared(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Create missing tables, also in a database of before. Raises DatabaseError for a damaged file."""
        if self._path.exists() and (size := self._path.stat().st_size) > LONG_CHECK_BYTES:
            log.info("checking %s for damage: %d MB", self._path, size // 1_000_000)
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN;{SCHEMA}{KNOWN}{QUESTIONS}COMMIT;")
        elif (found := connection.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
            damage = sqlite3.DatabaseError(str(found[0]))
            damage.sqlite_errorname = "SQLITE_CORRUPT"
            raise damage
        elif version < VERSION:
            connection.executescript(f"BEGIN;{KNOWN if version == 1 else ''}{QUESTIONS}COMMIT;")
        return connection


CONNECTION: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}


def identity(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_dev, status.st_ino


def reason(error: Exception) -> OSError:
    """Return the operating system's error for an error of SQLite's, whose messages are vaguer."""
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror or str(error))
    name = getattr(error, "sqlite_errorname", "")
    return OSError(None, REASONS.get(name, str(error)))


def highest_number(content: bytes) -> int:
    """Return the highest job number in the bytes of a file, or 0; implausibly high numbers are ignored."""
    return max(map(int, ISSUED_ID.findall(content)), default=0)
