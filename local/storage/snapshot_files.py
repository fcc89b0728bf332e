"""The data sets of a laptop: snapshots in .statline/snapshots/ under their fingerprints."""

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DamagedSnapshot, DatasetGone
from local.storage.files import DiskStatus, read_regular, write_atomically

OUR_SNAPSHOT = re.compile(r"[0-9a-f]{64}\.snapshot")
# Runners meet the current data set and, after a change, the one before it.
KEPT_IN_MEMORY = 2

log = logging.getLogger("statline.snapshots")


class SnapshotFiles:
    """DatasetStore on a folder. The served data set is in memory, and on disk once it can be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._in_memory: OrderedDict[str, tuple[DataIngestor, dict[str, Any]]] = OrderedDict()
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
        self._unwritten = self.path(fingerprint), data.snapshot()
        self.problem()

    def ingestor(self, fingerprint: str) -> DataIngestor:
        return self._loaded(fingerprint)[0]

    def catalogue(self, fingerprint: str) -> dict[str, Any]:
        return self._loaded(fingerprint)[1]

    def problem(self) -> str | None:
        """Write the served data set if it is not on disk; return why that fails, or None."""
        if self._unwritten is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                write_atomically(*self._unwritten, forced=True, mode=0o600)
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

    def _loaded(self, fingerprint: str) -> tuple[DataIngestor, dict[str, Any]]:
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
        self._in_memory[fingerprint] = data, data.catalogue()
        while len(self._in_memory) > KEPT_IN_MEMORY:
            self._in_memory.popitem(last=False)
