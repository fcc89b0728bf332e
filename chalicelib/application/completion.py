"""Waiting for a job to end, without asking all the time."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from chalicelib.application import deadline
from chalicelib.application.job import Job
from chalicelib.errors import Unavailable

# Where jobs end in another process a waiting thread must look: soon at first, then less and less often.
# The last look may take some seconds more.
FIRST_LOOK, LONGEST_PAUSE, LAST_LOOK = 0.1, 2.0, 2.0


class Completions:
    """Tells the threads that wait for a job when it ends in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, set[threading.Event]] = defaultdict(set)

    def wait(self, job: Job, seconds: float, look: Callable[[str], Job]) -> Job:
        """The job when it has ended, or as it was last seen after `seconds`.

        Where `look` finds storage Unavailable, the job is as it was; what else it raises ends the wait.
        """
        end, pause = time.monotonic() + seconds, FIRST_LOOK
        with self.of(job.id) as ended, deadline.within(seconds + LAST_LOOK):
            while True:
                with suppress(Unavailable):
                    job = look(job.id)
                left = end - time.monotonic()
                if job.status.is_terminal or left <= 0:
                    return job
                ended.wait(min(left, pause))
                ended.clear()
                pause = min(2 * pause, LONGEST_PAUSE)

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

    def notify(self, job_id: str) -> None:
        with self._lock:
            for event in self._waiting.get(job_id, ()):
                event.set()
