"""results/: the answers as files, on a disk that may be full, read-only, gone, or used by other people."""

import logging
import os
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chalicelib.application.job import job_number
from chalicelib.errors import JobNotFound, StatlineError
from local.storage.files import (
    DiskStatus,
    quarantine,
    read_regular,
    remove_leftovers,
    temporary_name,
    write_atomically,
)

MENDING_SECONDS = 1.0
PROBE_BYTES = 4096  # a block: less may fit into what is left of one
# No counter comes near it; a stranger's file of such a name must not use up the numbers that an id can have.
LARGEST_NUMBER = 10**17

log = logging.getLogger("statline.results")


class AnswerFiles:
    """One file a finished job. No method raises OSError, whatever the disk does.

    What could not be written or removed waits, and is tried again every second until the disk takes it:
    `content(job_id)` gives then what belongs into the file, or raises JobNotFound when nothing does any more.

    What other people put into the folder is never overwritten or removed; where it stands in an answer's
    place, it is set aside under another name.
    """

    def __init__(self, folder: Path, content: Callable[[str], bytes]) -> None:
        self._folder, self._content = folder, content
        self._lock = threading.Lock()  # the last to be taken: nobody is called while it is held
        self._status = DiskStatus("results/", "answers are served all the same and written when it can be")
        # What is to be done for an id: write its file (None), or remove the one with a checksum.
        self._waiting: dict[str, int | None] = {}
        self._closed = threading.Event()
        self._mender: threading.Thread | None = None

    def open(self) -> int:
        """Make the folder and tidy it up; returns the highest job number of any file in it, or 0."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(self._folder, r"job_id_[0-9]+")
            highest = highest_number(self._folder)
        except OSError as error:
            self._status.failed(error)
            return 0
        self._mend()
        return highest

    def write(self, job_id: str, content: bytes) -> None:
        with self._lock:
            self._try(job_id, lambda: self._write(self._folder / job_id, content), None)

    def read(self, job_id: str, checksum: int | None) -> bytes | None:
        """The file's content if it has the CRC-32 that it was written with; None if it is damaged or gone."""
        try:
            content = read_regular(self._folder / job_id)
        except OSError:
            return None
        return content if zlib.crc32(content) == checksum else None

    def waits(self, job_id: str) -> bool:
        """Whether its file is known not to be there yet."""
        return job_id in self._waiting

    def remove(self, job_id: str, checksum: int) -> None:
        """Remove the file if it still is what was written, by its CRC-32."""
        with self._lock:
            self._try(job_id, lambda: self._remove(job_id, checksum), checksum)

    def problem(self) -> str | None:
        """What keeps answers from being written, as it is now, or None."""
        self._mend()
        return self._status.sentence

    def close(self) -> None:
        """Try once more what waits, and then no longer."""
        self._closed.set()
        if mender := self._mender:
            mender.join()
        self._mend()

    def _try(self, job_id: str, step: Callable[[], None], waits: int | None) -> None:
        try:
            step()
        except OSError as error:
            self._status.failed(error)
            self._waiting[job_id] = waits
            if self._mender is None and not self._closed.is_set():
                self._mender = threading.Thread(target=self._mend_on, name="Mender", daemon=True)
                self._mender.start()
        else:
            self._waiting.pop(job_id, None)

    def _write(self, path: Path, content: bytes) -> None:
        if os.path.lexists(path):
            with suppress(OSError):
                if read_regular(path) == content:
                    return
            log.warning("%s is not the answer's file: it is now %s", path, quarantine(path).name)
        try:
            write_atomically(path, content)
        except FileNotFoundError:
            self._make_folder()
            write_atomically(path, content)

    def _make_folder(self) -> None:
        """People delete it to tidy up, while we run. Where it cannot be, writing into it says why."""
        with suppress(FileExistsError):
            self._folder.mkdir(parents=True)

    def _remove(self, job_id: str, checksum: int) -> None:
        path = self._folder / job_id
        if self.read(job_id, checksum) is not None and not path.is_symlink():
            path.unlink(missing_ok=True)

    def _mend(self) -> None:
        """Do what waits, up to the first failure; if nothing is left, see whether the folder takes a file."""
        for job_id, checksum in list(self._waiting.items()):
            if checksum is None:
                self._write_again(job_id)
            else:
                self.remove(job_id, checksum)
            if job_id in self._waiting:
                return
        with self._lock:
            try:
                self._probe()
            except OSError as error:
                self._status.failed(error)
            else:
                self._status.recovered()

    def _probe(self) -> None:
        self._make_folder()
        probe = self._folder / temporary_name("job_id_0")  # no job has this id
        try:
            probe.write_bytes(b"x" * PROBE_BYTES)
        finally:
            probe.unlink(missing_ok=True)

    def _write_again(self, job_id: str) -> None:
        try:
            content = self._content(job_id)
        except StatlineError as error:
            log.info("results/%s is not written: %s", job_id, error)
            self._waiting.pop(job_id, None)
            return
        with self._lock:
            if job_id in self._waiting:  # else its job has expired meanwhile
                self._try(job_id, lambda: self._write(self._folder / job_id, content), None)

    def _mend_on(self) -> None:
        while not self._closed.wait(MENDING_SECONDS):
            self._mend()
            with self._lock:
                if not self._waiting:
                    self._mender = None
                    return


def highest_number(folder: Path) -> int:
    numbers = [0]
    for path in folder.iterdir():
        with suppress(JobNotFound):  # a file of somebody else
            numbers.append(job_number(path.name))
    return max(number for number in numbers if number < LARGEST_NUMBER)
