"""Known results: the same statistic of the same inputs on the same data is computed once."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, Protocol

from chalicelib.application.job import Job
from chalicelib.byte_cache import ByteCache, cached, text_bytes
from chalicelib.domain.statistics.registry import statistic

CACHE_BYTES, DIGESTED_BYTES = 16_000_000, 16_000_000


class ResultKey(NamedTuple):
    """What the bytes of a result follow from: `version` is that of the statistic."""

    dataset: str
    statistic: str
    version: int
    inputs: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> bytes:
        """A digest of the key, of fixed length, for stores."""
        return key_digest(self)


class KnownResult(NamedTuple):
    """A result, its digest, the id of the job that computed it, and when, in milliseconds since the epoch.

    A store may leave out a result that is too large to be read along.
    """

    result: bytes | None
    digest: str
    source: str
    computed: int


class ResultFinder(Protocol):
    """The part of a JobStore that finds results."""

    def find_results(self, keys: Sequence[ResultKey]) -> Mapping[ResultKey, KnownResult]:
        """Return the results that are stored under at most 100 keys."""


@lru_cache(maxsize=4_096)
def key_digest(key: ResultKey) -> bytes:
    return hashlib.blake2b(json.dumps(key).encode(), digest_size=16).digest()


@cached(DIGESTED_BYTES)
def result_digest(result: bytes) -> bytes:
    """Return the digest that names a result in stores; cached, since many jobs share one result."""
    return hashlib.blake2b(result, digest_size=16).digest()


def computed_outcome(job: Job, result: bytes, now: int) -> Job:
    """Return a job as finished with a result that was computed for it."""
    return job.succeed(result, now, version=key_of(job).version, digest=result_digest(result).hex())


def key_of(job: Job) -> ResultKey:
    """Return the key of a job's result: of the version that computed it, or else of the current one.

    Raises UnknownStatistic.
    """
    version = statistic(job.statistic).version if job.version is None else job.version
    return ResultKey(job.dataset, job.statistic, version, tuple(sorted(job.inputs.items())))


def known_result(job: Job) -> KnownResult | None:
    """Return the result of a finished job as one that others may reuse, or None if it has none."""
    if job.digest is None or job.finished is None:
        return None
    return KnownResult(job.result, job.digest, job.source or job.id, job.computed or job.finished)


def entry_bytes(key: ResultKey, known: KnownResult) -> int:
    texts = (key.dataset, key.statistic, known.source, *(text for pair in key.inputs for text in pair))
    return text_bytes(texts, known.result or b"")


class KnownResults:
    """The results that jobs may refer to: a cache bounded by bytes before the store's.

    A job refers to a result only within `lifetime` milliseconds after the result was computed: stores that
    delete old results keep it for as long as the job then.
    """

    def __init__(
        self, store: ResultFinder, clock: Callable[[], int], lifetime: float, limit: int = CACHE_BYTES
    ) -> None:
        self._store, self._clock, self._lifetime = store, clock, lifetime
        self._cache = ByteCache[ResultKey, KnownResult](limit, entry_bytes)

    @property
    def size(self) -> int:
        """The bytes of results and inputs in memory."""
        return self._cache.size

    def in_memory(self, key: ResultKey) -> KnownResult | None:
        """Return the result of a key if this process has it."""
        return self._if_young(self._cache.get(key))

    def find(self, keys: Iterable[ResultKey]) -> dict[ResultKey, KnownResult | None]:
        """Return the results of keys from memory or the store, None for those that are not known."""
        found = {key: self.in_memory(key) for key in keys}
        if missing := [key for key, known in found.items() if known is None]:
            for key, known in self._store.find_results(missing).items():
                if (young := self._if_young(known)) is not None:
                    self._cache.put(key, young)
                    found[key] = young
        return found

    def remember(self, job: Job) -> None:
        """Keep the result of a stored job in memory if the job computed it."""
        if job.source is None and (known := known_result(job)) is not None:
            self._cache.put(key_of(job), known)

    def answered(self, jobs: Sequence[Job]) -> list[Job]:
        """Return new jobs, those whose results are known as finished at their acceptance.

        A `fresh` job is always computed.
        """
        keys = [None if job.fresh else key_of(job) for job in jobs]
        found = self.find(key for key in keys if key is not None)
        return [
            job
            if key is None or (known := found[key]) is None
            else reusing(replace(job, started=job.accepted), known, job.accepted)
            for job, key in zip(jobs, keys, strict=True)
        ]

    def _if_young(self, known: KnownResult | None) -> KnownResult | None:
        return None if known is None or self._clock() - known.computed >= self._lifetime else known


def reusing(job: Job, known: KnownResult, now: int) -> Job:
    """Return a job as finished with a known result."""
    return job.succeed(
        known.result,
        now,
        source=known.source,
        computed=known.computed,
        version=key_of(job).version,
        digest=known.digest,
    )
