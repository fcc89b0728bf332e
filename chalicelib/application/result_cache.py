"""One answer, computed once, however many ask: the same question on the same data has the same bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from chalicelib.application.job import Job

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Answer(NamedTuple):
    """The bytes, for which job they were computed, and when, in milliseconds since the epoch."""

    answer: bytes
    source: str
    computed: int


class ResultCache:
    """Keeps the answers asked for last, of `limit` bytes altogether. For any number of threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._lock = threading.Lock()
        self._answers: OrderedDict[Key, Answer] = OrderedDict()

    def kept(self, job: Job) -> bytes | None:
        """The answer to a job's question, if it is kept."""
        with self._lock:
            known = self._answers.get(key_of(job))
        return known.answer if known else None

    def of(self, job: Job, compute: Callable[[], bytes], clock: Callable[[], int]) -> Answer:
        """The answer to a job's question, from `compute` where it is not kept, whose errors pass through.

        A `fresh` job has its own computed, whatever is kept.
        """
        key = key_of(job)
        with self._lock:
            if key in self._answers and not job.fresh:
                self._answers.move_to_end(key)
                return self._answers[key]
        # Not under the lock: of threads that miss at once each computes, to the same bytes.
        answer = Answer(compute(), job.id, clock())
        with self._lock:
            self._keep(key, answer)
        return answer

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    def _keep(self, key: Key, answer: Answer) -> None:
        if key in self._answers:
            self._size -= len(self._answers[key].answer)
        self._answers[key] = answer
        self._size += len(answer.answer)
        while self._size > self._limit:
            _, oldest = self._answers.popitem(last=False)
            self._size -= len(oldest.answer)


def key_of(job: Job) -> Key:
    return job.dataset, job.statistic, tuple(sorted(job.inputs.items()))
