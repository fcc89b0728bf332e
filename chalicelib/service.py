"""The application: submit a question, process it, read it, list, drain. Knows no HTTP and no AWS."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from chalicelib import trace
from chalicelib.acceptance import Acceptance, Question
from chalicelib.admission import DRAINING, Admission, Drain
from chalicelib.answers import Answer, Answers
from chalicelib.batch import check_each, parse_batch
from chalicelib.callbacks import Callbacks
from chalicelib.capacity import Capacity
from chalicelib.claims import Key
from chalicelib.config import Settings
from chalicelib.control import Control
from chalicelib.counted import counted
from chalicelib.datasets import Datasets
from chalicelib.descriptions import validate
from chalicelib.endings import Endings
from chalicelib.errors import Abandoned, JobNotFound, Unanswerable
from chalicelib.execution import Execution, parse_execution
from chalicelib.health import Check, Examination, Health, HealthStatus
from chalicelib.ids import JobIds
from chalicelib.jobs import Job, JobStatus
from chalicelib.listing import Filter, Page, Position, page
from chalicelib.metrics import DURATION, FINISHED, OLDEST, OPEN, OPEN_LIMIT
from chalicelib.notices import Notices, Sender
from chalicelib.queues import JobQueue
from chalicelib.registry import OTHER
from chalicelib.statistics import STATISTICS, answer, parse_inputs, statistic
from chalicelib.stores import JobStore

ANSWERS_BYTES = 16_000_000  # answers that are kept, to be given again

log = logging.getLogger("statline.jobs")


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
        sender: Sender | None = None,
        notices: JobQueue | None = None,
    ) -> None:
        self._store, self._queue = counted(store, "store"), counted(queue, "queue")
        self._datasets = counted(datasets, "datasets")
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
        ids = JobIds(self._store, id_block)
        self._acceptance = Acceptance(self._store, self._queue, self._admission, ids, clock)
        self._notices = Notices(self._store, notices or self._queue, sender or Callbacks(), clock)

    def submit(self, name: str, body: object, key: str | None = None, fresh: bool = False) -> Job:
        """Accept a question as a job; with a key, once. `fresh` wants the answer computed for it alone.

        Raises UnknownStatistic, InvalidRequest, Draining, NoDataset, Overloaded, KeyReused, or KeyInUse while
        a key's first request is at work in this process; then no job was made.
        Raises Unavailable when storage or queue fail; then none is left, or one that nobody was told of,
        which the sweeper brings to its end.
        """
        asked = statistic(name)
        execution = Execution(parse_inputs(asked, body), fresh=fresh)
        first = key and Key.of(key, "submit", asked.name, body)
        return self._acceptance.accept([Question(asked, execution)], first or None, lambda dataset: None)[0]

    def execute(self, name: str, body: object, key: str | None = None, fresh: bool = False) -> Job:
        """Accept an execute request of OGC API - Processes as a job.

        Raises as `submit` does, and UnknownQuestion or UnknownState; then no job was made.
        """
        asked = statistic(name)
        question = Question(asked, parse_execution(asked, body, fresh))
        first = key and Key.of(key, "execute", asked.name, body)
        return self._acceptance.accept(
            [question], first or None, lambda dataset: self._check(question, dataset)
        )[0]

    def execute_all(self, body: object, key: str | None = None, fresh: bool = False) -> list[Job]:
        """Accept a batch of executions as jobs whose ids follow each other: all, or none.

        Raises as `execute` does, but InvalidRequest for all that is wrong with one of them.
        """
        questions = parse_batch(body, fresh)
        first = key and Key.of(key, "batch", body)

        def check(dataset: str) -> None:
            check_each(questions, lambda question: self._check(question, dataset))

        return self._acceptance.accept(questions, first or None, check)

    def wait(self, job: Job, seconds: float) -> Job:
        """The job when it has ended, or as it was last seen after `seconds`. Raises JobNotFound.

        A store that fails meanwhile is no reason to give up a job that was accepted.
        """
        return self._endings.wait(job, seconds, self._store.get)

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
        """Answer a job, under its trace, or tell its end. Delivered again, late or twice, it changes nothing.

        A fault of store or data set propagates, so that the queue delivers the job again.
        """
        with gone_is_fine(job_id):
            self._process(self._store.get(job_id))

    def _process(self, job: Job) -> None:
        trace.adopt(job.trace)
        if job.status.is_terminal:
            if job.unsent:
                self._notices.send(job)
            return
        job = replace(job, started=self._clock())
        self._notices.progress(job)
        try:
            found = self._answer(job)
            outcome = job.succeed(found.answer, self._clock())
            if found.source != job.id:
                outcome = replace(outcome, source=found.source, computed=found.computed)
        except Unanswerable as error:
            outcome = job.fail(str(error), self._clock(), cause=type(error).__name__)
        self._finish(outcome)

    def answer(self, job: Job) -> bytes:
        """The answer to a job's question, to the bit. Raises Unanswerable."""
        return self._answer(job).answer

    def _answer(self, job: Job) -> Answer:
        return self.answers.of(
            job,
            lambda: answer(self._datasets.ingestor(job.dataset), job.statistic, job.inputs),
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
        self._notices.sweep()

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

    def _check(self, question: Question, dataset: str) -> None:
        self._notices.check(question.execution.subscriber)
        validate(question.asked, question.execution.inputs, self._datasets.catalogue(dataset))

    def _finish(self, outcome: Job) -> Job:
        stored = self._store.finish(outcome)
        self._capacity.freed()
        self._endings.announce(stored.id)
        self._notices.ended(stored)
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
