"""Job ids from a counter that is written once a block, not once a job."""

import threading

from chalicelib.application.job import job_id
from chalicelib.application.ports import JobStore


class JobIds:
    """Gives ids out of blocks that the store has reserved durably beforehand.

    A crash loses the rest of a block: ids have gaps but never repeat.
    """

    def __init__(self, store: JobStore, block: int) -> None:
        self._store, self._block = store, block
        self._lock = threading.Lock()
        self._numbers = range(0)

    def take(self, count: int = 1) -> list[str]:
        """That many ids, which follow each other."""
        with self._lock:
            if len(self._numbers) < count:
                self._numbers = self._store.reserve_ids(max(count, self._block))
            numbers, self._numbers = self._numbers[:count], self._numbers[count:]
        return list(map(job_id, numbers))
