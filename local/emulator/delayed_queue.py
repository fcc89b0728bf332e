"""The queue of delayed tasks: callbacks of a laptop, on threads of their own."""

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from chalicelib.application.callbacks import Wait
from chalicelib.observability import trace

# Attempts in flight at once: of all hosts, and of those whose last attempt failed.
LIMIT, FAILING_LIMIT = 128, 32
PAUSE_SECONDS = 1.0  # after a fault of ours
STOP_SECONDS = 1.0
# Hosts; beyond it those that failed, and have no messages, are forgotten.
MANY = 1_000

log = logging.getLogger("statline.callbacks")


@dataclass
class Lane:
    """The messages of one host that are due. They go one after another; none begins before `ready`.

    A lane is `planned` from when its next turn is in the heap until the attempt of that turn has ended.
    """

    waiting: deque[str] = field(default_factory=deque)
    planned: bool = False
    failing: bool = False
    ready: float = 0.0


class DelayedQueue:
    """A JobQueue that calls `process` with each message after its delay. Waiting ones are in memory only.

    `host_of` returns the host that a message's callback goes to. Each host has one attempt in flight, and
    those that fail have few together, so that silent ones hold up no other. `process` returns how long the
    host is to be left alone after a failure, and whether the message comes again.
    """

    def __init__(self, process: Callable[[str], Wait | None], host_of: Callable[[str], str]) -> None:
        self._process, self._host_of = process, host_of
        # Time, number, host, and a message that is due then; without one it is the turn of the host's lane.
        self._heap: list[tuple[float, int, str, str | None]] = []
        self._numbers = count()
        self._lanes: dict[str, Lane] = {}
        # Hosts whose turn has come, apart from those that fail.
        self._turns, self._failing_turns = deque[str](), deque[str]()
        self._in_flight = self._failing_in_flight = self._messages = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._dispatcher = threading.Thread(target=self._dispatch, name="Callbacks", daemon=True)

    def start(self) -> None:
        self._dispatcher.start()

    def add_task(self, job_id: str, delay: float = 0) -> None:
        host = self._host_of(job_id)
        with self._changed:
            self._messages += 1
            self._push(time.monotonic() + delay, host, job_id)

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.add_task(job_id)

    def count_messages(self) -> int:
        with self._changed:
            return self._messages

    def stop(self) -> None:
        """Start no further task; wait up to a second for the current ones."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._in_flight, STOP_SECONDS)

    def _push(self, when: float, host: str, message: str | None = None) -> None:
        heapq.heappush(self._heap, (when, next(self._numbers), host, message))
        self._changed.notify_all()

    def _dispatch(self) -> None:
        while (task := self._next()) is not None:
            try:
                threading.Thread(target=self._attempt, args=task, name="Callback", daemon=True).start()
            except RuntimeError as error:
                log.warning("no thread for a callback: %s", error)
                self._end(*task, Wait(PAUSE_SECONDS, again=True))

    def _next(self) -> tuple[str, str, bool] | None:
        """Return a host whose turn it is, its next message, and whether it is failing; None after `stop`."""
        with self._changed:
            while not self._stopped:
                self._take_due(time.monotonic())
                if (host := self._turn()) is not None:
                    lane = self._lanes[host]
                    self._in_flight += 1
                    self._failing_in_flight += lane.failing
                    return host, lane.waiting.popleft(), lane.failing
                self._changed.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
        return None

    def _take_due(self, now: float) -> None:
        while self._heap and self._heap[0][0] <= now:
            _, _, host, message = heapq.heappop(self._heap)
            lane = self._lanes.setdefault(host, Lane())
            if message is None:
                (self._failing_turns if lane.failing else self._turns).append(host)
                continue
            lane.waiting.append(message)
            if not lane.planned:
                self._plan(host, lane, now)

    def _plan(self, host: str, lane: Lane, now: float) -> None:
        lane.planned = True
        self._push(max(lane.ready, now), host)

    def _turn(self) -> str | None:
        if self._in_flight >= LIMIT:
            return None
        if self._turns:
            return self._turns.popleft()
        if self._failing_turns and self._failing_in_flight < FAILING_LIMIT:
            return self._failing_turns.popleft()
        return None

    def _attempt(self, host: str, message: str, failing: bool) -> None:
        with trace.scope():
            try:
                wait = self._process(message)
            except Exception:
                log.exception("%s waits", message, extra={"job_id": message})
                wait = Wait(PAUSE_SECONDS, again=True)
        self._end(host, message, failing, wait)

    def _end(self, host: str, message: str, failing: bool, wait: Wait | None) -> None:
        """End the attempt in flight of a host, and plan its next turn."""
        with self._changed:
            self._in_flight -= 1
            self._failing_in_flight -= failing
            lane, now = self._lanes[host], time.monotonic()
            lane.planned, lane.failing = False, wait is not None
            lane.ready = now + (wait.seconds if wait else 0.0)
            if wait and wait.again:
                lane.waiting.append(message)
            else:
                self._messages -= 1
            if lane.waiting:
                self._plan(host, lane, now)
            elif not lane.failing or len(self._lanes) > MANY:
                del self._lanes[host]
            self._changed.notify_all()
