"""Callbacks: subscribers are notified how their jobs ended, at least once, with retries for an hour.

That a callback is pending is part of the job's record, so it survives a crash. A queue message for a finished
job with a pending callback triggers the next attempt.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from chalicelib.application.job import IN_PROGRESS_URI, Job, JobStatus
from chalicelib.application.ports import CallbackSender, JobQueue, JobStore
from chalicelib.errors import CallbackFailed, CallbackRefused
from chalicelib.observability.metrics import CALLBACKS

LONGEST_URL = 2000
# A retry waits as long as the job has been finished, so pauses double; they begin at MIN_PAUSE seconds.
GIVE_UP_MS, MIN_PAUSE = 60 * 60 * 1000, 1.0

log = logging.getLogger("statline.callbacks")


class CallbackDelivery:
    """Sends callbacks. `queue` brings the ids of jobs with pending callbacks back to `send`.

    With a queue of its `own`, apart from the jobs', it brings back those of running jobs too, and all
    attempts are made in this process: a monotonic `timer`, in seconds, measures the hour.
    """

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        sender: CallbackSender,
        clock: Callable[[], int],
        own: bool = False,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._queue, self._sender, self._clock, self._own = store, queue, sender, clock, own
        self._begun: dict[str, Job] = {}
        self._timer, self._first_attempts = timer, dict[str, float]()

    def check(self, subscriber: Mapping[str, str]) -> None:
        """Raise InvalidRequest for a URL that is never called."""
        for url in subscriber.values():
            self._sender.check(url)

    def enqueue(self, job: Job) -> None:
        """Queue the callback of a finished job, if one is pending. The sweeper recovers a lost message."""
        if job.callback_pending:
            self._enqueue(job)

    def begin(self, job: Job) -> None:
        """Notify that a worker begins a job: on a queue of its own, off the worker's time."""
        if IN_PROGRESS_URI not in job.subscriber:
            return
        if not self._own:
            self.send_in_progress(job)
            return
        self._begun[job.id] = job
        self._enqueue(job)

    def begun(self, job_id: str) -> Job | None:
        """Return a job that `begin` queued, once."""
        return self._begun.pop(job_id, None)

    def _enqueue(self, job: Job) -> None:
        try:
            self._queue.add_task(job.id)
        except Exception as error:
            log.warning("callback of %s delayed: %s", job.id, error, extra={"job_id": job.id})

    def send_in_progress(self, job: Job) -> None:
        """Notify once, without a retry, that a job is running: the callback at its end says more."""
        if IN_PROGRESS_URI not in job.subscriber:
            return
        try:
            self._sender.send(replace(job, status=JobStatus.RUNNING))
        except CallbackFailed as error:
            self._record(job, "failed", error)
        else:
            self._record(job, "sent")

    def send(self, job: Job) -> None:
        """Notify how a job ended. After a failure, queue a retry, or give up when the job is too old."""
        age = self._age(job)
        try:
            self._sender.send(job)
        except CallbackRefused as error:
            self._record(job, "refused", error)
        except CallbackFailed as error:
            if age < GIVE_UP_MS:
                self._record(job, "failed", error)
                self._queue.add_task(job.id, max(MIN_PAUSE, age / 1000))
                return
            self._record(job, "given up", error)
        else:
            self._record(job, "sent")
        self._store.mark_delivered(job.id)
        self._first_attempts.pop(job.id, None)

    def _age(self, job: Job) -> int:
        """Return the milliseconds since the job finished, or by the timer, since the first attempt."""
        if not self._own:
            return self._clock() - (job.finished or job.accepted)
        now = self._timer()
        return int((now - self._first_attempts.setdefault(job.id, now)) * 1000)

    def _record(self, job: Job, outcome: str, error: CallbackFailed | None = None) -> None:
        CALLBACKS.add(outcome)
        log.log(
            logging.INFO if error is None else logging.WARNING,
            "callback of %s %s%s",
            job.id,
            outcome,
            "" if error is None else f": {error}",
            extra={"job_id": job.id, "outcome": outcome},
        )
