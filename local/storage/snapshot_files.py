"""The data sets of a laptop: snapshots in .statline/snapshots/ under their fingerprints."""

import logging
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DamagedSnapshot, DatasetGone
from local.storage.files import (
    PRIVATE_FILE,
    DiskStatus,
    private_folder,
    read_regular,
    write_atomically,
)

OUR_SNAPSHOT = re.compile(r"[0-9a-f]{64}\.snapshot")

log = logging.getLogger("statline.snapshots")


class SnapshotFiles:
    """DatasetStore on a folder. The served data set is in memory, and on disk once it can be written.

    The one that was loaded last is in memory too: after a change, runners meet the data set before it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._in_memory: dict[str, DataIngestor] = {}
        self._served = ""
        self._unwritten: tuple[Path, bytes] | None = None
        self._status = DiskStatus(
            ".statline/snapshots/", "a start with other data could not go on with these"
        )

    def path(self, fingerprint: str) -> Path:
        return self._folder / f"{fingerprint}.snapshot"

    def serve(self, fingerprint: str, data: DataIngestor) -> None:
        """Keep a data set in memory, and write it."""
        with self._lock:
            self._keep(fingerprint, data)
        self._served = fingerprint
        self._unwritten = self.path(fingerprint), data.snapshot()
        self.problem()

    def serve_stored(self, fingerprint: str) -> DataIngestor:
        """Keep a data set in memory that was written before. Raises DatasetGone."""
        data, self._served = self.ingestor(fingerprint), fingerprint
        return data

    def ingestor(self, fingerprint: str) -> DataIngestor:
        # Without the lock, which a runner holds while it loads another: the event loop asks for this one.
        return self._in_memory.get(fingerprint) or self._loaded(fingerprint)

    def catalogue(self, fingerprint: str) -> Catalogue:
        return self.ingestor(fingerprint).catalogue()

    def problem(self) -> str | None:
        """Write the served data set if it is not on disk; return why that fails, or None."""
        if self._unwritten is not None:
            try:
                private_folder(self._folder)
                write_atomically(*self._unwritten, forced=True, mode=PRIVATE_FILE)
            except OSError as error:
                self._status.failed(error)
            else:
                self._unwritten = None
                self._status.recovered()
        return self._status.sentence

    def remove_unused(self, current: str, is_used: Callable[[str], bool]) -> None:
        """Remove our snapshots that no job refers to."""
        paths: list[Path] = []
        with suppress(OSError):
            paths += self._folder.iterdir()
        for path in paths:
            ours = OUR_SNAPSHOT.fullmatch(path.name) and path.is_file()
            if ours and path.stem != current and not is_used(path.stem):
                try:
                    path.unlink()
                except OSError as error:
                    log.warning("%s: %s", path, error)

    def _loaded(self, fingerprint: str) -> DataIngestor:
        # Held while loading, so that a crowd of runners loads a data set once.
        with self._lock:
            if fingerprint not in self._in_memory:
                try:
                    content = read_regular(self.path(fingerprint))
                    self._keep(fingerprint, DataIngestor.from_snapshot(content))
                except (OSError, DamagedSnapshot) as error:
                    raise DatasetGone(fingerprint) from error
            return self._in_memory[fingerprint]

    def _keep(self, fingerprint: str, data: DataIngestor) -> None:
        data.catalogue()  # made now, by the thread that loads it
        kept = {name: kept for name, kept in self._in_memory.items() if name == self._served}
        self._in_memory = kept | {fingerprint: data}
