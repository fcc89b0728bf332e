"""Job ids from a counter that is written once a block, not once a job."""

import threading
from collections.abc import Iterator

from chalicelib.jobs import job_id
from chalicelib.stores import JobStore


class JobIds:
    """Gives ids out of blocks that the store has reserved durably beforehand.

    A crash loses the rest of a block: ids have gaps but never repeat.
    """

    def __init__(self, store: JobStore, block: int) -> None:
        self._store, self._block = store, block
        self._lock = threading.Lock()
        self._numbers: Iterator[int] = iter(())

    def next(self) -> str:
        with self._lock:
            number = next(self._numbers, None)
            if number is None:
                self._numbers = iter(self._store.reserve_ids(self._block))
                number = next(self._numbers)
        return job_id(number)
