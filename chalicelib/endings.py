"""Waiting for a job to end, without asking all the time."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Endings:
    """Tells the threads that wait for a job when it ends in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, set[threading.Event]] = defaultdict(set)

    @contextmanager
    def of(self, job_id: str) -> Iterator[threading.Event]:
        """An event that is set whenever the job ends. Look at the job after this call, then wait."""
        event = threading.Event()
        with self._lock:
            self._waiting[job_id].add(event)
        try:
            yield event
        finally:
            with self._lock:
                self._waiting[job_id].discard(event)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def announce(self, job_id: str) -> None:
        with self._lock:
            for event in self._waiting.get(job_id, ()):
                event.set()
