"""The result cache: the same statistic of the same inputs on the same data is computed once."""

from collections.abc import Callable
from typing import NamedTuple

from chalicelib.application.job import Job
from chalicelib.byte_cache import ByteCache, text_bytes

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class CachedResult(NamedTuple):
    """A result, the id of the job that computed it, and when, in milliseconds since the epoch."""

    result: bytes
    source: str
    computed: int


def entry_bytes(key: Key, cached: CachedResult) -> int:
    dataset, statistic, inputs = key
    texts = (dataset, statistic, cached.source, *(text for pair in inputs for text in pair))
    return text_bytes(texts, cached.result)


class ResultCache:
    """A least-recently-used cache of at most `limit` bytes, for any number of threads."""

    def __init__(self, limit: int) -> None:
        self._results = ByteCache[Key, CachedResult](limit, entry_bytes)

    @property
    def size(self) -> int:
        """The bytes of results and inputs."""
        return self._results.size

    def get_or_compute(
        self, job: Job, compute: Callable[[], bytes], clock: Callable[[], int]
    ) -> CachedResult:
        """Return the cached result of a job, or compute and cache it. Errors of `compute` pass through.

        The result of a `fresh` job is always computed.
        """
        key = job.dataset, job.statistic, tuple(sorted(job.inputs.items()))
        if not job.fresh and (cached := self._results.get(key)) is not None:
            return cached
        # Threads that miss at once each compute the same bytes.
        computed = CachedResult(compute(), job.id, clock())
        self._results.put(key, computed)
        return computed
