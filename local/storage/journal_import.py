"""The home of an earlier version: its journal, imported once into the database, then renamed."""

import json
import logging
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.job_record import from_record
from chalicelib.errors import JobNotFound
from local.storage.database import highest_number
from local.storage.files import read_regular
from local.storage.sqlite_job_store import SqliteJobStore

# What reading a line that is cut short, damaged or of another shape raises.
NOT_A_RECORD = (
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    JobNotFound,
)

Record = dict[str, Any]

log = logging.getLogger("statline.store")


def import_journal(store: SqliteJobStore, journal: Path, results: Path) -> None:
    """Import a journal, if there is one. Raises OSError where it cannot be read or renamed."""
    try:
        content = read_regular(journal)
    except FileNotFoundError:
        return
    history = History()
    for line in content.split(b"\n"):
        with suppress(*NOT_A_RECORD):
            history.add(json.loads(line))
    # Ids in lines that cannot be read may have been given too.
    store.reserve_beyond(max(history.reserved, highest_number(content)))
    store.reserve_ids(1)
    # A crash between the two steps below repeats this: what is stored already is left.
    stored = {job.id for job in store.jobs()}
    jobs = [with_result(job, history.checksums, results) for job in history.jobs.values()]
    store.create(*(job for job in jobs if job.id not in stored))
    for key in history.keys.values():
        if key.jobs[0] in history.jobs:
            store.bind_idempotency_key(key)
    journal.rename(journal.with_name("journal.imported"))
    log.info("imported %d jobs from %s", len(jobs), journal)


class History:
    """The state that the records of a journal add up to, in their order."""

    def __init__(self) -> None:
        self.reserved = 0
        self.jobs: dict[str, Job] = {}  # the finished ones in order of finishing
        self.checksums: dict[str, int] = {}
        self.keys: dict[str, IdempotencyRecord] = {}

    def add(self, record: Record) -> None:
        """Add a record. Raises one of NOT_A_RECORD for another shape."""
        if "reserved" in record:
            self.reserved = max(self.reserved, int(record["reserved"]))
        elif "removed" in record:
            self.jobs.pop(record["removed"], None)
        elif "settled" in record:
            job = self.jobs[record["settled"]]
            self.jobs[job.id] = replace(job, callback_pending=False)
        elif "claim" in record:
            claim = record["claim"]
            key = IdempotencyRecord(claim["key"], claim["question"], tuple(claim["jobs"]), int(claim["made"]))
            self.keys[key.key] = key
        else:
            for item in record["jobs"] if "jobs" in record else [record["job"]]:
                self._add_job(item)

    def _add_job(self, item: Record) -> None:
        job = from_record(item | {"callback_pending": bool(item.get("unsent"))})
        self.jobs.pop(job.id, None)
        self.jobs[job.id] = job
        if item.get("checksum") is not None:
            self.checksums[job.id] = int(item["checksum"])


def with_result(job: Job, checksums: dict[str, int], results: Path) -> Job:
    """Return the job with the result in its file; without a sound file it is computed again."""
    if job.status is not JobStatus.SUCCESSFUL:
        return job
    with suppress(OSError):
        result = read_regular(results / job.id)
        if zlib.crc32(result) == checksums.get(job.id):
            return replace(job, result=result)
    log.warning("results/%s is damaged or gone: computing it again", job.id, extra={"job_id": job.id})
    return replace(
        job,
        status=JobStatus.ACCEPTED,
        started=None,
        finished=None,
        source=None,
        computed=None,
        callback_pending=False,
        subscriber=job.subscriber if job.callback_pending else {},  # else told of it already
    )
