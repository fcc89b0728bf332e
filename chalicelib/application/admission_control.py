"""Whether new jobs are taken, under which data set, and how far a drain is."""

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


# Finished jobs that the pace is judged by; how much of the limit is to be free before one comes again.
PACE_OF, SHARE = 64, 0.05
# Seconds to wait where no job is seen to finish, as in a function that only accepts; and the longest.
USUAL_WAIT, LONGEST_WAIT = 5, 30


class Capacity:
    """Places for open jobs, for any number of threads.

    `count_open` is asked again when its answer is `max_age` seconds old; what was admitted here since then
    is added to it. With a `max_age` of 0, in the only process that accepts jobs, `limit` is never passed.
    Else others may, in that time, fill the places that this process saw free.
    """

    def __init__(
        self,
        limit: int,
        count_open: Callable[[], int],
        max_age: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._count_open, self._max_age, self._clock = count_open, max_age, clock
        self._lock = threading.Lock()
        self._counted_at: float | None = None
        self._counted = 0
        self._admitted = 0  # since the count
        self._pending = 0  # admitted, perhaps in no count yet
        self._freed: deque[float] = deque(maxlen=PACE_OF)

    @contextmanager
    def reserve(self, count: int = 1) -> Iterator[None]:
        """Hold so many places while jobs are made. Raises Overloaded.

        A job may be in the count already while it is pending: as many may be refused too early.
        """
        with self._lock:
            taken = self._taken()
            if taken + count > self.limit:
                raise Overloaded(taken, self.limit, self._wait())
            self._admitted += count
            self._pending += count
        try:
            yield
        finally:
            with self._lock:
                self._pending -= count

    def record_completion(self) -> None:
        """A job has ended here: what the next one refused is told to wait goes by the pace of these."""
        self._freed.append(self._clock())

    def _taken(self) -> int:
        now = self._clock()
        if self._counted_at is None or now - self._counted_at >= self._max_age:
            self._counted, self._admitted, self._counted_at = self._count_open(), self._pending, now
        return self._counted + self._admitted

    def _wait(self) -> int:
        """Seconds in which a twentieth of the places becomes free, if jobs go on ending as they did."""
        if len(self._freed) < 2:
            return USUAL_WAIT
        seconds_each = (self._clock() - self._freed[0]) / len(self._freed)
        return max(1, min(LONGEST_WAIT, math.ceil(seconds_each * self.limit * SHARE)))


class Drain(NamedTuple):
    """How far a drain is: jobs still open, and whether none can come any more."""

    left: int
    done: bool


class AdmissionControl:
    """Lets jobs in, and counts those on their way.

    A drain is settled `settle_ms` milliseconds after the last open job was seen. `changed` is called when it
    begins or ends here.
    """

    def __init__(
        self,
        state: ServiceStateStore,
        capacity: Capacity,
        count_open: Callable[[], int],
        clock: Callable[[], int],
        settle_ms: int,
        changed: Callable[[], None],
    ) -> None:
        self._state, self._capacity, self._count_open = state, capacity, count_open
        self._clock, self._settle_ms, self._changed = clock, settle_ms, changed
        self._lock = threading.Lock()
        self._entering = 0

    @contextmanager
    def admitted(self, count: int = 1) -> Iterator[str]:
        """The data set that so many jobs are accepted under. Raises Draining, NoDataset or Overloaded."""
        # Counted before the record is read: a drain that begins in between still waits for these jobs.
        with self._lock:
            self._entering += count
        try:
            record = self._state.read()
            if record.draining:
                raise Draining
            dataset = named(record)
            with self._capacity.reserve(count):
                yield dataset
        finally:
            with self._lock:
                self._entering -= count

    def num_jobs(self) -> int:
        """How many jobs are accepted, or being accepted, and not finished."""
        with self._lock:
            entering = self._entering
        return entering + self._count_open()

    def drain(self) -> Drain:
        """Take nothing new, and tell how far the rest is.

        Other processes see the drain when their copy of the control record is too old, and indexes lag:
        it is done when, after that time, no job was open twice, that time apart.
        """
        now = self._clock()
        if not self._state.read().draining:
            self._state.set(draining_since=now, quiet_since=0)
            self._changed()
            log.info("draining")
        record, left = self._state.read(), self.num_jobs()
        restless = left > 0 or now < record.draining_since + self._settle_ms
        quiet_since = 0 if restless else record.quiet_since or now
        if quiet_since != record.quiet_since:
            self._state.set(quiet_since=quiet_since)
        return Drain(left, bool(quiet_since) and now >= quiet_since + self._settle_ms)

    def reopen(self) -> None:
        """Take new jobs again after a drain."""
        self._state.set(draining_since=0, quiet_since=0)
        self._changed()
        log.info("open")

    def dataset(self) -> str:
        """The fingerprint of the data set that new jobs are accepted under. Raises NoDataset."""
        return named(self._state.read())

    def not_ready_reason(self) -> str | None:
        """Why no jobs are taken now, or None."""
        try:
            record = self._state.read()
        except Exception as error:
            return f"the store does not answer ({type(error).__name__})"
        if not record.dataset:
            return str(NoDataset())
        return DRAINING if record.draining else None


def named(record: ServiceState) -> str:
    if not record.dataset:
        raise NoDataset
    return record.dataset
