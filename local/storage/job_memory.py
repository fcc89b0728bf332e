"""What a laptop's store remembers of its jobs, so that polls need not read the disk."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

from chalicelib.application.job import Job

FINISHED_JOBS, RESULT_BYTES = 10_000, 32_000_000

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Keeps the values added last, of `limit` altogether by `size`. Whoever writes it holds a lock."""

    def __init__(self, limit: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._limit, self._size, self._used = limit, size, 0
        self._values: OrderedDict[K, V] = OrderedDict()
        self.get = self._values.get

    def add(self, key: K, value: V) -> None:
        self.discard(key)
        self._values[key] = value
        self._used += self._size(value)
        while self._used > self._limit:
            self.discard(next(iter(self._values)))

    def discard(self, key: K) -> None:
        if key in self._values:
            self._used -= self._size(self._values.pop(key))


class JobMemory:
    """All open jobs, the finished jobs and results added last. Reads need no lock."""

    def __init__(self) -> None:
        self.open: dict[str, Job] = {}
        # A job without its result, and the result's row.
        self._finished: BoundedCache[str, tuple[Job, int | None]] = BoundedCache(FINISHED_JOBS)
        self._results: BoundedCache[int, bytes] = BoundedCache(RESULT_BYTES, len)

    def get(self, job_id: str) -> Job | None:
        """The job with its result, if both are in memory."""
        job = self.open.get(job_id)
        if job is not None:
            return job
        finished, row = self._finished.get(job_id) or (None, None)
        if finished is None or row is None:
            return finished
        result = self._results.get(row)
        return None if result is None else replace(finished, result=result)

    def listed(self, job_id: str) -> Job | None:
        """The job without its result, if it is in memory."""
        job = self.open.get(job_id)
        return job if job is not None else (self._finished.get(job_id) or (None,))[0]

    def add_finished(self, job: Job, row: int | None) -> None:
        if job.result is not None and row is not None:
            self._results.add(row, job.result)
        self._finished.add(job.id, (replace(job, result=None), row))
        self.open.pop(job.id, None)

    def discard(self, job_id: str) -> None:
        self.open.pop(job_id, None)
        self._finished.discard(job_id)

    def discard_result(self, row: int) -> None:
        self._results.discard(row)
