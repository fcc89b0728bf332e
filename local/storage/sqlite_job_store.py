"""The job store of a laptop: SQLite for durability, memory for polls."""

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import takewhile
from sqlite3 import Connection

from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import JOB_ID, Job, JobStatus, by_acceptance, job_id, job_number
from chalicelib.application.job_record import to_record
from chalicelib.application.known_results import KnownResult, ResultKey, result_digest
from chalicelib.errors import JobNotFound, Unavailable
from local.settings import KEEP_BYTES
from local.storage.database import CALLBACK_PENDING, OPEN, Database
from local.storage.job_memory import RecentJobs, size
from local.storage.job_rows import (
    CHANGED_JOBS,
    DELETE_JOBS,
    DELETE_KEYS,
    DELETE_QUESTION,
    DELETE_RESULT,
    FIND_JOB,
    FIND_RESULT,
    FORGET_KNOWN,
    FORGET_OLD_KEYS,
    FORGET_QUESTIONS,
    MARK_FILES_REMOVED,
    NAMES_DATASET,
    NEWEST_FIRST,
    OLDEST_FIRST,
    OPEN_JOBS,
    PENDING_CALLBACKS,
    RESULT_BYTES,
    SHORT_RECORD,
    STORE_JOB,
    STORE_KNOWN,
    STORE_QUESTION,
    STORE_RESULT,
    Change,
    Stored,
    known_row_of,
    listed_job,
    question_of,
    row_of,
    text_of,
)

PAGE = 500  # rows that a list reads at once
# Deleted jobs that are remembered for followers; one that is further behind starts from the beginning.
TOMBSTONES = 50_000
MOST_QUESTIONS = 1_000  # that are remembered with their ids
# What is beyond a limit is deleted together: a share of it, so that most finishes delete nothing.
SLACK = 0.01


class SqliteJobStore:
    """JobStore on a Database. Changes are durable when a method returns.

    The newest `keep` finished jobs are kept, and for a while a hundredth more; fewer where the database, or
    results/, would have more than `keep_bytes`. `sequence` is the number of the last change; followers put an
    event into `listeners`, which every change sets.
    """

    def __init__(self, database: Database, keep: int, keep_bytes: int = KEEP_BYTES) -> None:
        self.database, self._keep, self._keep_bytes = database, keep, keep_bytes
        self._unmeasured = keep_bytes  # bytes stored since the database was last found small enough
        self._open: dict[str, Job] = {}
        self._recent = RecentJobs()
        self._finished = self._reserved = self._result_bytes = self.sequence = 0
        self._tombstones: deque[tuple[int, str]] = deque(maxlen=TOMBSTONES)
        self._questions = dict[str, int]()  # ids of questions that jobs were stored with
        self.listeners: list[threading.Event] = []
        self._lock = database.lock
        self._load()

    def reserve_beyond(self, number: int) -> None:
        """Never reserve a number up to this one: it may have been given before."""
        self._reserved = max(self._reserved, number)

    def fact(self, name: str) -> int:
        """Return the number stored under a name, or 0."""
        rows = self.database.read("SELECT value FROM facts WHERE name = ?", name)
        return int(str(rows[0][0]).removeprefix("job_id_")) if rows else 0

    def reserve_ids(self, count: int) -> range:
        with self._lock:
            last = self._reserved + count
            # As an id, so that it is found in the bytes of a damaged file too.
            self.database.write("INSERT OR REPLACE INTO facts VALUES ('reserved', ?)", job_id(last))
            numbers, self._reserved = range(self._reserved + 1, last + 1), last
            return numbers

    def create(self, *jobs: Job) -> None:
        with self._lock:
            self._store(jobs, are_new=True)
            self._count_finished(jobs)

    def get(self, job_id: str) -> Job:
        return self._open.get(job_id) or self._recent.get(job_id) or self._read(job_id)

    def finish(self, outcome: Job) -> Job:
        [stored] = self.finish_all([outcome])
        if stored is None:
            raise JobNotFound(outcome.id)
        return stored

    def finish_all(self, outcomes: Sequence[Job]) -> list[Job | None]:
        with self._lock:
            first = dict[str, Job]()
            for outcome in outcomes:
                if outcome.id in self._open:
                    first.setdefault(outcome.id, outcome)
            if first:
                self._store([*first.values()])
                self._count_finished([*first.values()])
            return [first.get(outcome.id) or self._found(outcome.id) for outcome in outcomes]

    def find_results(self, keys: Sequence[ResultKey]) -> dict[ResultKey, KnownResult]:
        found = dict[ResultKey, KnownResult]()
        for key in keys:
            for result, source, computed in self.database.read(FIND_RESULT, key.digest):
                found[key] = KnownResult(result, result_digest(result).hex(), job_id(source), computed)
        return found

    def restore_result(self, job: Job) -> None:
        with self._lock:
            if job.result is not None and self._found(job.id):
                self.database.write(STORE_RESULT, result_digest(job.result), job.result)

    def bind_idempotency_key(
        self, record: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        with self._lock:
            first = self.get_idempotency_record(record.key)
            if first is not None and first != expired:
                return first
            self.database.write(
                "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?)",
                record.key,
                job_number(record.jobs[0]),  # with which the record goes
                json.dumps(asdict(record)),
            )
            return record

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        rows = self.database.read("SELECT record FROM idempotency WHERE key = ?", key)
        if not rows:
            return None
        record = json.loads(rows[0][0])
        return IdempotencyRecord(**record | {"jobs": tuple(record["jobs"])})

    def mark_delivered(self, job_id: str) -> None:
        with self._lock, suppress(JobNotFound):
            job = self.get(job_id)
            if job.callback_pending:
                self._store([replace(job, callback_pending=False)])

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        rows = self.database.read(PENDING_CALLBACKS, CALLBACK_PENDING, moment)
        yield from (job_id(number) for (number,) in rows)

    def delete(self, job_id: str) -> None:
        if JOB_ID.fullmatch(job_id):
            with self._lock:
                self._delete([job_number(job_id)])

    def jobs(self) -> Iterator[Job]:
        return self._listed(OLDEST_FIRST, -1)

    def latest(self, until: int, count: int = 1_000) -> Iterator[Job]:
        return self._listed(NEWEST_FIRST, until + 1, count)

    def count_open(self) -> int:
        return len(self._open)

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        with self._lock:
            jobs = sorted(self._open.values(), key=by_acceptance)
        yield from ((job.id, job.accepted) for job in jobs if job.accepted < moment)

    def names_dataset(self, fingerprint: str) -> bool:
        """Return whether a job was accepted under a data set. Reads every question."""
        return bool(self.database.read(NAMES_DATASET, fingerprint))

    def changes(self, after: int, limit: int) -> list[Change]:
        """Return the latest state of the jobs changed after a change, oldest change first."""
        rows = self.database.read(CHANGED_JOBS, after, limit)
        return [Change(sequence, Stored(*stored), content) for sequence, *stored, content in rows]

    def open_changes(self) -> list[Change]:
        """Return the open jobs, as if each had just changed."""
        whole = (Stored(text_of(to_record(job)), job.accepted, None, None) for job in self._open.values())
        return [Change(self.sequence, stored, None) for stored in whole]

    def deleted_since(self, after: int, until: int) -> list[str] | None:
        """Return ids of the jobs deleted after a change, up to another; None if some are forgotten."""
        with self._lock:
            if len(self._tombstones) == TOMBSTONES and self._tombstones[0][0] > after + 1:
                return None
            newer = takewhile(lambda item: item[0] > after, reversed(self._tombstones))
            return [deleted for sequence, deleted in newer if sequence <= until]

    def count_changes(self, after: int) -> int:
        """Return how many jobs were changed after a change."""
        [(changed,)] = self.database.read("SELECT count(*) FROM jobs WHERE sequence > ?", after)
        return int(changed)

    def _load(self) -> None:
        [(jobs, highest, sequence)] = self.database.read(
            "SELECT count(*), max(number), (SELECT max(sequence) FROM jobs) FROM jobs"
        )
        for row in self.database.read(OPEN_JOBS, OPEN):
            job = Stored(*row).job()
            self._open[job.id] = job
        self._finished = jobs - len(self._open)
        [(self._result_bytes,)] = self.database.read(RESULT_BYTES)
        self.sequence = max(sequence or 0, self.fact("files"))
        self._reserved = max(highest or 0, self.fact("reserved"))
        self.reserve_beyond(self.database.lost_number)
        with suppress(Unavailable):  # what is of jobs that were never made
            self.database.write(FORGET_OLD_KEYS)
            self.database.write(FORGET_QUESTIONS)
        self._expire()

    def _read(self, job_id: str) -> Job:
        number = job_number(job_id)
        with self._lock:
            rows = self.database.read(FIND_JOB, number)
            if not rows:
                raise JobNotFound(job_id)
            *stored, content = rows[0]
            job = Stored(*stored).job(content)
            if job.result is not None or job.status is not JobStatus.SUCCESSFUL:
                self._remember(job)
            return job

    def _found(self, job_id: str) -> Job | None:
        with suppress(JobNotFound):
            return self.get(job_id)
        return None

    def _listed(self, query: str, accepted: int, count: int = PAGE) -> Iterator[Job]:
        number, size = 0, min(count, PAGE)
        while rows := self.database.read(query, accepted, number, size):
            yield from (listed_job(Stored(*stored)) for *stored, _ in rows)
            _, accepted, _, _, number = rows[-1]
            size = min(2 * size, PAGE)  # a filter may skip most of them

    def _store(self, jobs: Sequence[Job], are_new: bool = False) -> None:
        asked = dict[str, int]()
        with self.database.transaction() as connection:
            for sequence, job in enumerate(jobs, self.sequence + 1):
                self._store_result(connection, job)
                question = self._question_id(connection, job, asked) if are_new else None
                connection.execute(STORE_JOB, row_of(job, sequence, question))
        self._questions |= {text: one for text, one in asked.items() if len(text) <= SHORT_RECORD}
        if len(self._questions) > MOST_QUESTIONS:
            self._questions.clear()
        for job in jobs:
            self._remember(job)
            self._unmeasured += size(job)
        self._note_changes(len(jobs))

    def _question_id(self, connection: Connection, job: Job, asked: dict[str, int]) -> int:
        """Return the id of a job's question; store it, and note it in `asked`, if it is not remembered.

        A question that is forgotten meanwhile is stored twice, which costs its bytes.
        """
        content = question_of(job)
        known = asked.get(content) or self._questions.get(content)
        if known is None:
            known = asked[content] = int(connection.execute(STORE_QUESTION, (content,)).lastrowid or 0)
        return known

    def _store_result(self, connection: Connection, job: Job) -> None:
        """Store the result of a job once, and by its question if the job computes it, or brings it back."""
        if job.result is None:
            return
        is_new = connection.execute(STORE_RESULT, (result_digest(job.result), job.result)).rowcount
        row = known_row_of(job) if is_new or (job.source is None and job.id in self._open) else None
        if row is not None:
            connection.execute(STORE_KNOWN, row)

    def _count_finished(self, jobs: Sequence[Job]) -> None:
        """Count finished jobs, and delete what is beyond the limits with them."""
        if finished := sum(job.status.is_terminal for job in jobs):
            self._finished += finished
            self._result_bytes += sum(len(job.result or b"") for job in jobs)
            self._expire()

    def _remember(self, job: Job) -> None:
        if job.status.is_terminal:
            self._recent.add(job)  # first: a reader without the lock looks among the open ones first
            self._open.pop(job.id, None)
        else:
            self._open[job.id] = job

    def _note_changes(self, number: int) -> None:
        self.sequence += number
        for listener in self.listeners:
            if not listener.is_set():
                listener.set()

    def _expire(self) -> None:
        """Delete some of the oldest finished jobs beyond the limits: a bounded work for each finish."""
        # A disk that takes nothing ends no finish that it took: the oldest go another time.
        with suppress(Unavailable):
            if excess := self._excess():
                rows = self.database.read(
                    "SELECT number FROM jobs WHERE state <> ? ORDER BY sequence LIMIT ?", OPEN, excess
                )
                self._delete([number for (number,) in rows])

    def _excess(self) -> int:
        """How many finished jobs are to be deleted now; the newest one always stays."""
        if (excess := self._finished - self._keep) > self._keep * SLACK:
            return min(excess, PAGE)
        if self._unmeasured > self._keep_bytes * SLACK:
            used = max(self.database.used_bytes(), self._result_bytes)
            if used > self._keep_bytes:
                share = self._finished * (used - self._keep_bytes) // used + 1
                return max(0, min(self._finished - 1, share, PAGE))
            self._unmeasured = 0
        return 0

    def _delete(self, numbers: list[int]) -> None:
        listed = (json.dumps(numbers),)
        with self.database.transaction() as connection:
            jobs = connection.execute(DELETE_JOBS, listed).fetchall()
            results = {(key,) for _, _, key, _, _ in jobs if key is not None}
            questions = {question for *_, question in jobs}
            gone = {one for one in questions if connection.execute(DELETE_QUESTION, (one,)).rowcount}
            connection.executemany(DELETE_RESULT, results)
            connection.executemany(FORGET_KNOWN, results)
            connection.execute(DELETE_KEYS, listed)
            connection.execute(MARK_FILES_REMOVED, listed)
        if gone:
            self._questions = {text: one for text, one in self._questions.items() if one not in gone}
        for number, state, _, length, _ in jobs:
            self._finished -= state != OPEN
            self._result_bytes -= length or 0
            self._open.pop(job_id(number), None)
            self._recent.discard(job_id(number))
            self._tombstones.append((self.sequence + 1, job_id(number)))
            self._note_changes(1)
