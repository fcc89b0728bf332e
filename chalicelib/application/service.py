"""The application: submit a question, process it, read it, list, drain. Knows no HTTP and no AWS."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.application.admission_control import DRAINING, AdmissionControl, Capacity, Drain
from chalicelib.application.callbacks import CallbackDelivery
from chalicelib.application.completion import Completions
from chalicelib.application.health import Check, Health, HealthChecker, HealthStatus
from chalicelib.application.idempotency import IdempotencyKey
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.job_ids import JobIds
from chalicelib.application.pagination import Filter, Page, Position, page
from chalicelib.application.ports import Ports
from chalicelib.application.result_cache import CachedResult, ResultCache
from chalicelib.application.submission import ExecuteRequest, Submission, in_batch
from chalicelib.config import Settings
from chalicelib.domain.catalogue import validate_inputs
from chalicelib.domain.statistics.registry import STATISTICS, compute_result
from chalicelib.errors import Abandoned, JobNotFound, Unanswerable
from chalicelib.observability import trace
from chalicelib.observability.error_counting import count_errors
from chalicelib.observability.metrics import DURATION, FINISHED, OLDEST, OPEN, OPEN_LIMIT
from chalicelib.observability.registry import OTHER

RESULT_CACHE_BYTES = 16_000_000

log = logging.getLogger("statline.jobs")


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Limits:
    """Numbers that the service is run with.

    `id_block` is how many job ids one write to the counter reserves. `max_open` bounds the open jobs; where
    others accept jobs too, a count of them may be `count_seconds` old, and a drain is done when no job
    was open twice, `settle_seconds` apart.
    """

    id_block: int = Settings.id_block
    max_open: int = Settings.max_open
    settle_seconds: int = Settings.settle_seconds
    count_seconds: float = 0.0


DEFAULT_LIMITS = Limits()


class Service:
    """Everything an interface can ask for. One instance serves any number of threads."""

    def __init__(
        self,
        ports: Ports,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], int] = now_ms,
        checks: Iterable[Check] = (),
    ) -> None:
        self._store, self._queue = count_errors(ports.store, "store"), count_errors(ports.queue, "queue")
        self._datasets = count_errors(ports.datasets, "datasets")
        self.results = ResultCache(RESULT_CACHE_BYTES)
        self._completions = Completions()
        self._clock = clock
        self._capacity = Capacity(limits.max_open, self._store.count_open, limits.count_seconds)
        self._health = HealthChecker([lambda: self._admission.not_ready_reason(), *checks])
        self._admission = AdmissionControl(
            count_errors(ports.state, "control"),
            self._capacity,
            self._store.count_open,
            clock,
            limits.settle_seconds * 1000,
            changed=self._health.expire,
        )
        ids = JobIds(self._store, limits.id_block)
        self._submission = Submission(self._store, self._queue, self._admission, ids, clock)
        self._callbacks = CallbackDelivery(self._store, ports.callback_queue, ports.callback_sender, clock)

    def submit(
        self, request: ExecuteRequest, key: IdempotencyKey | None = None, *, validate: bool = False
    ) -> Job:
        """Accept a request as a job; with a key, once.

        With `validate`, a question or state that the data set does not have is refused; else its job fails.

        Raises InvalidRequest, Draining, NoDataset, Overloaded, KeyReused, or KeyInUse while a key's first
        request is at work in this process; with `validate` also UnknownQuestion or UnknownState. Then no
        job was made. Raises Unavailable when storage or queue fail; then no job is left, or one whose id no
        client has, which the sweeper ends.
        """

        def check(dataset: str) -> None:
            if validate:
                self._validate(request, dataset)

        return self._submission.submit([request], key, check)[0]

    def submit_batch(
        self, requests: Sequence[ExecuteRequest], key: IdempotencyKey | None = None
    ) -> list[Job]:
        """Accept validated requests as jobs whose ids follow each other: all, or none.

        Raises as `submit` does, but InvalidRequest for all that is wrong with one of them.
        """

        def check(dataset: str) -> None:
            for place, request in enumerate(requests):
                with in_batch(place):
                    self._validate(request, dataset)

        return self._submission.submit(requests, key, check)

    def wait(self, job: Job, seconds: float) -> Job:
        """The job when it has ended, or as it was last seen after `seconds`. Raises JobNotFound.

        A store that fails meanwhile is no reason to give up a job that was accepted.
        """
        return self._completions.wait(job, seconds, self._store.get)

    def dismiss(self, job_id: str) -> Job:
        """End a job that is open; forget one that has ended, and its result. Returns it as dismissed.

        Raises JobNotFound.
        """
        job = self._store.get(job_id)
        if not job.status.is_terminal:
            job = self._finish(job.dismiss(self._clock()))
            if job.status is JobStatus.DISMISSED:
                return job
        self._store.delete(job_id)
        log.info("removed %s", job_id, extra={"job_id": job_id})
        return replace(job, status=JobStatus.DISMISSED, result=None, reason="removed by a client")

    def process(self, job_id: str) -> None:
        """Answer a job, under its trace, or tell its end. Delivered again, late or twice, it changes nothing.

        A fault of store or data set propagates, so that the queue delivers the job again.
        """
        with gone_is_fine(job_id):
            self._process(self._store.get(job_id))

    def _process(self, job: Job) -> None:
        trace.adopt(job.trace)
        if job.status.is_terminal:
            if job.callback_pending:
                self._callbacks.send(job)
            return
        job = replace(job, started=self._clock())
        self._callbacks.progress(job)
        try:
            found = self._answer(job)
            outcome = job.succeed(found.result, self._clock())
            if found.source != job.id:
                outcome = replace(outcome, source=found.source, computed=found.computed)
        except Unanswerable as error:
            outcome = job.fail(str(error), self._clock(), cause=type(error).__name__)
        self._finish(outcome)

    def answer(self, job: Job) -> bytes:
        """The answer to a job's question, to the bit. Raises Unanswerable."""
        return self._answer(job).result

    def _answer(self, job: Job) -> CachedResult:
        return self.results.get_or_compute(
            job,
            lambda: compute_result(self._datasets.ingestor(job.dataset), job.statistic, job.inputs),
            self._clock,
        )

    def fail(self, job_id: str, reason: str) -> None:
        """End a job that no worker could process; one that did end keeps its outcome, one that is gone
        is none to end.
        """
        with gone_is_fine(job_id):
            job = self._store.get(job_id)
            trace.adopt(job.trace)
            self._finish(job.fail(reason, self._clock(), cause=Abandoned.__name__))

    def sweep(self, resend_after: int, give_up_after: int) -> None:
        """Send jobs again whose message seems lost, and fail those beyond hope; ages in milliseconds.

        A job that is merely slow is delivered twice, which is harmless.
        """
        now = self._clock()
        for job_id, accepted in self._store.open_before(now - resend_after):
            if accepted < now - give_up_after:
                self._give_up(job_id, now - accepted)
            else:
                log.warning("sending %s again", job_id, extra={"job_id": job_id, "ms": now - accepted})
                self._queue.add_task(job_id)
        self._callbacks.sweep()

    def _give_up(self, job_id: str, age: int) -> None:
        with trace.scope():
            self.fail(job_id, str(Abandoned(f"still open {age // 1000} s after it was accepted")))

    def get(self, job_id: str) -> Job:
        """The job as it stands. Raises JobNotFound."""
        return self._store.get(job_id)

    def jobs(self) -> Iterator[Job]:
        """Every job without its answer, oldest acceptance first."""
        return self._store.jobs()

    def page(self, wanted: Filter, limit: int, after: Position | None = None) -> Page:
        """At most `limit` of the wanted jobs, without answers, newest first, after a position."""
        until = min(wanted.latest, after.accepted) if after else wanted.latest
        return page(self._store.latest(until), wanted, limit, after)

    def num_jobs(self) -> int:
        """How many jobs are accepted, or being accepted, and not finished."""
        return self._admission.num_jobs()

    def measure(self) -> None:
        """Set the gauges that tell of open jobs: how many, and how old the oldest is."""
        now = self._clock()
        oldest = next((accepted for _, accepted in self._store.open_before(now)), now)
        OLDEST.set((now - oldest) / 1000)
        OPEN.set(self.num_jobs())
        OPEN_LIMIT.set(self._capacity.limit)

    def health(self) -> Health:
        """Whether questions are taken and can be answered; looked at no more often than once a second."""
        reasons = self._health.reasons()
        if not reasons:
            return Health(HealthStatus.READY)
        return Health(HealthStatus.DRAINING if reasons == (DRAINING,) else HealthStatus.DEGRADED, reasons)

    def drain(self) -> Drain:
        """Take nothing new, and tell how far the rest is."""
        return self._admission.drain()

    def reopen(self) -> None:
        """Take new jobs again after a drain."""
        self._admission.reopen()

    def dataset(self) -> str:
        """The fingerprint of the data set that new jobs are accepted under. Raises NoDataset."""
        return self._admission.dataset()

    def catalogue(self) -> Mapping[str, Any]:
        """What can be asked of the current data set. Raises NoDataset."""
        return self._datasets.catalogue(self.dataset())

    def _validate(self, request: ExecuteRequest, dataset: str) -> None:
        self._callbacks.check(request.subscriber)
        validate_inputs(request.inputs, self._datasets.catalogue(dataset))

    def _finish(self, outcome: Job) -> Job:
        stored = self._store.finish(outcome)
        self._capacity.record_completion()
        self._completions.notify(stored.id)
        self._callbacks.ended(stored)
        took = self._clock() - stored.accepted
        if stored == outcome:  # not where somebody else's outcome came first
            FINISHED.add(stored.statistic if stored.statistic in STATISTICS else OTHER, stored.status)
            DURATION.observe(max(0, took) / 1000, stored.status)
        log.info(
            "%s %s",
            stored.status,
            stored.id,
            extra={"job_id": stored.id, "status": stored.status, "ms": took},
        )
        return stored


@contextmanager
def gone_is_fine(job_id: str) -> Iterator[None]:
    """Nobody waits for a job that expired, or that a client removed in the middle of everything."""
    try:
        yield
    except JobNotFound:
        log.warning("no such job %s: expired or removed", job_id, extra={"job_id": job_id})
