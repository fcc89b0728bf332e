"""Admission control: whether new jobs are accepted, how many may be open, and how far a drain is."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from chalicelib.application.ports import ServiceState, ServiceStateStore
from chalicelib.errors import Draining, NoDataset, Overloaded

log = logging.getLogger("statline.jobs")

DRAINING = "no new jobs are taken: shutting down"

# `Retry-After` is when this share of the limit will be free, at the rate of the last completions.
SHARE, RATE_SAMPLES = 0.05, 64
# In seconds. The default is for a process that sees no completions, such as a function that only submits.
DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER = 5, 30


class Capacity:
    """The limit on open jobs, for any number of threads.

    A count of `count_open` is used for `max_age` seconds; reservations made meanwhile are added to it. With a
    `max_age` of 0, in the only process that accepts jobs, the limit is never exceeded. Otherwise other
    processes may, within that time, fill the places that this process counted as free.
    """

    def __init__(
        self,
        limit: int,
        count_open: Callable[[], int],
        max_age: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit, self._count_open = limit, count_open
        self._max_age, self._clock = max_age, clock
        self._lock = threading.Lock()
        self._counted_at: float | None = None
        self._counted = 0
        self._reserved = 0  # since the last count
        self._pending = 0  # reservations whose jobs may be missing from the count
        self._completions: deque[float] = deque(maxlen=RATE_SAMPLES)

    @contextmanager
    def reserve(self, count: int = 1) -> Iterator[None]:
        """Reserve places while `count` open jobs are stored; none for 0, at no cost. Raises Overloaded.

        A pending job may also be in the count already, so a few requests may be refused too early.
        """
        if not count:
            yield
            return
        with self._lock:
            taken = self._taken()
            if taken + count > self.limit:
                raise Overloaded(taken, self.limit, self._retry_after())
            self._reserved += count
            self._pending += count
        try:
            yield
        finally:
            with self._lock:
                self._pending -= count

    def record_completion(self) -> None:
        """Record a completion; `Retry-After` is estimated from the recent rate."""
        self._completions.append(self._clock())

    def _taken(self) -> int:
        now = self._clock()
        if self._counted_at is None or now - self._counted_at >= self._max_age:
            self._counted, self._reserved, self._counted_at = self._count_open(), self._pending, now
        return self._counted + self._reserved

    def _retry_after(self) -> int:
        if len(self._completions) < 2:
            return DEFAULT_RETRY_AFTER
        seconds_per_job = (self._clock() - self._completions[0]) / len(self._completions)
        return max(1, min(MAX_RETRY_AFTER, math.ceil(seconds_per_job * self.limit * SHARE)))


class Load(NamedTuple):
    """The number of open jobs, how many there may be, and the age of the oldest in seconds; 0 for none."""

    open: int
    limit: int
    oldest: float


class Drain(NamedTuple):
    """The progress of a drain: the number of open jobs, and whether it is done."""

    left: int
    done: bool


class AdmissionControl:
    """Accepts or refuses new jobs, and drains the service.

    A drain is done when no job was open at two checks, `settle_ms` milliseconds apart. `on_change` is called
    when a drain begins or ends in this process.
    """

    def __init__(
        self,
        state: ServiceStateStore,
        capacity: Capacity,
        count_open: Callable[[], int],
        clock: Callable[[], int],
        settle_ms: int,
        on_change: Callable[[], None],
    ) -> None:
        self._state, self.capacity, self._count_open = state, capacity, count_open
        self._clock, self._settle_ms, self._on_change = clock, settle_ms, on_change
        self._lock = threading.Lock()
        self._entering = 0

    @contextmanager
    def admitted(self, count: int = 1) -> Iterator[str]:
        """Count `count` jobs as being accepted and yield the fingerprint of their data set.

        Those that will be open need places of `capacity` too. Raises Draining or NoDataset.
        """
        # Count before reading the state, so that a drain that begins in between waits for these jobs.
        with self._lock:
            self._entering += count
        try:
            state = self._state.read()
            if state.draining:
                raise Draining
            yield current_dataset(state)
        finally:
            with self._lock:
                self._entering -= count

    def num_jobs(self) -> int:
        """Count the jobs that are being accepted, or accepted and not finished."""
        with self._lock:
            entering = self._entering
        return entering + self._count_open()

    def drain(self) -> Drain:
        """Stop accepting jobs, and report how many are left.

        Other processes accept jobs until their copy of the state expires, and indexes lag: the drain is done
        when, after that time, two checks `settle_ms` apart saw no open job.
        """
        now = self._clock()
        if not self._state.read().draining:
            self._state.set(draining_since=now, quiet_since=0)
            self._on_change()
            log.info("draining")
        state, left = self._state.read(), self.num_jobs()
        idle = left == 0 and now >= state.draining_since + self._settle_ms
        quiet_since = (state.quiet_since or now) if idle else 0
        if quiet_since != state.quiet_since:
            self._state.set(quiet_since=quiet_since)
        return Drain(left, idle and now >= quiet_since + self._settle_ms)

    def reopen(self) -> None:
        """Accept new jobs again after a drain."""
        self._state.set(draining_since=0, quiet_since=0)
        self._on_change()
        log.info("open")

    def dataset(self) -> str:
        """Return the fingerprint of the data set for new jobs. Raises NoDataset."""
        return current_dataset(self._state.read())

    def not_ready_reason(self) -> str | None:
        """Return why new jobs are refused, or None."""
        try:
            state = self._state.read()
        except Exception as error:
            return f"the store does not answer ({type(error).__name__})"
        if not state.dataset:
            return str(NoDataset())
        return DRAINING if state.draining else None


def current_dataset(state: ServiceState) -> str:
    if not state.dataset:
        raise NoDataset
    return state.dataset
