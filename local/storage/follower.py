"""A thread that copies changed jobs to another place in batches, and resumes after a fault."""

import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar

from chalicelib.errors import Unavailable
from chalicelib.observability.metrics import FOLLOWER_LAG
from local.storage.sqlite_job_store import SqliteJobStore

RETRY_SECONDS = 1.0


class Follower(ABC):
    """Copies the latest state of each job whose last change is later than `position`."""

    name: ClassVar[str]
    gather_seconds: ClassVar[float]

    def __init__(self, store: SqliteJobStore) -> None:
        self._store = store
        self.position = 0
        self._changed, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    @abstractmethod
    def copy_batch(self) -> bool:
        """Copy one batch; return whether more changes can be copied now."""

    @abstractmethod
    def problem(self) -> str | None:
        """Return why jobs cannot be copied now, or None."""

    def start(self) -> None:
        self._store.listeners.append(self._changed)
        self._changed.set()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()
        if self._thread.ident is not None:
            self._thread.join()

    def catch_up(self) -> None:
        """Copy all changes, up to the first fault."""
        # That the store cannot be read now is the store's own problem.
        with suppress(Unavailable):
            while self.copy_batch() and not self._stopping.is_set():
                self._measure()
            self._measure()

    def _measure(self) -> None:
        FOLLOWER_LAG.set(self._store.count_changes(self.position), self.name)

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Woken by a change, or to try again.
            self._changed.wait(RETRY_SECONDS)
            self._changed.clear()
            if not self._stopping.wait(self.gather_seconds):
                self.catch_up()
