"""One answer, computed once, however many ask: the same question on the same data has the same bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from chalicelib.application.job import Job

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class CachedResult(NamedTuple):
    """The bytes, for which job they were computed, and when, in milliseconds since the epoch."""

    result: bytes
    source: str
    computed: int


class ResultCache:
    """Keeps the answers asked for last, of `limit` bytes altogether. For any number of threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._lock = threading.Lock()
        self._results: OrderedDict[Key, CachedResult] = OrderedDict()

    def get(self, job: Job) -> bytes | None:
        """The answer to a job's question, if it is kept."""
        with self._lock:
            known = self._results.get(key_of(job))
        return known.result if known else None

    def get_or_compute(
        self, job: Job, compute: Callable[[], bytes], clock: Callable[[], int]
    ) -> CachedResult:
        """The answer to a job's question, from `compute` where it is not kept, whose errors pass through.

        A `fresh` job has its own computed, whatever is kept.
        """
        key = key_of(job)
        with self._lock:
            if key in self._results and not job.fresh:
                self._results.move_to_end(key)
                return self._results[key]
        # Not under the lock: of threads that miss at once each computes, to the same bytes.
        found = CachedResult(compute(), job.id, clock())
        with self._lock:
            self._keep(key, found)
        return found

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    def _keep(self, key: Key, answer: CachedResult) -> None:
        if key in self._results:
            self._size -= len(self._results[key].result)
        self._results[key] = answer
        self._size += len(answer.result)
        while self._size > self._limit:
            _, oldest = self._results.popitem(last=False)
            self._size -= len(oldest.result)


def key_of(job: Job) -> Key:
    return job.dataset, job.statistic, tuple(sorted(job.inputs.items()))
