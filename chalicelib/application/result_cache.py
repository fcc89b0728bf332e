"""The result cache: the same statistic of the same inputs on the same data is computed once."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from chalicelib.application.job import Job

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class CachedResult(NamedTuple):
    """A result, the id of the job that computed it, and when, in milliseconds since the epoch."""

    result: bytes
    source: str
    computed: int


class ResultCache:
    """A least-recently-used cache of at most `limit` bytes, for any number of threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self.size = limit, 0  # bytes
        self._lock = threading.Lock()
        self._results: OrderedDict[Key, CachedResult] = OrderedDict()

    def get_or_compute(
        self, job: Job, compute: Callable[[], bytes], clock: Callable[[], int]
    ) -> CachedResult:
        """Return the cached result of a job, or compute and cache it. Errors of `compute` pass through.

        The result of a `fresh` job is always computed.
        """
        key = job.dataset, job.statistic, tuple(sorted(job.inputs.items()))
        with self._lock:
            if key in self._results and not job.fresh:
                self._results.move_to_end(key)
                return self._results[key]
        # Compute outside the lock: threads that miss at once each compute the same bytes.
        computed = CachedResult(compute(), job.id, clock())
        with self._lock:
            self._put(key, computed)
        return computed

    def _put(self, key: Key, computed: CachedResult) -> None:
        if key in self._results:
            self.size -= len(self._results[key].result)
        self._results[key] = computed
        self.size += len(computed.result)
        while self.size > self._limit:
            _, oldest = self._results.popitem(last=False)
            self.size -= len(oldest.result)
