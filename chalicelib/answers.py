"""One answer, computed once, however many ask: the same question on the same data has the same bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from chalicelib.jobs import Job

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Answers:
    """Keeps the answers asked for last, of `limit` bytes altogether. For any number of threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._lock = threading.Lock()
        self._answers: OrderedDict[Key, bytes] = OrderedDict()

    def kept(self, job: Job) -> bytes | None:
        """The answer to a job's question, if it is kept."""
        with self._lock:
            return self._answers.get(key_of(job))

    def of(self, job: Job, compute: Callable[[], bytes]) -> bytes:
        """The answer to a job's question, from `compute` where it is not kept, whose errors pass through."""
        key = key_of(job)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        # Not under the lock: of threads that miss at once each computes, to the same bytes.
        answer = compute()
        with self._lock:
            self._keep(key, answer)
        return answer

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    def _keep(self, key: Key, answer: bytes) -> None:
        self._size += len(answer) - len(self._answers.get(key, b""))
        self._answers[key] = answer
        while self._size > self._limit:
            _, oldest = self._answers.popitem(last=False)
            self._size -= len(oldest)


def key_of(job: Job) -> Key:
    return job.dataset, job.statistic, tuple(sorted(job.inputs.items()))
