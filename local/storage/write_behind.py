"""Jobs on their way to DynamoDB, many in one call: what a laptop writes a moment after it was decided."""

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import JOB_ID, Job, job_number
from chalicelib.errors import JobNotFound

BATCH = 25  # BatchWriteItem takes no more
GATHER_SECONDS = 0.2  # nobody waits for these writes, and a batch of 25 costs what two single ones do
NUMBERS_AHEAD = 10_000
PAUSE_SECONDS = 1.0  # after a failure

log = logging.getLogger("statline.store")

# What is to be written for an id: the job as it stands, or None where it is to be deleted.
Writes = dict[str, Job | None]


class WriteBehindStore:
    """A JobStore on a DynamoJobStore's table, whose jobs a thread of its own writes, in batches.

    BatchWriteItem knows no conditions, so the table must be this one's alone. What is not written yet is in
    memory: whoever needs it to outlive the process writes it down elsewhere first, as the mirror does.
    """

    def __init__(self, store: DynamoDbJobStore, aws: Aws, table: str, bucket: str) -> None:
        self._store, self._aws, self._table, self._bucket = store, aws, table, bucket
        self._open: set[str] = set()
        self._answer_keys: dict[str, str] = {}  # of the answers that are in S3, by job id
        self._waiting: Writes = {}
        self._writing: Writes = {}
        self._problem: str | None = None
        self._changed = threading.Condition()
        self._numbers = range(0)
        self._hurry, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="WriteBehind", daemon=True)
        self._thread.start()

    def reserve_ids(self, count: int) -> range:
        with self._changed:
            if len(self._numbers) < count:
                # Far ahead, since a call costs what twenty jobs do. Nobody else's block comes in between.
                more = self._store.reserve_ids(max(count, NUMBERS_AHEAD))
                self._numbers = range(self._numbers.start, more.stop) if self._numbers else more
            given, self._numbers = self._numbers[:count], self._numbers[count:]
            return given

    def create(self, *jobs: Job) -> None:
        with self._changed:
            for job in jobs:
                self._open.add(job.id)
                self._add(job.id, job)

    def get(self, job_id: str) -> Job:
        job_number(job_id)
        with self._changed:
            for pending in (self._waiting, self._writing):
                if job_id in pending:
                    return known(job_id, pending[job_id])
        return self._store.get(job_id)

    def finish(self, outcome: Job) -> Job:
        with self._changed:
            if outcome.id in self._open:
                self._open.remove(outcome.id)
                self._add(outcome.id, outcome)
                return outcome
        return self.get(outcome.id)

    def bind_idempotency_key(
        self, claim: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        return self._store.bind_idempotency_key(claim, expired)

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        return self._store.get_idempotency_record(key)

    def mark_delivered(self, job_id: str) -> None:
        with self._changed, suppress(JobNotFound):
            if (job := self.get(job_id)).callback_pending:
                self._add(job_id, replace(job, callback_pending=False))

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        self.flush()
        return self._store.pending_callbacks_before(moment)

    def delete(self, job_id: str) -> None:
        if not JOB_ID.fullmatch(job_id):
            return
        with self._changed:
            self._open.discard(job_id)
            self._add(job_id, None)

    def jobs(self) -> Iterator[Job]:
        self.flush()
        return self._store.jobs()

    def latest(self, until: int) -> Iterator[Job]:
        self.flush()
        return self._store.latest(until)

    def count_open(self) -> int:
        return len(self._open)

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        self.flush()
        return self._store.open_before(moment)

    def flush(self) -> None:
        """Return when all that was decided before is written."""
        with self._changed:
            self._hurry.set()
            self._changed.wait_for(lambda: not self._waiting and not self._writing)
            self._hurry.clear()

    def stop(self) -> None:
        """Write what waits, and end the thread; what cannot be written then is left out."""
        with self._changed:
            self._stopping.set()
            self._hurry.set()
            self._changed.notify_all()
        self._thread.join()

    def problem(self) -> str | None:
        """What keeps jobs from being written, or None."""
        return self._problem

    def _add(self, job_id: str, job: Job | None) -> None:
        if not self._waiting:
            self._changed.notify_all()
        self._waiting[job_id] = job

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
                if not self._waiting:
                    return
            self._hurry.wait(GATHER_SECONDS)
            while self._next_batch():
                if not self._write_batch() and self._stopping.wait(PAUSE_SECONDS):
                    return
                if len(self._waiting) < BATCH and not self._hurry.is_set():
                    break  # too few for a call of their own

    def _next_batch(self) -> bool:
        with self._changed:
            for job_id in list(islice(self._waiting, BATCH)):
                self._writing[job_id] = self._waiting.pop(job_id)
            return bool(self._writing)

    def _write_batch(self) -> bool:
        """Whether it was written; what was not, waits again, unless it was decided anew meanwhile."""
        try:
            self._write(self._writing)
        except Exception as error:
            log.exception("%d jobs are not written to DynamoDB", len(self._writing))
            self._problem = (
                f"jobs are not written to DynamoDB ({error}): tried again every {PAUSE_SECONDS:g} s"
            )
        else:
            self._problem = None
        with self._changed:
            if self._problem:
                self._waiting = {**self._writing, **self._waiting}
            self._writing = {}
            self._changed.notify_all()
        return self._problem is None

    def _write(self, writes: Writes) -> None:
        requests = [self._delete(job_id) if job is None else self._put(job) for job_id, job in writes.items()]
        while requests:
            answer = self._aws.dynamodb.batch_write_item(RequestItems={self._table: requests})
            requests = answer["UnprocessedItems"].get(self._table, [])

    def _put(self, job: Job) -> Any:
        item = self._store.item(job)
        if "answer_key" in item:
            self._answer_keys[job.id] = item["answer_key"]["S"]
        return {"PutRequest": {"Item": item}}

    def _delete(self, job_id: str) -> Any:
        if job_id in self._answer_keys:
            self._aws.s3.delete_object(Bucket=self._bucket, Key=self._answer_keys.pop(job_id))
        return {"DeleteRequest": {"Key": {"id": {"S": job_id}}}}


def known(job_id: str, job: Job | None) -> Job:
    if job is None:
        raise JobNotFound(job_id)
    return job
