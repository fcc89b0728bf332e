"""How requests become jobs: admitted, stored, queued, and bound to the client's key if it sent one."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from chalicelib.application import deadline
from chalicelib.application.admission_control import AdmissionControl
from chalicelib.application.idempotency import KEY_LIFETIME_SECONDS, IdempotencyKey, IdempotencyRecord
from chalicelib.application.job import JSON, RAW, Job
from chalicelib.application.job_ids import JobIds
from chalicelib.application.ports import JobQueue, JobStore
from chalicelib.errors import (
    InvalidRequest,
    JobNotFound,
    KeyInUse,
    KeyReused,
    Refused,
    Unavailable,
    UnknownQuestion,
    UnknownState,
)
from chalicelib.observability import trace
from chalicelib.observability.metrics import ACCEPTED

# One attempt, and another where the first failed at once: whoever asked for the job still waits.
TAKE_BACK_SECONDS = 1
# The member of a batch request that holds its execute requests.
BATCH_MEMBER = "executions"

log = logging.getLogger("statline.jobs")


@dataclass(frozen=True)
class ExecuteRequest:
    """What a client asks for, and the form of the result.

    `response` is "raw" for the result itself, "document" for a JSON object of all outputs by name;
    `subscriber` has the callback URLs by their names in the standard; `fresh` forbids the reuse of a
    result that is known already.
    """

    statistic: str
    inputs: Mapping[str, str]
    response: str = RAW
    media_type: str = JSON
    subscriber: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False


class Submission:
    """Makes jobs of requests, for any number of threads; all of one call's, or none."""

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        admission: AdmissionControl,
        ids: JobIds,
        clock: Callable[[], int],
    ) -> None:
        self._store, self._queue, self._admission = store, queue, admission
        self._ids, self._clock = ids, clock
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    def submit(
        self, requests: Sequence[ExecuteRequest], key: IdempotencyKey | None, check: Callable[[str], None]
    ) -> list[Job]:
        """Jobs for the requests, or those that the key's first request led to.

        `check` is called with the data set that the jobs are accepted under; what it raises ends it.
        """
        if key is None:
            return self._accept(requests, check)
        with self._alone(key):
            before = self._store.get_idempotency_record(key.name)
            return self._jobs_for(before, key) or self._bind(key, self._accept(requests, check), before)

    def _jobs_for(self, claim: IdempotencyRecord | None, key: IdempotencyKey) -> list[Job]:
        """The jobs of a claim; none if there is no claim, or it is void."""
        if claim is None or claim.made + KEY_LIFETIME_SECONDS * 1000 <= self._clock():
            return []
        try:
            jobs = [self._store.get(job_id) for job_id in claim.jobs]
        except JobNotFound:
            return []
        if claim.question != key.question:
            raise KeyReused("this Idempotency-Key came with another request before; take a new one")
        return jobs

    def _bind(self, key: IdempotencyKey, jobs: list[Job], expired: IdempotencyRecord | None) -> list[Job]:
        """The jobs that a key led to first, which from here on are these if there was nothing before.

        Jobs are bound when they are stored and queued: a claim leads to jobs whatever crashes, and jobs that
        are bound to nothing were told to nobody.
        """
        own = key.record(tuple(job.id for job in jobs), self._clock())
        first = self._store.bind_idempotency_key(own, expired)
        if first == own:
            return jobs
        self._take_back(jobs)
        earlier = self._jobs_for(first, key)
        if not earlier:
            raise Unavailable("what this key led to has just been removed; try again")
        return earlier

    @contextmanager
    def _alone(self, key: IdempotencyKey) -> Iterator[None]:
        with self._lock:
            if key.name in self._keys:
                raise KeyInUse("the first request with this Idempotency-Key is not answered yet; try again")
            self._keys.add(key.name)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key.name)

    def _accept(self, requests: Sequence[ExecuteRequest], check: Callable[[str], None]) -> list[Job]:
        with self._admission.admitted(len(requests)) as dataset:
            check(dataset)
            ids, now = self._ids.take(len(requests)), self._clock()
            jobs = [
                accepted(job_id, request, dataset, now) for job_id, request in zip(ids, requests, strict=True)
            ]
            self._store.create(*jobs)
            self._send(jobs)
        for job in jobs:
            ACCEPTED.add(job.statistic)
            facts = {"job_id": job.id, "statistic": job.statistic, "dataset": dataset}
            log.info("accepted %s", job.id, extra=facts)
        return jobs

    def _send(self, jobs: list[Job]) -> None:
        try:
            if len(jobs) == 1:
                self._queue.add_task(jobs[0].id)
            else:
                self._queue.add_tasks([job.id for job in jobs])
        except Exception:
            self._take_back(jobs)
            raise

    def _take_back(self, jobs: list[Job]) -> None:
        """Forget jobs that nobody was told of, as far as anybody can know: their messages may be out."""
        with deadline.within(TAKE_BACK_SECONDS):
            for place, job in enumerate(jobs):
                try:
                    self._store.delete(job.id)
                except Exception as error:
                    left = ", ".join(one.id for one in jobs[place:])
                    log.warning("%s stays: %s", left, error, extra={"job_id": job.id})
                    return


def accepted(job_id: str, request: ExecuteRequest, dataset: str, now: int) -> Job:
    return Job(
        job_id,
        request.statistic,
        request.inputs,
        dataset,
        accepted=now,
        response=request.response,
        media_type=request.media_type,
        trace=trace.current(),
        subscriber=request.subscriber,
        fresh=request.fresh,
    )


@contextmanager
def in_batch(place: int) -> Iterator[None]:
    """Name the place of an execute request in its batch in what it raises."""
    try:
        yield
    except (Refused, UnknownQuestion, UnknownState) as error:
        raise InvalidRequest(f"{BATCH_MEMBER}[{place}]: {error}") from error
