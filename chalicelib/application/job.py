"""A job: one question on its way to one answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from chalicelib.errors import JobNotFound

# In which form a result is wanted if nobody says.
RAW, JSON = "raw", "application/json"
JOB_ID = re.compile(r"job_id_([1-9][0-9]{0,17})", re.ASCII)
# Characters. A reason lies in the job's record, which DynamoDB lets grow to 400 KB.
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
# Whom a subscriber wants told, by what happened. Somebody else may have dismissed what it waits for.
CALLBACKS = {
    JobStatus.ACCEPTED: IN_PROGRESS_URI,
    JobStatus.RUNNING: IN_PROGRESS_URI,
    JobStatus.SUCCESSFUL: SUCCESS_URI,
    JobStatus.FAILED: FAILED_URI,
    JobStatus.DISMISSED: FAILED_URI,
}


@dataclass(frozen=True, slots=True)
class Job:
    """One question: what was asked, under which data set, and, once terminal, what came of it.

    `accepted`, `started` and `finished` are milliseconds since the epoch, UTC; what ended without being
    computed never started. `result` is the stored result of a successful job, `reason` the sentence of
    one that ended otherwise, `cause` the name of the condition behind it. `response` ("raw" or "document")
    and `media_type` say in which form the result was asked for. `trace` is the id of the request's trace,
    empty where there was none; lists may lack it.

    `subscriber` has the addresses that are to be called back, by their names in the standard, and `unsent`
    says that one is still to be told how the job ended; lists lack both, and `fresh`.
    `source` is the job whose answer, computed at `computed`, was given again; `fresh` that the client wanted
    none of that.
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

    def succeed(self, result: bytes, now: int) -> "Job":
        return self._end(JobStatus.SUCCESSFUL, now, result=result)

    def fail(self, reason: str, now: int, cause: str | None = None) -> "Job":
        return self._end(JobStatus.FAILED, now, reason=shortened(reason), cause=cause)

    def dismiss(self, now: int) -> "Job":
        return self._end(JobStatus.DISMISSED, now, reason="dismissed by a client")

    @property
    def callback(self) -> str | None:
        """The address that is to be told of the job as it stands."""
        return self.subscriber.get(CALLBACKS[self.status])

    def _end(self, status: JobStatus, now: int, **facts: Any) -> "Job":
        callback_pending = CALLBACKS[status] in self.subscriber
        return replace(self, status=status, finished=now, callback_pending=callback_pending, **facts)


def shortened(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"


def job_id(number: int) -> str:
    return f"job_id_{number}"


def job_number(identifier: str) -> int:
    """The n of job_id_<n>.

    Raises JobNotFound for any other text: nothing else was ever an id, so no store need be asked.
    """
    match = JOB_ID.fullmatch(identifier)
    if match is None:
        raise JobNotFound(identifier)
    return int(match[1])


def by_acceptance(job: Job) -> tuple[int, int]:
    """Sort key of job lists: oldest acceptance first, then by number within one millisecond."""
    return job.accepted, job_number(job.id)
