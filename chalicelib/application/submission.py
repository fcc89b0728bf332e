"""Submission: requests become jobs that are admitted, stored, queued, and bound to an idempotency key.

A job whose result is known is stored finished and not queued.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from chalicelib.application import deadline
from chalicelib.application.admission_control import AdmissionControl
from chalicelib.application.idempotency import IdempotencyKey, IdempotencyRecord
from chalicelib.application.job import ExecuteRequest, Job, JobIds
from chalicelib.application.known_results import KnownResults
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
        known: KnownResults,
        clock: Callable[[], int],
        answered: Callable[[Sequence[Job]], None],
    ) -> None:
        """`answered` is called with the new jobs that are finished, because their results are known."""
        self._store, self._queue, self._admission = store, queue, admission
        self._ids, self._known, self._clock, self._answered = ids, known, clock, answered
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
            with self._admitted(requests, check) as new_jobs:
                record, jobs = self._bind(key, len(requests), record)
                jobs = jobs or self._create_once(new_jobs(record.jobs))
        if record.pending:
            self._send(jobs)
            self._store.bind_idempotency_key(replace(record, pending=False), record)
        return jobs

    @contextmanager
    def _admitted(
        self, requests: Sequence[ExecuteRequest], check: Callable[[str], None]
    ) -> Iterator[Callable[[Sequence[str]], list[Job]]]:
        """Yield a function from ids to the new jobs of the requests, for which there is room.

        Jobs whose results are known are finished, and need no room.
        """
        with self._admission.admitted(len(requests)) as dataset:
            now = self._clock()
            jobs = self._known.answered([new_job(request, dataset, now) for request in requests])
            with self._admission.capacity.reserve(sum(not job.status.is_terminal for job in jobs)):
                check(dataset)
                yield lambda ids: [replace(job, id=job_id) for job, job_id in zip(jobs, ids, strict=True)]

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
        self._record(jobs)
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
        with self._admitted(requests, check) as new_jobs:
            jobs = new_jobs(self._ids.take(len(requests)))
            self._store.create(*jobs)
            try:
                self._send(jobs)
            except Exception:
                self._withdraw(jobs)
                raise
        self._record(jobs)
        return jobs

    def _record(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            ACCEPTED.add(job.statistic)
            fields = {"job_id": job.id, "statistic": job.statistic, "dataset": job.dataset}
            if job.status.is_terminal:
                fields["reused_from"] = job.source or ""
            log.info("accepted %s", job.id, extra=fields)
        self._answered([job for job in jobs if job.status.is_terminal])

    def _send(self, jobs: Sequence[Job]) -> None:
        ids = [job.id for job in jobs if not job.status.is_terminal]
        if len(ids) > 1:
            self._queue.add_tasks(ids)
        elif ids:
            self._queue.add_task(ids[0])

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


def new_job(request: ExecuteRequest, dataset: str, now: int) -> Job:
    """Return an accepted job without an id."""
    fields = {name: getattr(request, name) for name in ExecuteRequest.__dataclass_fields__}
    return Job(id="", dataset=dataset, accepted=now, trace=trace.current(), **fields)


@contextmanager
def in_batch(index: int) -> Iterator[None]:
    """Add the index of a request in its batch to the errors that it raises."""
    try:
        yield
    except (Refused, UnknownName) as error:
        raise InvalidRequest(f"{BATCH_MEMBER}[{index}]: {error}") from error
