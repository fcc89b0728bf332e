"""results/: each finished job as a file, for people and tools; the service does not read them back."""

import json
import logging
import os
import threading
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from chalicelib.application.job import Job, JobStatus, job_id, job_number
from chalicelib.byte_cache import ByteCache, text_bytes
from chalicelib.documents.result_table import frozen_json
from local.storage.database import highest_number
from local.storage.files import (
    DiskStatus,
    quarantine,
    read_regular,
    remove_leftovers,
    temporary_name,
    write_atomically,
)
from local.storage.follower import Follower
from local.storage.sqlite_job_store import SqliteJobStore

BATCH = 100
LINKED_BYTES = 8_000_000  # of contents whose files are remembered for links
PROBE_BYTES = 4096  # a block: less may fit into what is left of one

# The table `files` remembers which files are ours, and the checksum that each was written with. A job may be
# deleted while its file is written: then the file is to be removed too.
RECORD_FILE = "INSERT OR REPLACE INTO files SELECT ?1, ?2, NOT EXISTS (SELECT 1 FROM jobs WHERE number = ?1)"
RECORD_POSITION = "INSERT OR REPLACE INTO facts VALUES ('files', ?)"
REMOVED_FILES = "SELECT number, checksum FROM files WHERE removed LIMIT ?"
FORGET_FILE = "DELETE FROM files WHERE number = ?"

log = logging.getLogger("statline.results")


class WrittenFile(NamedTuple):
    """A file of ours, its checksum, and its state when it was written."""

    path: Path
    checksum: int
    state: tuple[int, int, int]

    def linked(self, path: Path) -> bool:
        """Link a new path to the file; False if it was changed, or where the disk takes no such link."""
        with suppress(OSError):
            if file_state(self.path) == self.state:
                os.link(self.path, path, follow_symlinks=False)
                return True
        return False


def file_state(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_ino, status.st_size, status.st_mtime_ns


class ResultFiles(Follower):
    """Writes a file for each finished job and removes it with the job; a failing disk is tried again.

    Files of the same content are hard links to one where the disk has them.
    Foreign files in the folder are never overwritten or removed; one that has the name of a result is
    renamed.
    """

    name, gather_seconds = "files", 0.05

    def __init__(self, store: SqliteJobStore, folder: Path) -> None:
        super().__init__(store)
        self._folder, self._database = folder, store.database
        self.position = store.fact("files")
        self._lock = threading.Lock()
        self._failed = False  # at the last batch
        self._written = ByteCache[bytes, WrittenFile](LINKED_BYTES, lambda content, _: text_bytes((content,)))
        self._status = DiskStatus("results/", "answers are served all the same and written when it can be")

    def prepare(self) -> int:
        """Create the folder, remove stale temporary files, and return the highest job number in it, or 0."""
        try:
            self._make_folder()
            remove_leftovers(self._folder, r"job_id_[0-9]+")
            return highest_number(b"\n".join(os.listdir(os.fsencode(self._folder))))  # noqa: PTH208 # as above
        except OSError as error:
            self._status.failed(error)
            return 0

    def problem(self) -> str | None:
        """Return why files cannot be written now, or None."""
        if self._status.sentence is not None:
            self.catch_up()
        with self._lock:
            if self._failed:
                return self._status.sentence
            try:
                self._probe()
            except OSError as error:
                self._status.failed(error)
            else:
                self._status.recovered()
        return self._status.sentence

    def stop(self) -> None:
        """End the thread, and copy what is left."""
        super().stop()
        self._stopping.clear()
        self.catch_up()

    def copy_batch(self) -> bool:
        with self._lock:
            return self._copy_batch()

    def _copy_batch(self) -> bool:
        position, written, removed = self.position, list[tuple[int, int]](), list[tuple[int]]()
        changes = self._store.changes(position, BATCH)
        stale = self._database.read(REMOVED_FILES, BATCH)
        self._failed = False
        try:
            if changes:
                self._make_folder()
            for number, checksum in stale:
                self._remove(number, checksum)
                removed.append((number,))
            for change in changes:
                job = change.job()
                if job.status.is_terminal:
                    written.append((job_number(job.id), self._write(job)))
                position = change.sequence
        except OSError as error:
            self._status.failed(error)
            self._failed = True
        if written or removed:
            with self._database.transaction() as connection:
                connection.executemany(RECORD_FILE, written)
                connection.executemany(FORGET_FILE, removed)
                connection.execute(RECORD_POSITION, (position,))
        self.position = position
        return not self._failed and BATCH in (len(changes), len(stale))

    def _write(self, job: Job) -> int:
        """Write a job's file, as a link to one of the same content if there is one; return its checksum."""
        content, path = file_content(job), self._folder / job.id
        if (equal := self._written.get(content)) is not None and equal.linked(path):
            return equal.checksum
        if os.path.lexists(path):
            with suppress(OSError):
                if read_regular(path) == content:
                    return zlib.crc32(content)
            log.warning("%s is not the result's file: it is now %s", path, quarantine(path).name)
        write_atomically(path, content)
        written = WrittenFile(path, zlib.crc32(content), file_state(path))
        self._written.put(content, written)
        return written.checksum

    def _remove(self, number: int, checksum: int) -> None:
        """Remove a file whose content is still ours."""
        path = self._folder / job_id(number)
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink() and zlib.crc32(read_regular(path)) == checksum:
                path.unlink()

    def _make_folder(self) -> None:
        """Create the folder again if it was deleted while the service runs; a failure shows at the write."""
        with suppress(FileExistsError):
            self._folder.mkdir(parents=True)

    def _probe(self) -> None:
        self._make_folder()
        probe = self._folder / temporary_name("job_id_0")  # no job has this id
        try:
            probe.write_bytes(b"x" * PROBE_BYTES)
        finally:
            probe.unlink(missing_ok=True)


def file_content(job: Job) -> bytes:
    """Return the result as /api/* gives it, or the error of a job without one."""
    if job.status is JobStatus.SUCCESSFUL:
        return frozen_json(job)
    return json.dumps({"status": "error", "reason": job.reason}, ensure_ascii=False).encode()
