"""What is to be done at its time: a laptop's callbacks, apart from the runners that they must not hold up."""

import heapq
import logging
import threading
import time
from collections.abc import Callable, Sequence

from chalicelib.observability import trace

THREADS = 4
PAUSE_SECONDS = 1.0  # after a fault of ours
STOP_SECONDS = 1.0

log = logging.getLogger("statline.callbacks")


class DelayedQueue:
    """A JobQueue whose ids go to `process` when their time has come; those that wait are in memory alone."""

    def __init__(self, process: Callable[[str], None]) -> None:
        self._process = process
        self._waiting: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._run, name="Callbacks", daemon=True) for _ in range(THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def add_task(self, job_id: str, delay: float = 0) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + delay, job_id))
            self._changed.notify()

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.add_task(job_id)

    def count_messages(self) -> int:
        with self._changed:
            return len(self._waiting)

    def stop(self) -> None:
        """Begin nothing more; what is under way has a second yet."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        end = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while (job_id := self._next()) is not None:
            with trace.scope():
                try:
                    self._process(job_id)
                except Exception:
                    log.exception("%s waits", job_id, extra={"job_id": job_id})
                    self.add_task(job_id, PAUSE_SECONDS)

    def _next(self) -> str | None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if self._waiting and self._waiting[0][0] <= now:
                    return heapq.heappop(self._waiting)[1]
                self._changed.wait(self._waiting[0][0] - now if self._waiting else None)
        return None
