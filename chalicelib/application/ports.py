"""The ports of the job engine: what it needs from storage, queues and the network, as Protocols."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import Job
from chalicelib.domain.ingestor import DataIngestor


class JobStore(Protocol):
    """Keeps jobs. Safe for any number of threads and processes."""

    def reserve_ids(self, count: int) -> range:
        """Numbers that were never given before and never will be again; the first ever is 1."""

    def create(self, *jobs: Job) -> None:
        """Store accepted jobs, at most 100, all or none. They are durable when this returns."""

    def get(self, job_id: str) -> Job:
        """The job as it stands, its answer included. Raises JobNotFound."""

    def finish(self, outcome: Job) -> Job:
        """Write a terminal state once; returns the job as it stands, which is the first outcome written.

        Raises JobNotFound for a job that was never created or is deleted.
        """

    def bind_idempotency_key(
        self, record: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        """Bind a key to jobs, once; returns the first record written. An `expired` one counts as none."""

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        """The record of a key. It may go with its jobs, or when it has expired."""

    def mark_delivered(self, job_id: str) -> None:
        """Record that a finished job has no callback pending; no error if there is no such job."""

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        """Ids of the jobs accepted before `moment` with a pending callback, oldest first."""

    def delete(self, job_id: str) -> None:
        """Forget a job and its answer; no error if there is none."""

    def jobs(self) -> Iterator[Job]:
        """Every job without its answer (and perhaps its trace), oldest acceptance first."""

    def latest(self, until: int) -> Iterator[Job]:
        """The jobs accepted at `until` or before, without answers, newest acceptance first.

        Reads as far as it is asked for.
        """

    def count_open(self) -> int:
        """How many jobs are accepted and not finished."""

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        """Id and time of acceptance of the jobs accepted before `moment` and not finished, oldest first."""


class JobQueue(Protocol):
    """Delivers each id at least once, in any order. Only the id travels: the record is in the store."""

    def add_task(self, job_id: str, delay: float = 0) -> None:
        """Hand a job to the workers, not before `delay` seconds are over."""

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        """Hand over several at once. Where this fails, some may have been."""


class DatasetStore(Protocol):
    """The published data sets, by fingerprint."""

    def ingestor(self, fingerprint: str) -> DataIngestor:
        """The whole data set, shared by every caller. Raises DatasetGone."""

    def catalogue(self, fingerprint: str) -> dict[str, Any]:
        """Its title, source, questions and states, without the data. Raises DatasetGone."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What every process of a stage agrees on: the current data set, and whether it drains.

    `dataset` is the fingerprint that new jobs are accepted under, empty before anything is published.
    `draining_since` and `quiet_since` (no job open) are milliseconds since the epoch, 0 for never.
    """

    dataset: str = ""
    draining_since: int = 0
    quiet_since: int = 0

    @property
    def draining(self) -> bool:
        return self.draining_since > 0


class ServiceStateStore(Protocol):
    """Reads and writes the one ServiceState that every process of a stage shares."""

    def read(self) -> ServiceState:
        """The state, at most some seconds old."""

    def set(self, **changes: str | int) -> None:
        """Write these fields of the state, and no others."""


class CallbackSender(Protocol):
    """Posts jobs to the URLs that their subscribers named."""

    def check(self, url: str) -> None:
        """Raises InvalidRequest for an address that is never posted to."""

    def send(self, job: Job) -> None:
        """Post the job as it stands to its callback URL. Raises CallbackFailed."""


@dataclass(frozen=True)
class Ports:
    """The adapters of one process.

    `callback_queue` brings the ids of jobs with pending callbacks back to `Service.process`.
    """

    store: JobStore
    queue: JobQueue
    datasets: DatasetStore
    state: ServiceStateStore
    callback_sender: CallbackSender
    callback_queue: JobQueue
