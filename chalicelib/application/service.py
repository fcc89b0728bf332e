"""The service layer: the use cases of asynchronous jobs. It knows no HTTP and no AWS."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from chalicelib.application.admission_control import DRAINING, AdmissionControl, Capacity, Drain, Load
from chalicelib.application.callbacks import CallbackDelivery, Wait
from chalicelib.application.completion import Completions
from chalicelib.application.health import Check, Health, HealthChecker, HealthStatus
from chalicelib.application.idempotency import IdempotencyKey
from chalicelib.application.job import ExecuteRequest, Job, JobIds, JobStatus
from chalicelib.application.known_results import KnownResults
from chalicelib.application.pagination import SCAN_LIMIT, Filter, Page, Position, page
from chalicelib.application.ports import Ports
from chalicelib.application.processing import Processor, ignore_missing, log_missing
from chalicelib.application.submission import Submission, in_batch
from chalicelib.application.sweeper import Sweeper
from chalicelib.config import Settings
from chalicelib.domain.catalogue import Catalogue, validate_inputs
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.errors import Abandoned, DatasetGone, JobNotFound, NoDataset, Unavailable
from chalicelib.observability import trace
from chalicelib.observability.metrics import (
    DURATION,
    FINISHED,
    OLDEST,
    OPEN,
    OPEN_LIMIT,
    OTHER,
    UNPROCESSED,
)

# Causes of failure that are an operator's concern.
NOT_BY_QUESTION = {kind.__name__ for kind in (Abandoned, DatasetGone)}

log = logging.getLogger("statline.jobs")


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


class Service:
    """The use cases of every interface. One instance serves any number of threads.

    Where other processes accept jobs too, admission takes the queue's number of messages as that of open jobs
    and uses it for `count_seconds`: one call, where the exact number costs one for each shard of an index.
    """

    def __init__(
        self,
        ports: Ports,
        settings: Settings,
        clock: Callable[[], int] = now_ms,
        checks: Iterable[Check] = (),
        count_seconds: float = 0.0,
    ) -> None:
        self._store, self._queue = ports.store, ports.queue
        self._datasets = ports.datasets
        self._clock = clock
        self._known = KnownResults(self._store, clock, settings.reuse_ms)
        self._completions = Completions()
        self._health = HealthChecker([lambda: self._admission.not_ready_reason(), *checks])
        count = self._queue.count_messages if count_seconds else self._store.count_open
        self._admission = AdmissionControl(
            ports.state,
            Capacity(settings.max_open, count, count_seconds),
            self._store.count_open,
            clock,
            settings.settle_seconds * 1000,
            on_change=self._health.expire,
        )
        ids = JobIds(self._store.reserve_ids, settings.id_block)
        self._submission = Submission(
            self._store, self._queue, self._admission, ids, self._known, clock, self._answered
        )
        self._callbacks = CallbackDelivery(
            self._store,
            self._queue,
            ports.callback_queue,
            ports.callback_sender,
            ports.host_leases,
            clock,
        )
        self._processor = Processor(
            self._store, self._datasets, self._known, self._callbacks, clock, self._finish
        )
        self._load = self._processor.load
        self._sweeper = Sweeper(self._store, self._queue, ports.callback_queue, self._give_up, clock)

    def submit(
        self, request: ExecuteRequest, key: IdempotencyKey | None = None, *, validate: bool = False
    ) -> Job:
        """Submit a job. A key that is used again returns the job of its first request.

        Without `validate`, an unknown question or state fails the job later. No job is made when this raises
        InvalidRequest, Draining, NoDataset, Overloaded, KeyReused, KeyInUse (while this process handles the
        key's first request), or, with `validate`, UnknownName. After Unavailable, from
        storage or queue, no job is left, or one whose id no client has: the same key leads to it, and the
        sweeper ends it.
        """

        def check(dataset: str) -> None:
            if validate:
                self._validate(request, dataset)

        return self._submission.submit([request], key, check)[0]

    def submit_batch(
        self, requests: Sequence[ExecuteRequest], key: IdempotencyKey | None = None
    ) -> list[Job]:
        """Submit all requests as jobs with consecutive ids, or none.

        Raises as `submit` does with `validate`, but InvalidRequest for any error of a single request.
        """

        def check(dataset: str) -> None:
            for index, request in enumerate(requests):
                with in_batch(index):
                    self._validate(request, dataset)

        return self._submission.submit(requests, key, check)

    def wait(self, job: Job, seconds: float) -> Job:
        """Return the finished job, or its last observed state after `seconds`. Raises JobNotFound.

        A failing store does not end the wait: the job was accepted.
        """
        return job if job.result is not None else self._completions.wait(job, seconds, self._load)

    def dismiss(self, job_id: str) -> Job:
        """Dismiss an open job, or delete a finished one with its result; return it as dismissed.

        Raises JobNotFound.
        """
        job = self._store.get(job_id)
        if not job.status.is_terminal:
            found = self._finish([job.dismiss(self._clock())])
            if not found:
                raise JobNotFound(job_id)
            [job] = found
            if job.status is JobStatus.DISMISSED:
                return job
        self._store.delete(job_id)
        log.info("removed %s", job_id, extra={"job_id": job_id})
        return replace(job, status=JobStatus.DISMISSED, result=None, reason="removed by a client")

    def process(self, job_id: str) -> None:
        """Compute an open job, or queue the pending callback of a finished one, under the job's trace.

        Deliveries that are late or repeated are harmless. Errors of store or data set propagate, so that the
        queue delivers the job again.
        """
        self._processor.process(job_id)

    def process_all(self, job_ids: Iterable[str]) -> None:
        """Process several jobs in a turn, each under its own trace, and store their outcomes together.

        After an error some of them are finished; all may be processed again.
        """
        self._processor.process_all(job_ids)

    def send_callback(self, message: str) -> Wait | None:
        """Send the callback of a message if its host is free; return how long to leave the host alone."""
        with ignore_missing(message):
            return self._callbacks.deliver(message)
        return None

    def callback_host(self, message: str) -> str:
        """Return the host that a message's callback goes to; empty where that is unknown."""
        with suppress(JobNotFound, Unavailable):
            return self._callbacks.host(message)
        return ""

    def fail(self, job_id: str, reason: str) -> None:
        """Fail an open job that no worker could process. Other jobs, and missing ones, are left alone."""
        with ignore_missing(job_id):
            job = self._store.get(job_id)
            trace.adopt(job.trace)
            self._finish([job.fail(reason, self._clock(), cause=Abandoned.__name__)])

    def postpone(self, job_id: str, seconds: float) -> None:
        """Queue a job again that cannot be processed now; the sweeper fails one that is too old."""
        self._queue.add_task(job_id, seconds)

    def sweep(self, resend_after: int, give_up_after: int) -> None:
        """Fail open jobs that are too old, and queue again what the queue lost; ages in milliseconds."""
        self._sweeper.sweep(resend_after, give_up_after)

    def _give_up(self, job_id: str, age: int) -> None:
        with trace.scope():
            self.fail(job_id, str(Abandoned(f"still open {age // 1000} s after it was accepted")))

    def get(self, job_id: str) -> Job:
        """Return the current state of a job. Raises JobNotFound, or Unavailable when its result is lost."""
        return self._load(job_id)

    def jobs(self) -> Iterator[Job]:
        """Iterate over all jobs, without results, oldest acceptance first."""
        return self._store.jobs()

    def page(self, job_filter: Filter, limit: int, after: Position | None = None) -> Page:
        """Return at most `limit` matching jobs after a position, without results, newest first."""
        until = min(job_filter.latest, after.accepted) if after else job_filter.latest
        return page(self._store.latest(until, limit + 1), job_filter, limit, after, max(limit, SCAN_LIMIT))

    def num_jobs(self) -> int:
        """Count the jobs that are being accepted, or accepted and not finished."""
        return self._admission.num_jobs()

    def load(self) -> Load:
        """Return the number of open jobs, their limit, and the age of the oldest."""
        now = self._clock()
        oldest = next((accepted for _, accepted in self._store.open_before(now)), now)
        return Load(self.num_jobs(), self._admission.capacity.limit, (now - oldest) / 1000)

    def measure(self) -> None:
        """Set the gauges of open jobs."""
        load = self.load()
        OLDEST.set(load.oldest)
        OPEN.set(load.open)
        OPEN_LIMIT.set(load.limit)

    def health(self) -> Health:
        """Return whether jobs are accepted and can be processed; checked at most once a second."""
        reasons = self._health.reasons()
        if not reasons:
            return Health(HealthStatus.READY)
        return Health(HealthStatus.DRAINING if reasons == (DRAINING,) else HealthStatus.DEGRADED, reasons)

    def drain(self) -> Drain:
        """Stop accepting jobs, and report how many are left."""
        return self._admission.drain()

    def reopen(self) -> None:
        """Accept new jobs again after a drain."""
        self._admission.reopen()

    def dataset(self) -> str:
        """Return the fingerprint of the data set for new jobs. Raises NoDataset."""
        return self._admission.dataset()

    def datasets(self) -> list[str]:
        """Return the fingerprints of the data sets that are stored: the current one and earlier ones."""
        return self._datasets.published()

    def catalogue(self, dataset: str = "") -> Catalogue:
        """Return title, source, questions and states of a data set, or of the current one.

        Raises NoDataset, DatasetGone.
        """
        return self._datasets.catalogue(dataset or self.dataset())

    def warnings(self) -> list[str]:
        """Return what may be a mistake in the current data set; none while it cannot be known."""
        with suppress(NoDataset, DatasetGone, Unavailable):
            return list(self.catalogue().get("warnings", ()))
        return []

    def _validate(self, request: ExecuteRequest, dataset: str) -> None:
        self._callbacks.check(request.subscriber)
        validate_inputs(request.inputs, self._datasets.catalogue(request.dataset or dataset))

    def _finish(self, outcomes: Sequence[Job]) -> list[Job]:
        """Store outcomes and notify those who wait; return the jobs that were found, as they are stored."""
        found = []
        for outcome, job in zip(outcomes, self._store.finish_all(outcomes), strict=True):
            with trace.scope(outcome.trace):
                if job is None:
                    log_missing(outcome.id)
                    continue
                found.append(job)
                self._admission.capacity.record_completion()
                self._completions.notify(job.id)
                if job == outcome:  # count an outcome once: another process may have stored its own first
                    self._known.remember(job)
                    count_finished(job)
                self._callbacks.enqueue(job)
                log_finished(job)
        return found

    def _answered(self, jobs: Sequence[Job]) -> None:
        """Count jobs that were finished when they were submitted, and queue their callbacks."""
        for job in jobs:
            count_finished(job)
        self._callbacks.enqueue(*jobs)


def count_finished(job: Job) -> None:
    FINISHED.add(job.statistic if job.statistic in STATISTICS else OTHER, job.status)
    DURATION.observe(milliseconds(job) / 1000, job.status)
    if job.cause in NOT_BY_QUESTION:
        UNPROCESSED.add()


def log_finished(job: Job) -> None:
    fields = {"job_id": job.id, "status": job.status, "ms": milliseconds(job)}
    log.info("%s %s", job.status, job.id, extra=fields)


def milliseconds(job: Job) -> int:
    """Return how long a finished job took from its acceptance on; never negative, though clocks differ."""
    return max(0, (job.finished or job.accepted) - job.accepted)
