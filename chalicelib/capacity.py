"""How many jobs may be open at once: beyond it new ones are refused, before anything is written."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chalicelib.errors import Overloaded

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
    def places(self, count: int = 1) -> Iterator[None]:
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

    def freed(self) -> None:
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
