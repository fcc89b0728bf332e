"""Submission: requests become jobs that are admitted, stored, queued, and bound to an idempotency key."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from chalicelib.application import deadline
from chalicelib.application.admission_control import AdmissionControl
from chalicelib.application.idempotency import IdempotencyKey, IdempotencyRecord
from chalicelib.application.job import ExecuteRequest, Job, JobIds
from chalicelib.application.ports import JobQueue, JobStore
from chalicelib.errors import (
    InvalidRequest,
    JobNotFound,
    KeyInUse,
    KeyReused,
    Refused,
    Unavailable,
    UnknownName,
)
from chalicelib.observability import trace
from chalicelib.observability.metrics import ACCEPTED

# Enough for one attempt, and another if the first fails at once: the client is still waiting.
WITHDRAW_SECONDS = 1
# The member of a batch request that holds its execute requests.
BATCH_MEMBER = "executions"

log = logging.getLogger("statline.jobs")


class Submission:
    """Makes jobs from requests, for any number of threads. Each call makes all of its jobs, or none."""

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
        self._keys_in_use: set[str] = set()

    def submit(
        self, requests: Sequence[ExecuteRequest], key: IdempotencyKey | None, check: Callable[[str], None]
    ) -> list[Job]:
        """Return new jobs for the requests, or the jobs that the key is bound to.

        `check` is called with the data set of the new jobs; an error that it raises ends the submission.
        """
        if key is None:
            return self._accept(requests, check)
        with self._exclusive(key):
            record = self._store.get_idempotency_record(key.name)
            return self._jobs_for(key, record) or self._bind(key, self._accept(requests, check), record)

    def _jobs_for(self, key: IdempotencyKey, record: IdempotencyRecord | None) -> list[Job]:
        """Return the jobs of a valid record of this key, or none. Raises KeyReused."""
        if record is None or record.expired(self._clock()):
            return []
        try:
            jobs = [self._store.get(job_id) for job_id in record.jobs]
        except JobNotFound:
            return []
        if record.question != key.question:
            raise KeyReused("this Idempotency-Key came with another request before; take a new one")
        return jobs

    def _bind(self, key: IdempotencyKey, jobs: list[Job], expired: IdempotencyRecord | None) -> list[Job]:
        """Bind a key to new jobs. If another process bound it first, withdraw them and return its jobs.

        Write the idempotency record last, so that it never refers to a missing job.
        """
        record = IdempotencyRecord(key.name, key.question, tuple(job.id for job in jobs), self._clock())
        first = self._store.bind_idempotency_key(record, expired)
        if first == record:
            return jobs
        self._withdraw(jobs)
        earlier = self._jobs_for(key, first)
        if not earlier:
            raise Unavailable("what this key led to has just been removed; try again")
        return earlier

    @contextmanager
    def _exclusive(self, key: IdempotencyKey) -> Iterator[None]:
        with self._lock:
            if key.name in self._keys_in_use:
                raise KeyInUse("the first request with this Idempotency-Key is not answered yet; try again")
            self._keys_in_use.add(key.name)
        try:
            yield
        finally:
            with self._lock:
                self._keys_in_use.discard(key.name)

    def _accept(self, requests: Sequence[ExecuteRequest], check: Callable[[str], None]) -> list[Job]:
        with self._admission.admitted(len(requests)) as dataset:
            check(dataset)
            ids, now = self._ids.take(len(requests)), self._clock()
            jobs = [new_job(*pair, dataset, now) for pair in zip(ids, requests, strict=True)]
            self._store.create(*jobs)
            self._enqueue(jobs)
        for job in jobs:
            ACCEPTED.add(job.statistic)
            fields = {"job_id": job.id, "statistic": job.statistic, "dataset": dataset}
            log.info("accepted %s", job.id, extra=fields)
        return jobs

    def _enqueue(self, jobs: list[Job]) -> None:
        try:
            if len(jobs) == 1:
                self._queue.add_task(jobs[0].id)
            else:
                self._queue.add_tasks([job.id for job in jobs])
        except Exception:
            self._withdraw(jobs)
            raise

    def _withdraw(self, jobs: list[Job]) -> None:
        """Delete jobs whose ids no client has. Workers ignore messages for them, which may be queued."""
        with deadline.within(WITHDRAW_SECONDS):
            for index, job in enumerate(jobs):
                try:
                    self._store.delete(job.id)
                except Exception as error:
                    remaining = ", ".join(job.id for job in jobs[index:])
                    log.warning("not withdrawn: %s: %s", remaining, error, extra={"job_id": job.id})
                    return


def new_job(job_id: str, request: ExecuteRequest, dataset: str, now: int) -> Job:
    fields = {name: getattr(request, name) for name in ExecuteRequest.__dataclass_fields__}
    return Job(id=job_id, dataset=dataset, accepted=now, trace=trace.current(), **fields)


@contextmanager
def in_batch(index: int) -> Iterator[None]:
    """Add the index of a request in its batch to the errors that it raises."""
    try:
        yield
    except (Refused, UnknownName) as error:
        raise InvalidRequest(f"{BATCH_MEMBER}[{index}]: {error}") from error
