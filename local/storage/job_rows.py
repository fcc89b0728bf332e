"""Jobs as rows of the database: the statements, and the values that go into them."""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from chalicelib.application.job import Job, job_number
from chalicelib.application.job_record import from_record, to_record
from chalicelib.application.known_results import key_of, known_result, result_digest
from local.storage.database import CALLBACK_PENDING, OPEN, SETTLED

# A job keeps its question. One of an earlier version has none: its record is the whole one, ?8.
STORE_JOB = (
    "INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (number) DO UPDATE SET "
    "state = ?3, sequence = ?4, record = iif(coalesce(question, ?7) IS NULL, ?8, ?5), result = ?6, "
    "question = coalesce(question, ?7)"
)
STORE_QUESTION = "INSERT INTO questions (content) VALUES (?)"
STORE_RESULT = "INSERT OR IGNORE INTO results VALUES (?, ?)"
# What `Stored` is made of.
STORED = "record, accepted, result, questions.content"
STORED_JOBS = "FROM jobs LEFT JOIN questions ON questions.id = question"
WITH_RESULT = f"{STORED_JOBS} LEFT JOIN results ON digest = result"
OLDEST_FIRST = (
    f"SELECT {STORED}, number {STORED_JOBS} WHERE (accepted, number) > (?, ?) "
    "ORDER BY accepted, number LIMIT ?"
)
NEWEST_FIRST = (
    f"SELECT {STORED}, number {STORED_JOBS} WHERE (accepted, number) < (?, ?) "
    "ORDER BY accepted DESC, number DESC LIMIT ?"
)
# By the index jobs_unsettled, which has no others: `state = ?` alone does not say so, and reads every job.
OPEN_JOBS = f"SELECT {STORED} {STORED_JOBS} WHERE state > 0 AND state = ?"
FIND_JOB = f"SELECT {STORED}, results.content {WITH_RESULT} WHERE number = ?"
CHANGED_JOBS = (
    f"SELECT sequence, {STORED}, results.content {WITH_RESULT} WHERE sequence > ? ORDER BY sequence LIMIT ?"
)
NAMES_DATASET = (
    "SELECT 1 FROM questions WHERE instr(content, ?1) "
    "UNION ALL SELECT 1 FROM jobs WHERE question IS NULL AND instr(record, ?1) LIMIT 1"
)
PENDING_CALLBACKS = (
    "SELECT number FROM jobs WHERE state > 0 AND state = ? AND accepted < ? ORDER BY accepted, number"
)
# Of each job apart, as results/ has them: equal results are one in the database.
RESULT_BYTES = "SELECT coalesce(sum(length(content)), 0) FROM jobs JOIN results ON digest = result"
# Each takes a JSON list of job numbers.
DELETE_JOBS = (
    "DELETE FROM jobs WHERE number IN (SELECT value FROM json_each(?)) "
    "RETURNING number, state, result, (SELECT length(content) FROM results WHERE digest = result), question"
)
DELETE_QUESTION = (
    "DELETE FROM questions WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE question = ?1)"
)
DELETE_RESULT = "DELETE FROM results WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE result = ?1)"
FORGET_QUESTIONS = "DELETE FROM questions WHERE id NOT IN (SELECT question FROM jobs WHERE question > 0)"
DELETE_KEYS = "DELETE FROM idempotency WHERE first_job IN (SELECT value FROM json_each(?))"
FORGET_OLD_KEYS = "DELETE FROM idempotency WHERE first_job < (SELECT min(number) FROM jobs)"
MARK_FILES_REMOVED = "UPDATE files SET removed = 1 WHERE number IN (SELECT value FROM json_each(?))"

STORE_KNOWN = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)"
FIND_RESULT = "SELECT content, source, computed FROM known JOIN results ON digest = result WHERE question = ?"
FORGET_KNOWN = "DELETE FROM known WHERE result = ?1 AND NOT EXISTS (SELECT 1 FROM results WHERE digest = ?1)"


# The fields of a job that are those of its question.
ASKED = ("statistic", "inputs", "dataset")


class Stored(NamedTuple):
    """A job as the table has it; `result` is its result's digest, `question` None in a whole record."""

    record: str
    accepted: int
    result: bytes | None
    question: str | None

    def job(self, content: bytes | None = None) -> Job:
        """Return the job, with its result if that is given."""
        record = json.loads(self.record)
        if self.question is not None:
            record = {**json.loads(self.question), **implied(self.accepted, self.result), **record}
        return from_record(record, content)


class Change(NamedTuple):
    """The latest state of a job, whose last change has the number `sequence`."""

    sequence: int
    stored: Stored
    result: bytes | None

    def job(self) -> Job:
        return self.stored.job(self.result)


def listed_job(stored: Stored) -> Job:
    """Return the job without its result."""
    is_short = len(stored.record) + len(stored.question or "") <= SHORT_RECORD
    return short_record(stored) if is_short else stored.job()


# As many jobs as a laptop keeps, unless it is set otherwise; below 50 MB. Long ones are parsed each time.
SHORT_RECORD = 2_000
short_record = lru_cache(maxsize=11_000)(Stored.job)


def implied(accepted: int, result: bytes | None) -> dict[str, Any]:
    """Return the fields that a record lacks where they are these: most jobs end as they are accepted."""
    if result is None:
        return {"accepted": accepted}
    ended = {"started": accepted, "finished": accepted, "status": "successful"}
    return {"accepted": accepted, **ended, "digest": result.hex()}


def question_of(job: Job) -> str:
    """Return what a job asks, as `questions` has it."""
    return text_of({"statistic": job.statistic, "inputs": dict(job.inputs), "dataset": job.dataset})


def row_of(job: Job, sequence: int, question: int | None) -> tuple[int | str | bytes | None, ...]:
    """Return the values of STORE_JOB; `question` is the id of a new job's, whose whole record none needs."""
    key = None if job.result is None else result_digest(job.result)
    record, given = to_record(job), implied(job.accepted, key)
    own = {name: value for name, value in record.items() if name not in ASKED and given.get(name) != value}
    own |= dict.fromkeys(given.keys() - record.keys())  # None: the job has no such field
    states = (state_of(job), sequence)
    whole = text_of(record) if question is None else None
    return job_number(job.id), job.accepted, *states, text_of(own), key, question, whole


text_of = json.JSONEncoder(separators=(",", ":")).encode


def state_of(job: Job) -> int:
    if job.callback_pending:
        return CALLBACK_PENDING
    return SETTLED if job.status.is_terminal else OPEN


def known_row_of(job: Job) -> tuple[int | bytes, ...] | None:
    """Return the values of STORE_KNOWN, or None for a job whose result answers no later question."""
    if (known := known_result(job)) is None:
        return None
    return key_of(job).digest, bytes.fromhex(known.digest), job_number(known.source), known.computed
