"""Jobs as rows of the database: the statements, and the values that go into them."""

import hashlib
import json
from functools import lru_cache
from typing import NamedTuple

from chalicelib.application.job import Job, job_number
from chalicelib.application.job_record import from_record, to_record
from local.storage.database import CALLBACK_PENDING, OPEN, SETTLED

INSERT_JOB = "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)"
UPDATE_JOB = "UPDATE jobs SET state = ?, sequence = ?, record = ?, result = ? WHERE number = ?"
WITH_RESULT = "FROM jobs LEFT JOIN results ON results.id = jobs.result"
OLDEST_FIRST = (
    "SELECT accepted, number, record FROM jobs WHERE (accepted, number) > (?, ?) "
    "ORDER BY accepted, number LIMIT ?"
)
NEWEST_FIRST = (
    "SELECT accepted, number, record FROM jobs WHERE (accepted, number) < (?, ?) "
    "ORDER BY accepted DESC, number DESC LIMIT ?"
)
# Each takes a JSON list, of job numbers or of rows of results.
DELETE_JOBS = (
    "DELETE FROM jobs WHERE number IN (SELECT value FROM json_each(?)) RETURNING number, state, result"
)
DELETE_RESULTS = (
    "DELETE FROM results WHERE id IN (SELECT value FROM json_each(?)) "
    "AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.result = results.id) RETURNING id, digest"
)
DELETE_KEYS = "DELETE FROM idempotency WHERE first_job IN (SELECT value FROM json_each(?))"
MARK_FILES_REMOVED = "UPDATE files SET removed = 1 WHERE number IN (SELECT value FROM json_each(?))"


class Change(NamedTuple):
    """The latest state of a job that was changed as change `sequence`."""

    sequence: int
    record: str
    result: bytes | None

    def job(self) -> Job:
        return from_record(json.loads(self.record), self.result)


@lru_cache(maxsize=64)
def digest(result: bytes) -> bytes:
    """The key of a result's row; remembered, since many jobs have one result."""
    return hashlib.blake2b(result, digest_size=16).digest()


def inserted(job: Job, sequence: int, row: int | None) -> tuple[int | str | None, ...]:
    """The values of INSERT_JOB."""
    return job_number(job.id), job.accepted, state_of(job), sequence, json.dumps(to_record(job)), row


def updated(job: Job, sequence: int, row: int | None) -> tuple[int | str | None, ...]:
    """The values of UPDATE_JOB."""
    return state_of(job), sequence, json.dumps(to_record(job)), row, job_number(job.id)


def state_of(job: Job) -> int:
    if job.callback_pending:
        return CALLBACK_PENDING
    return SETTLED if job.status.is_terminal else OPEN
