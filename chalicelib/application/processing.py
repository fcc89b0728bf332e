"""Processing: workers compute open jobs, one or several in a turn, and queue pending callbacks."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from chalicelib.application.callbacks import CallbackDelivery
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.known_results import (
    KnownResult,
    KnownResults,
    ResultKey,
    computed_outcome,
    key_of,
    known_result,
    result_digest,
    reusing,
)
from chalicelib.application.ports import DatasetStore, JobStore
from chalicelib.domain.statistics.registry import compute_result, statistic
from chalicelib.errors import JobNotFound, ResultLost, Unanswerable, UnknownStatistic
from chalicelib.observability import trace

# Seconds. Outcomes wait for the next computation of a turn only if its statistic took less the last time.
QUICK_SECONDS = 0.02

log = logging.getLogger("statline.jobs")


class Processor:
    """Computes jobs for any number of threads. `finish` stores outcomes and notifies those who wait."""

    def __init__(
        self,
        store: JobStore,
        datasets: DatasetStore,
        known: KnownResults,
        callbacks: CallbackDelivery,
        clock: Callable[[], int],
        finish: Callable[[Sequence[Job]], object],
    ) -> None:
        self._store, self._datasets, self._known = store, datasets, known
        self._callbacks, self._clock, self._finish = callbacks, clock, finish
        self._seconds = dict[str, float]()  # that each statistic took the last time

    def process(self, job_id: str) -> None:
        """Compute an open job, or queue the pending callback of a finished one, under the job's trace."""
        with ignore_missing(job_id):
            job = self._store.get(job_id)
            trace.adopt(job.trace)
            if not job.status.is_terminal:
                self._finish([self._outcome(job, {})])
            else:  # its worker crashed, or is of an earlier version, which left callbacks in this queue
                self._queue_callback(job)

    def process_all(self, job_ids: Iterable[str]) -> None:
        """Process jobs as `process` does, and store the outcomes of those that are quick together.

        Takes an id when it is about to process it. After an error, outcomes of this turn may not be stored.
        """
        outcomes, turn = dict[str, Job](), dict[ResultKey, KnownResult]()
        for job_id in job_ids:
            with ignore_missing(job_id):
                job = outcomes.get(job_id) or self._store.get(job_id)
                trace.adopt(job.trace)
                if outcomes and not self._is_quick(job):
                    self._finish([*outcomes.values()])
                    outcomes.clear()
                if not job.status.is_terminal:
                    outcomes[job_id] = self._outcome(job, turn)
                else:
                    self._queue_callback(job)
        if outcomes:
            self._finish([*outcomes.values()])

    def _queue_callback(self, job: Job) -> None:
        """Queue the callback of a finished job if one is pending; not if its result is lost for good."""
        if job.callback_pending:
            try:
                self._callbacks.enqueue(self.complete(job))
            except ResultLost:
                self._callbacks.give_up(job)

    def _is_quick(self, job: Job) -> bool:
        """Return whether outcomes may wait for a job: an open one whose statistic was quick the last time."""
        return not job.status.is_terminal and self._seconds.get(job.statistic, QUICK_SECONDS) < QUICK_SECONDS

    def load(self, job_id: str) -> Job:
        """Return a job, with its result if it is successful. Raises JobNotFound, ResultLost."""
        return self.complete(self._store.get(job_id))

    def complete(self, job: Job) -> Job:
        """Return a job with its result: one that the store has lost is computed again. Raises ResultLost."""
        if job.status is not JobStatus.SUCCESSFUL or job.result is not None:
            return job
        try:
            restored = replace(job, result=self._compute_again(job))
        except ResultLost as error:
            log.error("the result of %s is lost: %s", job.id, error.why, extra={"job_id": job.id})  # noqa: TRY400
            raise
        self._store.restore_result(restored)
        log.warning("the result of %s was lost: computed again", job.id, extra={"job_id": job.id})
        return restored

    def _compute_again(self, job: Job) -> bytes:
        """Return the bytes of a job's result, never others. Raises ResultLost."""
        try:
            if statistic(job.statistic).version != job.version:
                raise ResultLost(job.id, f"version {job.version} of {job.statistic} is gone")
            result = self._compute(job)
        except (Unanswerable, UnknownStatistic) as error:
            raise ResultLost(job.id, str(error)) from error
        if result_digest(result).hex() != job.digest:
            raise ResultLost(job.id, "it has other bytes when it is computed again")
        return result

    def _outcome(self, job: Job, turn: dict[ResultKey, KnownResult]) -> Job:
        """Compute a job; `turn` holds the results of this turn, which are not stored yet."""
        job = replace(job, started=self._clock())
        self._callbacks.begin(job)
        try:
            key = key_of(job)
            known = None if job.fresh else turn.get(key) or self._known.in_memory(key)
            if known is not None:
                return reusing(job, known, self._clock())
            outcome = computed_outcome(job, self._compute(job), self._clock())
        except Unanswerable as error:
            return job.fail(str(error), self._clock(), cause=type(error).__name__)
        if (computed := known_result(outcome)) is not None:
            turn[key] = computed
        return outcome

    def _compute(self, job: Job) -> bytes:
        begun = time.perf_counter()
        try:
            return compute_result(
                self._datasets.ingestor(job.dataset), job.statistic, job.inputs, job.dataset
            )
        finally:
            self._seconds[job.statistic] = time.perf_counter() - begun


@contextmanager
def ignore_missing(job_id: str) -> Iterator[None]:
    """Ignore a job that expired or was deleted meanwhile: its message has nothing left to do."""
    try:
        yield
    except JobNotFound:
        log_missing(job_id)


def log_missing(job_id: str) -> None:
    log.warning("no such job %s: expired or removed", job_id, extra={"job_id": job_id})
