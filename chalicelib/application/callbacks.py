"""Callbacks: subscribers are notified how their jobs ended, at least once, with retries for an hour.

That a callback is pending is part of the job's record, so it survives a crash. Each attempt has a message on
a queue apart from the jobs', so that a silent receiver delays no job, and a lease of its host, so that it
delays no other receiver.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from chalicelib.application.host_leases import Busy, Lease
from chalicelib.application.job import IN_PROGRESS_URI, Job, JobStatus
from chalicelib.application.ports import CallbackSender, HostLeases, JobQueue, JobStore
from chalicelib.errors import CallbackFailed, CallbackRefused, Unavailable
from chalicelib.observability import trace
from chalicelib.observability.metrics import CALLBACKS

LONGEST_URL = 2000
# The pauses between so many attempts make an hour: they double, up to the longest that SQS delays a message.
ATTEMPTS, LONGEST_PAUSE = 15, 900.0
GIVE_UP_MS = 60 * 60 * 1000
# The news that a job has begun is worth nothing later.
IN_PROGRESS_MS = 60_000
MESSAGE = re.compile(r"(\S*)(?: host=(\S+))?(?: attempt=([0-9]{1,9}))?(?: started=([0-9]{1,18}))?", re.ASCII)

log = logging.getLogger("statline.callbacks")


class CallbackMessage(NamedTuple):
    """A message of the callbacks' queue, as text: a job's id, and what differs from a first attempt.

    `host` saves a read of the job while the message waits. `started`, in milliseconds since the epoch, tells
    that a worker began the job then.
    """

    job_id: str
    host: str = ""
    attempt: int = 1
    started: int = 0

    @classmethod
    def parse(cls, text: str) -> "CallbackMessage":
        """Return the message of a text; of any other text, one for a job that does not exist."""
        if (match := MESSAGE.fullmatch(text)) is None:
            return cls(text)
        return cls(match[1], match[2] or "", int(match[3] or 1), int(match[4] or 0))

    def __str__(self) -> str:
        facts = {
            "host": self.host,
            "attempt": self.attempt if self.attempt > 1 else 0,
            "started": self.started,
        }
        return self.job_id + "".join(f" {name}={value}" for name, value in facts.items() if value)


class Wait(NamedTuple):
    """A host is left alone for some seconds; with `again` its message has still to be delivered."""

    seconds: float
    again: bool


class CallbackDelivery:
    """Queues callbacks, and sends one for each message that the queue brings."""

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        sender: CallbackSender,
        leases: HostLeases,
        clock: Callable[[], int],
    ) -> None:
        self._store, self._queue, self._sender = store, queue, sender
        self._leases, self._clock = leases, clock

    def check(self, subscriber: Mapping[str, str]) -> None:
        """Raise InvalidRequest for a URL that is never called."""
        for url in subscriber.values():
            self._sender.check(url)

    def enqueue(self, job: Job) -> None:
        """Queue the callback of a finished job, if one is pending. The sweeper recovers a lost message."""
        if job.callback_pending:
            self._enqueue(job, CallbackMessage(job.id))

    def begin(self, job: Job) -> None:
        """Queue the news that a worker begins a job. It is sent once, without retries: the end says more."""
        if IN_PROGRESS_URI in job.subscriber:
            self._enqueue(job, CallbackMessage(job.id, started=job.started or self._clock()))

    def _enqueue(self, job: Job, message: CallbackMessage) -> None:
        try:
            self._queue.add_task(str(message._replace(host=host_of(due(job, message)))))
        except Exception as error:
            log.warning("callback of %s delayed: %s", message.job_id, error, extra={"job_id": message.job_id})

    def host(self, text: str) -> str:
        """Return the host that a message's callback goes to; empty where it has none. Raises JobNotFound."""
        message = CallbackMessage.parse(text)
        return message.host or host_of(due(self._store.get(message.job_id), message))

    def deliver(self, text: str) -> Wait | None:
        """Make the attempt of a message if its host is free. After a failure queue the next one, or give up.

        Raises JobNotFound.
        """
        message = CallbackMessage.parse(text)
        job = due(self._store.get(message.job_id), message)
        trace.adopt(job.trace)
        if job.callback is None:
            return None
        lease = self._leases.acquire(host_of(job))
        if isinstance(lease, Busy):
            return self._postpone(job, message, lease)
        outcome, pause = self._attempt(job, lease)
        if outcome == "failed" and not message.started:
            if message.attempt < ATTEMPTS:
                self._retry(job, message)
                return Wait(pause, again=False)
            self._record(job, "given up")
        if not message.started:
            self._store.mark_delivered(job.id)
        return Wait(pause, again=False) if pause else None

    def _attempt(self, job: Job, lease: Lease) -> tuple[str, float]:
        """Send a callback; return its outcome, and the seconds that the host is left alone."""
        outcome, error = "sent", None
        try:
            self._sender.send(job)
        except CallbackFailed as failure:
            outcome, error = ("refused" if isinstance(failure, CallbackRefused) else "failed"), failure
        self._record(job, outcome, error)
        try:
            return outcome, self._leases.release(lease, delivered=outcome != "failed")
        except Unavailable as failure:
            log.warning("the lease of %s expires by itself: %s", lease.host, failure)
            return outcome, 0.0

    def _retry(self, job: Job, message: CallbackMessage) -> None:
        pause = min(2.0 ** max(0, message.attempt - 2), LONGEST_PAUSE)
        following = message._replace(host=host_of(job), attempt=message.attempt + 1)
        self._queue.add_task(str(following), pause)

    def _postpone(self, job: Job, message: CallbackMessage, busy: Busy) -> Wait | None:
        """Leave the message for later, unless it has become pointless."""
        if message.started:
            pointless = self._clock() - message.started > IN_PROGRESS_MS
            return None if pointless else Wait(busy.seconds, again=True)
        age = self._clock() - (job.finished or job.accepted)
        if min(busy.failing_ms, age) < GIVE_UP_MS:
            return Wait(busy.seconds, again=True)
        self._record(job, "given up")
        self._store.mark_delivered(job.id)
        return None

    def _record(self, job: Job, outcome: str, error: CallbackFailed | None = None) -> None:
        CALLBACKS.add(outcome)
        log.log(
            logging.INFO if outcome == "sent" else logging.WARNING,
            "callback of %s %s%s",
            job.id,
            outcome,
            "" if error is None else f": {error}",
            extra={"job_id": job.id, "outcome": outcome},
        )


def due(job: Job, message: CallbackMessage) -> Job:
    """Return the job as its callback shows it: as running, or ended; without subscriber if none is due."""
    if message.started:
        return replace(
            job,
            status=JobStatus.RUNNING,
            started=message.started,
            finished=None,
            result=None,
            reason=None,
            cause=None,
            source=None,
            computed=None,
        )
    return job if job.callback_pending else replace(job, subscriber={})


def host_of(job: Job) -> str:
    return (urlsplit(job.callback or "").hostname or "").rstrip(".")
