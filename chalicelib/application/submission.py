"""Submission: requests become jobs that are admitted, stored, queued, and bound to an idempotency key."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

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
            return self._accept_once(requests, key, check)

    def _accept_once(
        self, requests: Sequence[ExecuteRequest], key: IdempotencyKey, check: Callable[[str], None]
    ) -> list[Job]:
        """Return the jobs that the key is bound to, or new ones.

        The key is bound to ids before their jobs exist, and the record confirmed after they are queued. Each
        request that finds it pending goes on where another stopped: all of them lead to the same jobs, and
        none makes others. So such jobs are not withdrawn, since another process may be returning them.
        """
        record = self._store.get_idempotency_record(key.name)
        jobs = self._jobs_for(key, record)
        if record is None or not jobs:
            with self._admission.admitted(len(requests)) as dataset:
                check(dataset)
                record, jobs = self._bind(key, len(requests), record)
                jobs = jobs or self._create_once(self._new_jobs(record.jobs, requests, dataset))
        if record.pending:
            self._send([job for job in jobs if not job.status.is_terminal])
            self._store.bind_idempotency_key(replace(record, pending=False), record)
        return jobs

    def _jobs_for(self, key: IdempotencyKey, record: IdempotencyRecord | None) -> list[Job]:
        """Return the jobs of a valid record of this key, or none. Raises KeyReused."""
        if record is None or record.expired(self._clock()):
            return []
        try:
            jobs = [self._store.get(job_id) for job_id in record.jobs]
        except JobNotFound:
            jobs = []
        if record.question != key.question and (jobs or record.pending):
            raise KeyReused("this Idempotency-Key came with another request before; take a new one")
        return jobs

    def _bind(
        self, key: IdempotencyKey, count: int, record: IdempotencyRecord | None
    ) -> tuple[IdempotencyRecord, list[Job]]:
        """Return the key's record, and those of its jobs that exist already: all, or none."""
        now = self._clock()
        if record is not None and record.pending and not record.expired(now):
            return record, []
        new = IdempotencyRecord(key.name, key.question, tuple(self._ids.take(count)), now, pending=True)
        first = self._store.bind_idempotency_key(new, record)
        jobs = [] if first == new else self._jobs_for(key, first)
        if not jobs and not first.pending:
            raise Unavailable("what this key led to has just been removed; try again")
        return first, jobs

    def _create_once(self, jobs: list[Job]) -> list[Job]:
        """Create the jobs of a key, or return them as another process did."""
        try:
            self._store.create(*jobs)
        except Exception:
            try:
                return [self._store.get(job.id) for job in jobs]
            except JobNotFound:
                pass
            raise
        log_accepted(jobs)
        return jobs

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
            jobs = self._new_jobs(self._ids.take(len(requests)), requests, dataset)
            self._store.create(*jobs)
            try:
                self._send(jobs)
            except Exception:
                self._withdraw(jobs)
                raise
        log_accepted(jobs)
        return jobs

    def _new_jobs(self, ids: Sequence[str], requests: Sequence[ExecuteRequest], dataset: str) -> list[Job]:
        now = self._clock()
        return [new_job(*pair, dataset, now) for pair in zip(ids, requests, strict=True)]

    def _send(self, jobs: Sequence[Job]) -> None:
        if len(jobs) == 1:
            self._queue.add_task(jobs[0].id)
        else:
            self._queue.add_tasks([job.id for job in jobs])

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


def log_accepted(jobs: Sequence[Job]) -> None:
    for job in jobs:
        ACCEPTED.add(job.statistic)
        fields = {"job_id": job.id, "statistic": job.statistic, "dataset": job.dataset}
        log.info("accepted %s", job.id, extra=fields)


def new_job(job_id: str, request: ExecuteRequest, dataset: str, now: int) -> Job:
    fields = {name: getattr(request, name) for name in ExecuteRequest.__dataclass_fields__}
    fields["dataset"] = request.dataset or dataset
    return Job(id=job_id, accepted=now, trace=trace.current(), **fields)


@contextmanager
def in_batch(index: int) -> Iterator[None]:
    """Add the index of a request in its batch to the errors that it raises."""
    try:
        yield
    except (Refused, UnknownName) as error:
        raise InvalidRequest(f"{BATCH_MEMBER}[{index}]: {error}") from error
