"""The mirror: every job on disk, so that the emulator's store may live in memory.

`results/<job_id>` holds each answer as JSON, for people and tools; the journal holds what is needed
to restore: jobs, outcomes, reserved ids. What a client is told is in the journal before it is told, and
what the journal cannot take is refused as Unavailable. An answer is in `results/` too, as soon as the disk
takes it; one that is damaged or gone there is computed again, to the same bytes.
"""

import logging
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import Job, JobStatus, by_acceptance, job_number
from chalicelib.application.ports import JobStore
from chalicelib.documents.result_table import frozen_json, frozen_json_of
from chalicelib.errors import JobNotFound, StatlineError, Unavailable
from local.storage.answer_files import AnswerFiles
from local.storage.claims import Claims, claim_record, to_idempotency_record
from local.storage.journal import Journal
from local.storage.records import NO_JOB, answer_file, to_job, to_record

# Records beyond four a kept job: then most of the journal no longer matters.
COMPACT_AFTER = 10_000

log = logging.getLogger("statline.results")


class MirroredStore:
    """A JobStore that mirrors another one to disk and restores from there.

    The other store must be this one's alone: it is written to, and what it holds is known here. Answers are
    read from the mirror. At most `keep` finished jobs are kept. `kept` gives a successful job's answer if it
    still is in memory, `recompute` gives it once more, or raises a StatlineError that says why it cannot.
    """

    def __init__(
        self,
        inner: JobStore,
        results: Path,
        journal: Journal,
        keep: int,
        recompute: Callable[[Job], bytes],
        kept: Callable[[Job], bytes | None] = lambda _: None,
    ) -> None:
        self._inner, self._journal, self._keep = inner, journal, keep
        self._recompute, self._kept = recompute, kept
        self.files = AnswerFiles(results, lambda job_id: answer_file(self.get(job_id)))
        self._lock = threading.RLock()
        self._finishing = threading.RLock()  # taken before the other
        self._reserved = 0
        self._jobs: dict[str, Job] = {}  # without answers
        self._checksums: dict[str, int] = {}
        self._open: set[str] = set()
        self._finished: dict[str, None] = {}  # in order of finishing: the first is the next to go
        self._claims = Claims()

    def restore(self, add_task: Callable[[str], None]) -> None:
        """Take up where the last run stopped; open jobs go to `add_task`.

        Raises OSError when there is a journal that cannot be read. One that cannot be written now is no
        hindrance: everything that is known can be served.
        """
        for record in self._journal.replay():
            self._replay(record)
        self._reserve_what_may_be_given()
        for job in sorted(self._jobs.values(), key=by_acceptance):
            self._index(job)
        self._expire()
        with suppress(OSError):
            self._journal.rewrite(self._records())
        for identifier in sorted(self._open, key=job_number):
            self._inner.create(self._jobs[identifier])
            add_task(identifier)

    def datasets(self) -> set[str]:
        """The fingerprints that jobs here were accepted under."""
        with self._lock:
            return {job.dataset for job in self._jobs.values()}

    def reserve_ids(self, count: int) -> range:
        with self._lock:
            # Before the other store is asked: a full disk uses up no numbers.
            self._record({"reserved": self._reserved + count})
            numbers = self._inner.reserve_ids(count)
            self._reserved = numbers[-1]
            return numbers

    def create(self, *jobs: Job) -> None:
        with self._lock:
            # One record, however many: a crash leaves all or none.
            records = [to_record(job) for job in jobs]
            self._record({"job": records[0]} if len(jobs) == 1 else {"jobs": records})
            self._inner.create(*jobs)
            self._jobs |= {job.id: job for job in jobs}
            self._open |= {job.id for job in jobs}

    def bind_idempotency_key(
        self, claim: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        with self._lock:
            known = self._claims.get(claim.key)
            if known is not None and known != expired:
                return known
            self._record(claim_record(claim))
            self._claims.add(claim, self._jobs)
            return claim

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        return self._claims.get(key)

    def mark_delivered(self, job_id: str) -> None:
        with self._lock:
            if job_id in self._jobs and self._jobs[job_id].callback_pending:
                self._record({"settled": job_id})
                self._inner.mark_delivered(job_id)
                self._settle(job_id)

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        yield from (job.id for job in self.jobs() if job.callback_pending and job.accepted < moment)

    def get(self, job_id: str) -> Job:
        # Polls are most of all requests: the sole owner answers them without the inner store, and unlocked.
        known = self._jobs.get(job_id)
        if known is None:
            raise JobNotFound(job_id)
        return replace(known, result=self._answer(known)) if known.status is JobStatus.SUCCESSFUL else known

    def finish(self, outcome: Job) -> Job:
        with self._finishing:
            if outcome.id not in self._open:
                return self.get(outcome.id)
            stored = self._decide(outcome)
            # Slow, so nobody but another finish waits for it; before anyone is told.
            self.files.write(stored.id, answer_file(stored))
            with self._lock:
                self._jobs[stored.id] = replace(stored, result=None)
                self._index(stored)
            self._tidy()
            return stored

    def delete(self, job_id: str) -> None:
        with self._finishing:
            with self._lock:
                if job_id not in self._jobs:
                    return
                checksum = self._file_checksum(job_id)
                self._record({"removed": job_id})
                self._inner.delete(job_id)
                self._forget(job_id)
            self.files.remove(job_id, checksum)

    def jobs(self) -> Iterator[Job]:
        with self._lock:
            jobs = sorted(self._jobs.values(), key=by_acceptance)
        yield from jobs

    def latest(self, until: int) -> Iterator[Job]:
        yield from (job for job in reversed([*self.jobs()]) if job.accepted <= until)

    def count_open(self) -> int:
        return len(self._open)

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        with self._lock:
            old = sorted((self._jobs[job_id] for job_id in self._open), key=by_acceptance)
        yield from ((job.id, job.accepted) for job in old if job.accepted < moment)

    def journal_problem(self) -> str | None:
        """What keeps jobs and outcomes from being stored, as it is now, or None."""
        with self._lock:
            if self._journal.is_gone():
                with suppress(OSError):
                    self._journal.rewrite(self._records())
            return self._journal.problem()

    def _decide(self, outcome: Job) -> Job:
        """Write an outcome down; returns the one that stands."""
        with self._lock:
            self._record_outcome(outcome)
            stored = self._inner.finish(outcome)
            if stored != outcome:
                # An earlier attempt got as far as the other store and no further: its outcome came first.
                self._record_outcome(stored)
            if stored.result is not None:
                self._checksums[stored.id] = zlib.crc32(frozen_json(stored))
            return stored

    def _tidy(self) -> None:
        self._expire()
        if self._journal.appended > COMPACT_AFTER + 4 * len(self._jobs):
            with self._lock, suppress(OSError):
                self._journal.rewrite(self._records())

    def _record(self, record: dict[str, Any]) -> None:
        try:
            try:
                self._journal.append(record)
            except FileNotFoundError:
                log.warning("the journal was removed: writing it again")
                self._journal.rewrite(self._records())
                self._journal.append(record)
        except OSError as error:
            raise Unavailable(f"nothing can be stored now: {error.strerror or error}") from error

    def _record_outcome(self, outcome: Job) -> None:
        checksum = zlib.crc32(frozen_json(outcome)) if outcome.result is not None else None
        self._record({"job": to_record(outcome, checksum)})

    def _replay(self, record: dict[str, Any]) -> None:
        try:
            if "reserved" in record:
                self._reserved = max(self._reserved, int(record["reserved"]))
            elif "removed" in record:
                self._forget(record["removed"])
            elif "settled" in record:
                self._settle(record["settled"])
            elif "claim" in record:
                self._claims.add(to_idempotency_record(record["claim"]), self._jobs)
            else:
                for one in record["jobs"] if "jobs" in record else [record["job"]]:
                    self._replay_job(to_job(one), one.get("checksum"))
        except NO_JOB:
            self._journal.pass_over(record)

    def _replay_job(self, job: Job, checksum: int | None) -> None:
        self._jobs[job.id] = job
        # In the order of the journal, which is the order of finishing.
        self._finished.pop(job.id, None)
        if job.status.is_terminal:
            self._finished[job.id] = None
        if checksum is not None:
            self._checksums[job.id] = checksum

    def _reserve_what_may_be_given(self) -> None:
        # Whoever deletes or damages the journal keeps the answers: no id of theirs may be given again.
        known = max(map(job_number, self._jobs), default=0)
        self._reserved = max(self._reserved, known, self._journal.highest_unread(), self.files.open())
        if self._reserved:
            self._inner.reserve_ids(self._reserved)

    def _index(self, job: Job) -> None:
        if job.status.is_terminal:
            self._open.discard(job.id)
            self._finished.setdefault(job.id)
        else:
            self._open.add(job.id)

    def _forget(self, job_id: str) -> None:
        for known in (self._jobs, self._checksums, self._finished):
            known.pop(job_id, None)
        self._open.discard(job_id)
        self._claims.forget(job_id)

    def _settle(self, job_id: str) -> None:
        if job_id in self._jobs:
            self._jobs[job_id] = replace(self._jobs[job_id], callback_pending=False)

    def _expire(self) -> None:
        # A journal that takes nothing ends no finish that it took: the oldest go another time.
        with suppress(Unavailable):
            while len(self._finished) > self._keep:
                self.delete(next(iter(self._finished)))

    def _records(self) -> Iterator[dict[str, Any]]:
        yield {"reserved": self._reserved}
        for identifier in [*self._finished, *self._open]:
            yield {"job": to_record(self._jobs[identifier], self._checksums.get(identifier))}
        yield from self._claims.records()

    def _answer(self, job: Job) -> bytes:
        checksum = self._checksums.get(job.id)
        result = self._kept(job)
        if result is not None and zlib.crc32(answer := frozen_json_of(job.statistic, result)) == checksum:
            return answer
        kept = self.files.read(job.id, checksum)
        if kept is not None:
            return kept
        if not self.files.waits(job.id):
            log.warning("results/%s is damaged or gone: computing it again", job.id, extra={"job_id": job.id})
        try:
            answer = frozen_json_of(job.statistic, self._recompute(job))
        except StatlineError as error:
            raise Unavailable(f"the answer in results/{job.id} is damaged or gone, and {error}") from error
        # An answer that was given never changes; none at all can still become the same again.
        if checksum not in (None, zlib.crc32(answer)):
            raise Unavailable(
                f"the answer in results/{job.id} is damaged or gone, and comes out otherwise now"
            )
        with self._lock:
            if job.id in self._jobs:  # else it has expired meanwhile
                self.files.write(job.id, answer)
        return answer

    def _file_checksum(self, job_id: str) -> int:
        if job_id in self._checksums:
            return self._checksums[job_id]
        return zlib.crc32(answer_file(self._jobs[job_id]))
