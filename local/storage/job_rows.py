"""Jobs as rows of the database: the statements, and the values that go into them."""

import json
from functools import lru_cache
from typing import NamedTuple

from chalicelib.application.job import Job, job_number
from chalicelib.application.job_record import from_record, to_record
from chalicelib.application.known_results import key_of, known_result, result_digest
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
# By the index jobs_unsettled, which has no others: `state = ?` alone does not say so, and reads every job.
OPEN_JOBS = "SELECT number, record FROM jobs WHERE state > 0 AND state = ?"
PENDING_CALLBACKS = (
    "SELECT number FROM jobs WHERE state > 0 AND state = ? AND accepted < ? ORDER BY accepted, number"
)
# Of each job apart, as results/ has them: equal results are one in the database.
RESULT_BYTES = "SELECT coalesce(sum(length(content)), 0) FROM jobs JOIN results ON digest = result"
# Each takes a JSON list of job numbers.
DELETE_JOBS = (
    "DELETE FROM jobs WHERE number IN (SELECT value FROM json_each(?)) "
    "RETURNING number, state, result, (SELECT length(content) FROM results WHERE digest = result)"
)
DELETE_RESULT = "DELETE FROM results WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE result = ?1)"
DELETE_KEYS = "DELETE FROM idempotency WHERE first_job IN (SELECT value FROM json_each(?))"
FORGET_OLD_KEYS = "DELETE FROM idempotency WHERE first_job < (SELECT min(number) FROM jobs)"
MARK_FILES_REMOVED = "UPDATE files SET removed = 1 WHERE number IN (SELECT value FROM json_each(?))"

STORE_KNOWN = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)"
FIND_RESULT = "SELECT content, source, computed FROM known JOIN results ON digest = result WHERE question = ?"
FORGET_KNOWN = "DELETE FROM known WHERE result = ?1 AND NOT EXISTS (SELECT 1 FROM results WHERE digest = ?1)"


class Change(NamedTuple):
    """The latest state of a job, whose last change has the number `sequence`."""

    sequence: int
    record: str
    result: bytes | None

    def job(self) -> Job:
        return from_record(json.loads(self.record), self.result)


def listed_job(record: str) -> Job:
    """Return the job of a record, without its result."""
    return (short_record if len(record) <= SHORT_RECORD else parsed_record)(record)


def parsed_record(record: str) -> Job:
    return from_record(json.loads(record))


# As many jobs as a laptop keeps, unless it is set otherwise; below 50 MB. Long ones are parsed each time.
SHORT_RECORD = 2_000
short_record = lru_cache(maxsize=11_000)(parsed_record)


def row_of(job: Job, sequence: int) -> tuple[int | str | bytes | None, ...]:
    """Return the values of STORE_JOB."""
    key = None if job.result is None else result_digest(job.result)
    return job_number(job.id), job.accepted, state_of(job), sequence, json.dumps(to_record(job)), key


def state_of(job: Job) -> int:
    if job.callback_pending:
        return CALLBACK_PENDING
    return SETTLED if job.status.is_terminal else OPEN


def known_row_of(job: Job) -> tuple[int | bytes, ...] | None:
    """Return the values of STORE_KNOWN, or None for a job whose result answers no later question."""
    if (known := known_result(job)) is None:
        return None
    return key_of(job).digest, bytes.fromhex(known.digest), job_number(known.source), known.computed
