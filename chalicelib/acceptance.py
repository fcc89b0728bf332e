"""How questions become jobs: admitted, stored, queued, and bound to the client's key if it sent one."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from chalicelib import deadline, trace
from chalicelib.admission import Admission
from chalicelib.claims import LASTS_SECONDS, Claim, Key
from chalicelib.errors import JobNotFound, KeyInUse, KeyReused, Unavailable
from chalicelib.execution import Execution
from chalicelib.ids import JobIds
from chalicelib.jobs import Job
from chalicelib.metrics import ACCEPTED
from chalicelib.queues import JobQueue
from chalicelib.statistics import Statistic
from chalicelib.stores import JobStore

# One attempt, and another where the first failed at once: whoever asked for the job still waits.
TAKE_BACK_SECONDS = 1

log = logging.getLogger("statline.jobs")


class Question(NamedTuple):
    asked: Statistic
    execution: Execution


class Acceptance:
    """Makes jobs of questions, for any number of threads; all of one call's, or none."""

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        admission: Admission,
        ids: JobIds,
        clock: Callable[[], int],
    ) -> None:
        self._store, self._queue, self._admission = store, queue, admission
        self._ids, self._clock = ids, clock
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    def accept(
        self, questions: Sequence[Question], key: Key | None, check: Callable[[str], None]
    ) -> list[Job]:
        """Jobs for the questions, or those that the key's first request led to.

        `check` is called with the data set that the jobs are accepted under; what it raises ends it.
        """
        if key is None:
            return self._accept(questions, check)
        with self._alone(key):
            before = self._store.claimed(key.name)
            return self._led_to(before, key) or self._bind(key, self._accept(questions, check), before)

    def _led_to(self, claim: Claim | None, key: Key) -> list[Job]:
        """The jobs of a claim; none if there is no claim, or it is void."""
        if claim is None or claim.made + LASTS_SECONDS * 1000 <= self._clock():
            return []
        try:
            jobs = [self._store.get(job_id) for job_id in claim.jobs]
        except JobNotFound:
            return []
        if claim.question != key.question:
            raise KeyReused("this Idempotency-Key came with another request before; take a new one")
        return jobs

    def _bind(self, key: Key, jobs: list[Job], void: Claim | None) -> list[Job]:
        """The jobs that a key led to first, which from here on are these if there was nothing before.

        Jobs are bound when they are stored and queued: a claim leads to jobs whatever crashes, and jobs that
        are bound to nothing were told to nobody.
        """
        own = key.claim(tuple(job.id for job in jobs), self._clock())
        first = self._store.claim(own, void)
        if first == own:
            return jobs
        self._take_back(jobs)
        earlier = self._led_to(first, key)
        if not earlier:
            raise Unavailable("what this key led to has just been removed; try again")
        return earlier

    @contextmanager
    def _alone(self, key: Key) -> Iterator[None]:
        with self._lock:
            if key.name in self._keys:
                raise KeyInUse("the first request with this Idempotency-Key is not answered yet; try again")
            self._keys.add(key.name)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key.name)

    def _accept(self, questions: Sequence[Question], check: Callable[[str], None]) -> list[Job]:
        with self._admission.admitted(len(questions)) as dataset:
            check(dataset)
            ids, now = self._ids.take(len(questions)), self._clock()
            jobs = [
                accepted(job_id, question, dataset, now)
                for job_id, question in zip(ids, questions, strict=True)
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


def accepted(job_id: str, question: Question, dataset: str, now: int) -> Job:
    execution = question.execution
    return Job(
        job_id,
        question.asked.name,
        execution.inputs,
        dataset,
        accepted=now,
        response=execution.response,
        media_type=execution.media_type,
        trace=trace.current(),
        subscriber=execution.subscriber,
        fresh=execution.fresh,
    )
