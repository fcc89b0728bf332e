"""The ports of the service in memory, deterministic, with a planned fault at any call."""

import functools
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chalicelib.adapters.dynamodb_service_state import CONTROL
from chalicelib.application.host_leases import Busy, Lease
from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import Job, by_acceptance
from chalicelib.application.ports import ServiceState
from chalicelib.documents.job_documents import callback_body
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import compute_result
from chalicelib.errors import CallbackFailed, DatasetGone, JobNotFound, Unanswerable
from local.emulator.memory_host_leases import MemoryHostLeases
from tests.support.samples import SOIL, soil
from tests.support.trouble import Fault, Steps

ID_BLOCK = 3
STATE_MAX_AGE_MS = 5_000


class IdTaken(Exception):
    """Raised when two different jobs are created under one id."""


class SimulatedClock:
    """A clock in milliseconds since the epoch that the test sets."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


class SimulatedStore:
    """A JobStore in memory. After `lag`, its indexes are stale, as DynamoDB's may be, until `catch_up`."""

    def __init__(self, steps: Steps | None = None) -> None:
        self._steps = steps or Steps()
        self._lock = threading.Lock()
        self._reserved = 0
        self._jobs: dict[str, Job] = {}
        self._indexed = self._jobs
        self._records: dict[str, IdempotencyRecord] = {}
        self.made: dict[str, int] = {}  # when a key was bound to each id
        self.unbound: set[str] = set()  # ids to which a key was not bound: another process was first

    def lag(self) -> None:
        self._indexed = dict(self._jobs)

    def catch_up(self) -> None:
        self._indexed = self._jobs

    @property
    def lagging(self) -> bool:
        return self._indexed is not self._jobs

    def ids(self) -> set[str]:
        """Return the ids of the stored jobs, whether the indexes have them or not."""
        return set(self._jobs)

    def pending_ids(self) -> set[str]:
        """Return the ids to which keys are bound that no client has."""
        return {job_id for record in self._records.values() if record.pending for job_id in record.jobs}

    def reserve_ids(self, count: int) -> range:
        with self._steps.call(), self._lock:
            self._reserved += count
            return range(self._reserved - count + 1, self._reserved + 1)

    def create(self, *jobs: Job) -> None:
        with self._steps.call(), self._lock:
            for job in jobs:
                if self._jobs.setdefault(job.id, replace(job, inputs=dict(job.inputs))) != job:
                    raise IdTaken(job.id)

    def bind_idempotency_key(
        self, record: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        with self._steps.call(), self._lock:
            if self._records.get(record.key) in (None, expired):
                self._records[record.key] = record
            first = self._records[record.key]
            self.made |= dict.fromkeys(first.jobs, first.made)
            self.unbound |= {*record.jobs} - {*first.jobs}
            return first

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        with self._steps.call(), self._lock:
            return self._records.get(key)

    def mark_delivered(self, job_id: str) -> None:
        with self._steps.call(), self._lock:
            if job_id in self._jobs:
                self._jobs[job_id] = replace(self._jobs[job_id], callback_pending=False)

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        yield from (job.id for job in self._listed() if job.callback_pending and job.accepted < moment)

    def get(self, job_id: str) -> Job:
        with self._steps.call(), self._lock:
            return self._load(job_id)

    def finish(self, outcome: Job) -> Job:
        with self._steps.call(), self._lock:
            stored = self._load(outcome.id)
            if not stored.status.is_terminal:
                stored = self._jobs[outcome.id] = outcome
            return stored

    def delete(self, job_id: str) -> None:
        with self._steps.call(), self._lock:
            self._jobs.pop(job_id, None)

    def jobs(self) -> Iterator[Job]:
        yield from [replace(job, result=None) for job in self._listed()]

    def latest(self, until: int, count: int = 1_000) -> Iterator[Job]:
        yield from (job for job in reversed([*self.jobs()]) if job.accepted <= until)

    def count_open(self) -> int:
        return sum(not job.status.is_terminal for job in self._listed())

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        for job in self._listed():
            if job.accepted < moment and not job.status.is_terminal:
                yield job.id, job.accepted

    def _listed(self) -> list[Job]:
        with self._steps.call(), self._lock:
            return sorted(self._indexed.values(), key=by_acceptance)

    def _load(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise JobNotFound(job_id)
        return self._jobs[job_id]


class SimulatedQueue:
    """A JobQueue that a test delivers by hand. `failed` has the ids whose call failed, queued or not."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self.waiting: list[str] = []
        self.sent: list[str] = []
        self.failed: list[str] = []

    def add_task(self, job_id: str, delay: float = 0) -> None:
        try:
            with self._steps.call():
                self.waiting.append(job_id)
                self.sent.append(job_id)
        except Fault:
            self.failed.append(job_id)
            raise

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.add_task(job_id)

    def count_messages(self) -> int:
        with self._steps.call():
            return len(self.waiting)

    def remove(self, job_id: str) -> bool:
        """Remove one message for the job, and return whether there was one."""
        if waiting := job_id in self.waiting:
            self.waiting.remove(job_id)
        return waiting


class SimulatedHostLeases(MemoryHostLeases):
    """HostLeases that processes share."""

    def __init__(self, steps: Steps, clock: SimulatedClock) -> None:
        super().__init__(clock)
        self._steps = steps

    def acquire(self, host: str) -> Lease | Busy:
        with self._steps.call():
            return super().acquire(host)

    def release(self, lease: Lease, delivered: bool) -> float:
        with self._steps.call():
            return super().release(lease, delivered)


class SimulatedSender:
    """A CallbackSender in memory. While it is `down`, every callback fails.

    `overlaps` has the hosts that got a callback while they were at another.
    """

    def __init__(self, steps: Steps | None = None) -> None:
        self._steps = steps or Steps()
        self.down = False
        self.tried: set[str] = set()
        self.in_flight: list[str] = []
        self.overlaps: set[str] = set()
        self.received: dict[str, set[tuple[str, bytes]]] = {}

    def check(self, url: str) -> None:
        """Accept any URL."""

    def send(self, job: Job) -> None:
        self.tried.add(job.id)
        host = str(urlsplit(job.callback).hostname)
        self.overlaps |= {host} & {*self.in_flight}
        self.in_flight.append(host)
        try:
            with self._steps.call():
                if self.down:
                    raise CallbackFailed("down")
                self.received.setdefault(job.id, set()).add((job.callback, callback_body(job)))
        except Fault as error:
            raise CallbackFailed("the response is lost") from error
        finally:
            self.in_flight.remove(host)


class SimulatedDatasets:
    """A DatasetStore with the editions of the soil survey."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def ingestor(self, fingerprint: str) -> DataIngestor:
        with self._steps.call():
            if fingerprint not in editions():
                raise DatasetGone(fingerprint)
            return editions()[fingerprint]

    def catalogue(self, fingerprint: str) -> dict[str, Any]:
        return self.ingestor(fingerprint).catalogue()


class SimulatedServiceState:
    """A ServiceStateStore: one durable record, and in each process a copy that may be stale."""

    def __init__(self, table: dict[str, ServiceState], steps: Steps, clock: SimulatedClock) -> None:
        self._table, self._steps, self._clock = table, steps, clock
        self._copy, self._read_at = ServiceState(), None

    def read(self) -> ServiceState:
        now = self._clock()
        if self._read_at is None or now - self._read_at >= STATE_MAX_AGE_MS:
            with self._steps.call():
                self._copy, self._read_at = self._table[CONTROL], now
        return self._copy

    def set(self, **changes: Any) -> None:
        with self._steps.call():
            self._table[CONTROL] = replace(self._table[CONTROL], **changes)
        self._copy = replace(self._copy, **changes)


@functools.cache
def editions() -> dict[str, DataIngestor]:
    """Return the soil survey, and a later edition of it with other results."""
    with tempfile.TemporaryDirectory() as folder:
        rows = {"first": SOIL, "later": SOIL.replace("1.5", "3.5")}
        return {name: soil(Path(folder), text) for name, text in rows.items()}


def expected_outcome(job: Job) -> tuple[bytes | None, str | None]:
    """Return the result or the reason of a job, computed without the service."""
    try:
        if job.dataset not in editions():
            raise DatasetGone(job.dataset)
        return compute_result(editions()[job.dataset], job.statistic, job.inputs, job.dataset), None
    except Unanswerable as error:
        return None, str(error)
