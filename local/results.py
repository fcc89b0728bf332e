"""The mirror: every job on disk, so that the emulator's store may live in memory.

`results/<job_id>` holds each answer as JSON, for people and tools; the journal holds what is needed
to restore: jobs, outcomes, reserved ids. What a client is told is on disk before it is told.
"""

import json
import logging
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.errors import JobNotFound
from chalicelib.jobs import Job, JobStatus, by_acceptance, job_number
from chalicelib.stores import JobStore
from local.files import remove_leftovers, write_atomically
from local.journal import Journal

# Records beyond four a kept job: then most of the journal no longer matters.
COMPACT_AFTER = 10_000

log = logging.getLogger("statline.results")


class MirroredStore:
    """A JobStore that mirrors another one to disk and restores from there.

    The other store must be this one's alone. Jobs of this run are read from it; those of earlier runs
    that are finished are read from the mirror. At most `keep` finished jobs are kept.
    """

    def __init__(self, inner: JobStore, results: Path, journal: Journal, keep: int) -> None:
        self._inner, self._results, self._journal, self._keep = inner, results, journal, keep
        self._lock = threading.RLock()
        self._reserved = 0
        self._jobs: dict[str, Job] = {}  # without answers
        self._checksums: dict[str, int] = {}
        self._open: set[str] = set()
        self._finished: dict[str, None] = {}  # in order of finishing: the first is the next to go
        self._earlier: set[str] = set()
        self._add_task: Callable[[str], None] = lambda _: None

    def restore(self, add_task: Callable[[str], None]) -> None:
        """Take up where the last run stopped; open jobs go to `add_task`, as do finished ones whose
        answer is damaged or gone: computed again, it has the same bytes.
        """
        self._results.mkdir(parents=True, exist_ok=True)
        self._add_task = add_task
        remove_leftovers(self._results, prefix="job_id_")
        for record in self._journal.replay():
            self._replay(record)
        # Whoever deletes the journal keeps the answers: no id of theirs may be given again.
        self._reserved = max(self._reserved, highest_id(self._results))
        if self._reserved:
            self._inner.reserve_ids(self._reserved)
        for job in sorted(self._jobs.values(), key=by_acceptance):
            self._index(job)
        self._expire()
        self._journal.rewrite(self._records())
        self._earlier = set(self._finished)
        for identifier in sorted(self._open, key=job_number):
            self._inner.create(self._jobs[identifier])
            add_task(identifier)

    def datasets(self) -> set[str]:
        """The fingerprints that jobs here were accepted under."""
        with self._lock:
            return {job.dataset for job in self._jobs.values()}

    def reserve_ids(self, count: int) -> range:
        with self._lock:
            numbers = self._inner.reserve_ids(count)
            self._reserved = numbers[-1]
            self._journal.append({"reserved": self._reserved})
            return numbers

    def create(self, job: Job) -> None:
        with self._lock:
            self._journal.append({"job": to_record(job)})
            self._inner.create(job)
            self._jobs[job.id] = job
            self._open.add(job.id)

    def get(self, job_id: str) -> Job:
        with self._lock:
            known = self._jobs.get(job_id)
            # An open job has no answer to read, and as the sole owner we know that it is open: polls,
            # which are most of all requests, ask the inner store nothing.
            if known is not None and job_id in self._open:
                return known
            earlier = known if job_id in self._earlier else None
        if earlier is None:
            return self._inner.get(job_id)
        answer = self._read_answer(earlier)
        if earlier.status is JobStatus.SUCCESSFUL and answer is None:
            return self._reopen(earlier)
        return replace(earlier, answer=answer)

    def finish(self, outcome: Job) -> Job:
        with self._lock:
            if outcome.id not in self._open:
                return self.get(outcome.id)
            self._mirror(outcome)
            stored = self._inner.finish(outcome)
            if stored != outcome:
                # An earlier attempt got as far as the other store and no further: its outcome came first.
                self._mirror(stored)
            self._jobs[stored.id] = replace(stored, answer=None)
            if stored.answer is not None:
                self._checksums[stored.id] = zlib.crc32(stored.answer)
            self._index(stored)
            self._expire()
            if self._journal.appended > COMPACT_AFTER + 4 * len(self._jobs):
                self._journal.rewrite(self._records())
            return stored

    def delete(self, job_id: str) -> None:
        with self._lock:
            if job_id not in self._jobs:
                return
            self._journal.append({"removed": job_id})
            (self._results / job_id).unlink(missing_ok=True)
            self._inner.delete(job_id)
            self._forget(job_id)

    def jobs(self) -> Iterator[Job]:
        with self._lock:
            jobs = sorted(self._jobs.values(), key=by_acceptance)
        yield from jobs

    def count_open(self) -> int:
        return len(self._open)

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        with self._lock:
            old = sorted((self._jobs[job_id] for job_id in self._open), key=by_acceptance)
        yield from ((job.id, job.accepted) for job in old if job.accepted < moment)

    def _mirror(self, outcome: Job) -> None:
        checksum = zlib.crc32(outcome.answer) if outcome.answer is not None else None
        self._results.mkdir(exist_ok=True)  # people delete it to tidy up, while we run
        write_atomically(self._results / outcome.id, answer_file(outcome))
        self._journal.append({"job": to_record(outcome, checksum)})

    def _replay(self, record: dict[str, Any]) -> None:
        if "reserved" in record:
            self._reserved = max(self._reserved, record["reserved"])
        elif "removed" in record:
            self._forget(record["removed"])
        elif "job" in record:
            job = to_job(record["job"])
            self._jobs[job.id] = job
            # In the order of the journal, which is the order of finishing.
            self._finished.pop(job.id, None)
            if job.status.is_terminal:
                self._finished[job.id] = None
            if record["job"].get("checksum") is not None:
                self._checksums[job.id] = record["job"]["checksum"]

    def _index(self, job: Job) -> None:
        self._earlier.discard(job.id)
        if job.status.is_terminal:
            self._open.discard(job.id)
            self._finished.setdefault(job.id)
        else:
            self._open.add(job.id)

    def _forget(self, job_id: str) -> None:
        for known in (self._jobs, self._checksums, self._finished):
            known.pop(job_id, None)
        self._open.discard(job_id)
        self._earlier.discard(job_id)

    def _expire(self) -> None:
        while len(self._finished) > self._keep:
            self.delete(next(iter(self._finished)))

    def _records(self) -> Iterator[dict[str, Any]]:
        yield {"reserved": self._reserved}
        for identifier in [*self._finished, *self._open]:
            yield {"job": to_record(self._jobs[identifier], self._checksums.get(identifier))}

    def _read_answer(self, job: Job) -> bytes | None:
        if job.status is not JobStatus.SUCCESSFUL:
            return None
        try:
            answer = (self._results / job.id).read_bytes()
        except OSError:
            return None
        return answer if zlib.crc32(answer) == self._checksums.get(job.id) else None

    def _reopen(self, job: Job) -> Job:
        log.warning("results/%s is damaged or gone: computing it again", job.id, extra={"job_id": job.id})
        again = replace(job, status=JobStatus.ACCEPTED, finished=None)
        with self._lock:
            if job.id not in self._earlier:
                return self._inner.get(job.id)
            self._inner.create(again)
            self._jobs[job.id] = again
            self._finished.pop(job.id, None)
            self._index(again)
        self._add_task(job.id)
        return again


def answer_file(job: Job) -> bytes:
    """What stands in results/<job_id>: the answer, or the error that took its place."""
    if job.answer is not None:
        return job.answer
    return json.dumps({"status": "error", "reason": job.reason}, ensure_ascii=False).encode()


def highest_id(results: Path) -> int:
    numbers = [0]
    for path in results.iterdir():
        try:
            numbers.append(job_number(path.name))
        except JobNotFound:
            continue  # a file of somebody else
    return max(numbers)


def to_record(job: Job, checksum: int | None = None) -> dict[str, Any]:
    return {
        "id": job.id,
        "statistic": job.statistic,
        "inputs": dict(job.inputs),
        "dataset": job.dataset,
        "accepted": job.accepted,
        "status": job.status.value,
        "finished": job.finished,
        "reason": job.reason,
        "trace": job.trace,
        "checksum": checksum,
    }


def to_job(record: dict[str, Any]) -> Job:
    facts = {name: value for name, value in record.items() if name != "checksum"}
    return Job(**{**facts, "status": JobStatus(facts["status"])})
