"""The application: submit a question, process it, read it, list, drain. Knows no HTTP and no AWS."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from chalicelib import deadline, trace
from chalicelib.admission import DRAINING, Admission, Drain
from chalicelib.answers import Answers
from chalicelib.capacity import Capacity
from chalicelib.config import Settings
from chalicelib.control import Control
from chalicelib.counted import counted
from chalicelib.datasets import Datasets
from chalicelib.descriptions import validate
from chalicelib.endings import Endings
from chalicelib.errors import Abandoned, JobNotFound, Unanswerable, Unavailable
from chalicelib.execution import Execution, parse_execution
from chalicelib.health import Check, Examination, Health, HealthStatus
from chalicelib.ids import JobIds
from chalicelib.jobs import Job, JobStatus
from chalicelib.listing import Filter, Page, Position, page
from chalicelib.metrics import ACCEPTED, DURATION, FINISHED, OLDEST, OPEN, OPEN_LIMIT
from chalicelib.queues import JobQueue
from chalicelib.registry import OTHER
from chalicelib.statistics import STATISTICS, Statistic, answer, parse_inputs, statistic
from chalicelib.stores import JobStore

# One attempt, and another where the first failed at once: whoever asked for the job still waits.
TAKE_BACK_SECONDS = 1
ANSWERS_BYTES = 16_000_000  # answers that are kept, to be given again

log = logging.getLogger("statline.jobs")

# Where jobs end in another process a waiting thread must look: soon at first, then less and less often.
# The last look may take some seconds more.
FIRST_LOOK, LONGEST_PAUSE, LAST_LOOK = 0.1, 2.0, 2.0


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


class Service:
    """Everything an interface can ask for. One instance serves any number of threads."""

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        datasets: Datasets,
        control: Control,
        id_block: int,
        clock: Callable[[], int] = now_ms,
        settle_seconds: int = 0,
        max_open: int = Settings.max_open,
        count_seconds: float = 0.0,
        checks: Iterable[Check] = (),
    ) -> None:
        self._store, self._queue = counted(store, "store"), counted(queue, "queue")
        self._datasets = counted(datasets, "datasets")
        self._ids = JobIds(self._store, id_block)
        self.answers = Answers(ANSWERS_BYTES)
        self._endings = Endings()
        self._clock = clock
        self._capacity = Capacity(max_open, self._store.count_open, count_seconds)
        self._examination = Examination([lambda: self._admission.unready(), *checks])
        self._admission = Admission(
            counted(control, "control"),
            self._capacity,
            self._store.count_open,
            clock,
            settle_seconds * 1000,
            changed=self._examination.expire,
        )

    def submit(self, name: str, body: object) -> Job:
        """Accept a question as a job.

        Raises UnknownStatistic, InvalidRequest, Draining, NoDataset or Overloaded; then no job was made.
        Raises Unavailable when storage or queue fail; then none is left, or one that nobody was told of,
        which the sweeper brings to its end.
        """
        asked = statistic(name)
        execution = Execution(parse_inputs(asked, body))
        with self._admission.admitted() as dataset:
            return self._accept(asked, execution, dataset)

    def execute(self, name: str, body: object) -> Job:
        """Accept an execute request of OGC API - Processes as a job.

        Raises as `submit` does, and UnknownQuestion or UnknownState; then no job was made.
        """
        asked = statistic(name)
        execution = parse_execution(asked, body)
        with self._admission.admitted() as dataset:
            validate(asked, execution.inputs, self._datasets.catalogue(dataset))
            return self._accept(asked, execution, dataset)

    def wait(self, job: Job, seconds: float) -> Job:
        """The job when it has ended, or as it was last seen after `seconds`. Raises JobNotFound.

        A store that fails meanwhile is no reason to give up a job that was accepted.
        """
        end, pause = time.monotonic() + seconds, FIRST_LOOK
        with self._endings.of(job.id) as ended, deadline.within(max(seconds, 0) + LAST_LOOK):
            while True:
                with suppress(Unavailable):
                    job = self._store.get(job.id)
                left = end - time.monotonic()
                if job.status.is_terminal or left <= 0:
                    return job
                ended.wait(min(left, pause))
                ended.clear()
                pause = min(2 * pause, LONGEST_PAUSE)

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
        return replace(job, status=JobStatus.DISMISSED, answer=None, reason="removed by a client")

    def process(self, job_id: str) -> None:
        """Answer a job, under its trace. Delivered again, late or twice, it changes nothing.

        A fault of store or data set propagates, so that the queue delivers the job again.
        """
        with gone_is_fine(job_id):
            self._process(self._store.get(job_id))

    def _process(self, job: Job) -> None:
        trace.adopt(job.trace)
        if job.status.is_terminal:
            return
        job = replace(job, started=self._clock())
        try:
            found = self.answer(job)
            outcome = job.succeed(found, self._clock())
        except Unanswerable as error:
            outcome = job.fail(str(error), self._clock(), cause=type(error).__name__)
        self._finish(outcome)

    def answer(self, job: Job) -> bytes:
        """The answer to a job's question, to the bit. Raises Unanswerable."""
        return self.answers.of(
            job, lambda: answer(self._datasets.ingestor(job.dataset), job.statistic, job.inputs)
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
        reasons = self._examination.reasons()
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

    def _accept(self, asked: Statistic, execution: Execution, dataset: str) -> Job:
        job = Job(
            self._ids.next(),
            asked.name,
            execution.inputs,
            dataset,
            accepted=self._clock(),
            response=execution.response,
            media_type=execution.media_type,
            trace=trace.current(),
        )
        self._store.create(job)
        try:
            self._queue.add_task(job.id)
        except Exception:
            self._take_back(job)
            raise
        ACCEPTED.add(job.statistic)
        log.info(
            "accepted %s", job.id, extra={"job_id": job.id, "statistic": job.statistic, "dataset": dataset}
        )
        return job

    def _take_back(self, job: Job) -> None:
        """Forget a job that could not be queued, as far as anybody can know: its message may be out."""
        try:
            with deadline.within(TAKE_BACK_SECONDS):
                self._store.delete(job.id)
        except Exception as error:
            log.warning("%s stays: %s", job.id, error, extra={"job_id": job.id})

    def _finish(self, outcome: Job) -> Job:
        stored = self._store.finish(outcome)
        self._capacity.freed()
        self._endings.announce(stored.id)
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
