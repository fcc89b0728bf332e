"""Telling subscribers of their jobs, until they take it, or for an hour.

That a job's end is still to be told stands in its record, so that it outlives any process: a message for such
a job has it told.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from chalicelib.application.job import IN_PROGRESS_URI, Job, JobStatus
from chalicelib.application.ports import CallbackSender, JobQueue, JobStore
from chalicelib.errors import CallbackFailed, CallbackRefused
from chalicelib.observability.metrics import CALLBACKS

# Each attempt comes as long after the one before as that one came after the job's end, and not at once.
LONGEST_URL = 2000
GIVE_UP_MS, SHORTEST_PAUSE = 60 * 60 * 1000, 1.0

log = logging.getLogger("statline.callbacks")


class CallbackDelivery:
    """Tells subscribers. `queue` brings back to `send` what is to be told now or later."""

    def __init__(
        self, store: JobStore, queue: JobQueue, sender: CallbackSender, clock: Callable[[], int]
    ) -> None:
        self._store, self._queue, self._sender, self._clock = store, queue, sender, clock

    def check(self, subscriber: Mapping[str, str]) -> None:
        """Raises InvalidRequest for a subscriber whom nothing is told."""
        for url in subscriber.values():
            self._sender.check(url)

    def ended(self, job: Job) -> None:
        """A job has ended: have it told, if anybody wants to know. One that is lost here is swept."""
        if not job.callback_pending:
            return
        try:
            self._queue.add_task(job.id)
        except Exception as error:
            log.warning("the end of %s is told later: %s", job.id, error, extra={"job_id": job.id})

    def progress(self, job: Job) -> None:
        """Tell that a job is being computed, once: its end says more, and waits for nobody."""
        if IN_PROGRESS_URI not in job.subscriber:
            return
        try:
            self._post(replace(job, status=JobStatus.RUNNING))
        except CallbackFailed as error:
            self._note(job, "failed", error)
        else:
            self._note(job, "sent")

    def send(self, job: Job) -> None:
        """Tell how a job ended, at least once; where that fails, again later, or not at all any more."""
        age = self._clock() - (job.finished or job.accepted)
        try:
            self._post(job)
        except CallbackRefused as error:
            self._note(job, "refused", error)
        except CallbackFailed as error:
            if age < GIVE_UP_MS:
                self._note(job, "failed", error)
                self._queue.add_task(job.id, max(SHORTEST_PAUSE, age / 1000))
                return
            self._note(job, "given up", error)
        else:
            self._note(job, "sent")
        self._store.mark_delivered(job.id)

    def sweep(self) -> None:
        """Have once more, and for the last time, told what is so late that its messages must be lost."""
        for job_id in self._store.pending_callbacks_before(self._clock() - GIVE_UP_MS):
            log.warning("telling the end of %s late", job_id, extra={"job_id": job_id})
            self._queue.add_task(job_id)

    def _post(self, job: Job) -> None:
        if job.callback is not None:
            self._sender.send(job)

    def _note(self, job: Job, outcome: str, error: CallbackFailed | None = None) -> None:
        CALLBACKS.add(outcome)
        log.log(
            logging.INFO if error is None else logging.WARNING,
            "callback of %s %s%s",
            job.id,
            outcome,
            "" if error is None else f": {error}",
            extra={"job_id": job.id, "outcome": outcome},
        )
