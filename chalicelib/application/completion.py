"""Completion: threads wait for a job to finish, woken in this process and polling for other processes."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from chalicelib.application import deadline
from chalicelib.application.job import Job
from chalicelib.errors import Unavailable

# Seconds between two reads of a job that may finish in another process: the pause doubles up to the maximum.
FIRST_PAUSE, MAX_PAUSE = 0.1, 2.0
# The last read may take this many seconds longer than the wait.
LAST_READ_SECONDS = 2.0


class Completions:
    """Events that wake the threads waiting for a job when it finishes in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, set[threading.Event]] = defaultdict(set)

    def wait(self, job: Job, seconds: float, load: Callable[[str], Job]) -> Job:
        """Return the finished job, or its last observed state after `seconds`.

        The wait goes on when `load` raises Unavailable; its other errors end the wait.
        """
        end, pause = time.monotonic() + seconds, FIRST_PAUSE
        with self.event(job.id) as finished, deadline.within(seconds + LAST_READ_SECONDS):
            while True:
                with suppress(Unavailable):
                    job = load(job.id)
                left = end - time.monotonic()
                if job.status.is_terminal or left <= 0:
                    return job
                finished.wait(min(left, pause))
                finished.clear()
                pause = min(2 * pause, MAX_PAUSE)

    @contextmanager
    def event(self, job_id: str) -> Iterator[threading.Event]:
        """Yield an event that is set whenever the job finishes. Load the job after this call, then wait."""
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

    def notify(self, job_id: str) -> None:
        """Wake every thread that waits for the job."""
        with self._lock:
            for event in self._waiting.get(job_id, ()):
                event.set()
