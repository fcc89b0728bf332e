"""Jobs, their states, and the requests that they are made from."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from chalicelib.errors import JobNotFound

# The default forms of a result.
RAW, JSON = "raw", "application/json"
JOB_ID = re.compile(r"job_id_([1-9][0-9]{0,17})", re.ASCII)
# Characters. A reason is part of the job's record, which DynamoDB limits to 400 KB.
LONGEST_REASON = 10_000


class JobStatus(StrEnum):
    """The states of OGC API - Processes; the last three are terminal."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"

    @property
    def is_terminal(self) -> bool:
        return self not in (JobStatus.ACCEPTED, JobStatus.RUNNING)


SUCCESS_URI, IN_PROGRESS_URI, FAILED_URI = "successUri", "inProgressUri", "failedUri"
# The callback URL for each state. A job that another client dismissed has failed for its subscriber.
CALLBACKS = {
    JobStatus.ACCEPTED: IN_PROGRESS_URI,
    JobStatus.RUNNING: IN_PROGRESS_URI,
    JobStatus.SUCCESSFUL: SUCCESS_URI,
    JobStatus.FAILED: FAILED_URI,
    JobStatus.DISMISSED: FAILED_URI,
}


@dataclass(frozen=True)
class ExecuteRequest:
    """A validated request for one job.

    `response` is "raw" for the bare result, "document" for a JSON object of all outputs by name. `subscriber`
    has the callback URLs by their names in the standard. `fresh` forbids the reuse of a cached result.
    `dataset` is the fingerprint of a data set other than the current one.
    """

    statistic: str
    inputs: Mapping[str, str]
    response: str = RAW
    media_type: str = JSON
    subscriber: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A statistic of one data set with its inputs, and, once terminal, its outcome.

    `accepted`, `started` and `finished` are milliseconds since the epoch, UTC; a job that ended without being
    computed has no `started`. `result` is the stored result of a successful job. `reason` is the sentence of
    a job that failed or was dismissed, `cause` the name of the condition behind it. `response`, `media_type`,
    `subscriber` and `fresh` are those of its ExecuteRequest. `trace` is the id of the request's trace, empty
    where there was none.

    `callback_pending` means that a subscriber is still to be notified of the outcome. `source` is the job
    whose result, computed at `computed`, this job reuses. `version` is that of the statistic that computed
    the result, and `digest` that of the result's bytes, so that a lost one can be computed again; jobs of
    earlier versions of the service lack both. A successful job whose result is lost, or not read yet, has no
    `result`. Jobs in a list lack it too, and may lack `trace`, `subscriber`, `callback_pending`, `fresh`,
    `version` and `digest`.
    """

    id: str
    statistic: str
    inputs: Mapping[str, str]
    dataset: str
    accepted: int
    status: JobStatus = JobStatus.ACCEPTED
    response: str = RAW
    media_type: str = JSON
    started: int | None = None
    finished: int | None = None
    result: bytes | None = field(default=None, repr=False)
    reason: str | None = None
    cause: str | None = None
    trace: str = ""
    subscriber: Mapping[str, str] = field(default_factory=dict)
    callback_pending: bool = False
    fresh: bool = False
    source: str | None = None
    computed: int | None = None
    version: int | None = None
    digest: str | None = None

    def succeed(self, result: bytes | None, now: int, **changes: Any) -> "Job":
        """Return the job with a result; `changes` are `source`, `computed`, `version` and `digest`."""
        return self._end(JobStatus.SUCCESSFUL, now, result=result, **changes)

    def fail(self, reason: str, now: int, cause: str | None = None) -> "Job":
        short = reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"
        return self._end(JobStatus.FAILED, now, reason=short, cause=cause)

    def dismiss(self, now: int) -> "Job":
        return self._end(JobStatus.DISMISSED, now, reason="dismissed by a client")

    @property
    def callback(self) -> str | None:
        """The callback URL for the job's state, if the subscriber has one."""
        return self.subscriber.get(CALLBACKS[self.status])

    def _end(self, status: JobStatus, now: int, **changes: Any) -> "Job":
        callback_pending = CALLBACKS[status] in self.subscriber
        return replace(self, status=status, finished=now, callback_pending=callback_pending, **changes)


def job_id(number: int) -> str:
    return f"job_id_{number}"


def job_number(identifier: str) -> int:
    """Return the n of job_id_<n>. Raises JobNotFound for any other text: it cannot be the id of a job."""
    match = JOB_ID.fullmatch(identifier)
    if match is None:
        raise JobNotFound(identifier)
    return int(match[1])


class JobIds:
    """Allocates ids from blocks of numbers that `reserve` has recorded durably.

    The counter is written once a block. A crash loses the rest of one: ids have gaps but never repeat.
    """

    def __init__(self, reserve: Callable[[int], range], block: int) -> None:
        self._reserve, self._block = reserve, block
        self._lock = threading.Lock()
        self._numbers = range(0)

    def take(self, count: int = 1) -> list[str]:
        """Return `count` consecutive ids."""
        with self._lock:
            if len(self._numbers) < count:
                self._numbers = self._reserve(max(count, self._block))
            numbers, self._numbers = self._numbers[:count], self._numbers[count:]
        return list(map(job_id, numbers))


def by_acceptance(job: Job) -> tuple[int, int]:
    """Return the sort key of job lists: oldest acceptance first, then by number within one millisecond."""
    return job.accepted, job_number(job.id)
