"""The queue of delayed tasks: callbacks of a laptop, on threads of their own."""

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chalicelib.observability import trace

THREADS = 16
PAUSE_SECONDS = 1.0  # after a fault of ours
STOP_SECONDS = 1.0
# Seconds that a host is left alone after its first failure in a row; the pause doubles up to the maximum.
FIRST_BACK_OFF, LONGEST_BACK_OFF = 0.5, 8.0

log = logging.getLogger("statline.callbacks")


@dataclass
class Lane:
    """The callbacks of one host: one in flight, the others wait; after failures none before `ready`."""

    waiting: deque[str] = field(default_factory=deque)
    busy: bool = False
    failed: bool = False  # the attempt in flight
    failures: int = 0  # in a row
    ready: float = 0.0

    def end(self, now: float) -> None:
        """End the attempt in flight."""
        self.failures = self.failures + 1 if self.failed else 0
        pause = min(FIRST_BACK_OFF * 2 ** min(self.failures - 1, 10), LONGEST_BACK_OFF)
        self.ready = now + pause if self.failed else now
        self.busy = self.failed = False


class DelayedQueue:
    """A JobQueue that calls `process` with each id after its delay. Waiting ids are in memory only.

    `host_of` returns the host that a job's callback goes to. Each host has one attempt in flight, so that a
    silent one holds up no other. An id that `process` queues again with a delay has failed.
    """

    def __init__(self, process: Callable[[str], None], host_of: Callable[[str], str]) -> None:
        self._process, self._host_of = process, host_of
        self._due: list[tuple[float, str, str]] = []  # time, job id, host
        self._lanes: dict[str, Lane] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._run, name="Callbacks", daemon=True) for _ in range(THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def add_task(self, job_id: str, delay: float = 0) -> None:
        host = self._host_of(job_id)
        with self._changed:
            if delay and host in self._lanes:
                self._lanes[host].failed = True
            self._add(job_id, host, delay)

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.add_task(job_id)

    def count_messages(self) -> int:
        with self._changed:
            return len(self._due) + sum(len(lane.waiting) for lane in self._lanes.values())

    def stop(self) -> None:
        """Start no further task; wait up to a second for the current ones."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        end = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _add(self, job_id: str, host: str, delay: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay, job_id, host))
        self._changed.notify()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            job_id, host = task
            with trace.scope():
                try:
                    self._process(job_id)
                except Exception:
                    log.exception("%s waits", job_id, extra={"job_id": job_id})
                    with self._changed:
                        self._add(job_id, host, PAUSE_SECONDS)
            self._leave(host)

    def _next(self) -> tuple[str, str] | None:
        """Return the next id whose time has come, and its free host, which is busy from then on."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if not self._due or self._due[0][0] > now:
                    self._changed.wait(self._due[0][0] - now if self._due else None)
                    continue
                _, job_id, host = heapq.heappop(self._due)
                lane = self._lanes.setdefault(host, Lane())
                if lane.busy:
                    lane.waiting.append(job_id)
                elif lane.ready > now:
                    heapq.heappush(self._due, (lane.ready, job_id, host))
                else:
                    lane.busy = True
                    return job_id, host
        return None

    def _leave(self, host: str) -> None:
        """End the attempt in flight of a host, and plan its next one."""
        with self._changed:
            lane = self._lanes[host]
            lane.end(time.monotonic())
            if lane.waiting:
                heapq.heappush(self._due, (lane.ready, lane.waiting.popleft(), host))
                self._changed.notify()
            elif not lane.failures:
                del self._lanes[host]
