"""Jobs as rows of the database: the statements, and the values that go into them."""

import hashlib
import json
from functools import lru_cache
from typing import NamedTuple

from chalicelib.application.job import Job, job_number
from chalicelib.application.job_record import from_record, to_record
from local.storage.database import CALLBACK_PENDING, OPEN, SETTLED

STORE_JOB = (
    "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET "
    "state = excluded.state, sequence = excluded.sequence, record = excluded.record, result = excluded.result"
)
STORE_RESULT = "INSERT OR IGNORE INTO results VALUES (?, ?)"
WITH_RESULT = "FROM jobs LEFT JOIN results ON digest = result"
OLDEST_FIRST = (
    "SELECT accepted, number, record FROM jobs WHERE (accepted, number) > (?, ?) "
    "ORDER BY accepted, number LIMIT ?"
)
NEWEST_FIRST = (
    "SELECT accepted, number, record FROM jobs WHERE (accepted, number) < (?, ?) "
    "ORDER BY accepted DESC, number DESC LIMIT ?"
)
# Each takes a JSON list of job numbers.
DELETE_JOBS = (
    "DELETE FROM jobs WHERE number IN (SELECT value FROM json_each(?)) RETURNING number, state, result"
)
DELETE_RESULT = "DELETE FROM results WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE result = ?1)"
DELETE_KEYS = "DELETE FROM idempotency WHERE first_job IN (SELECT value FROM json_each(?))"
FORGET_OLD_KEYS = "DELETE FROM idempotency WHERE first_job < (SELECT min(number) FROM jobs)"
MARK_FILES_REMOVED = "UPDATE files SET removed = 1 WHERE number IN (SELECT value FROM json_each(?))"


class Change(NamedTuple):
    """The latest state of a job that was changed as change `sequence`."""

    sequence: int
    record: str
    result: bytes | None

    def job(self) -> Job:
        return from_record(json.loads(self.record), self.result)


@lru_cache(maxsize=11_000)  # as many jobs as a laptop keeps, unless it is set otherwise
def listed_job(record: str) -> Job:
    """The job of a record, without its result."""
    return from_record(json.loads(record))


@lru_cache(maxsize=64)
def digest(result: bytes) -> bytes:
    """The key of a result's row; remembered, since many jobs have one result."""
    return hashlib.blake2b(result, digest_size=16).digest()


def row_of(job: Job, sequence: int) -> tuple[int | str | bytes | None, ...]:
    """The values of STORE_JOB."""
    key = None if job.result is None else digest(job.result)
    return job_number(job.id), job.accepted, state_of(job), sequence, json.dumps(to_record(job)), key


def state_of(job: Job) -> int:
    if job.callback_pending:
        return CALLBACK_PENDING
    return SETTLED if job.status.is_terminal else OPEN
