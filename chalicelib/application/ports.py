"""The ports of the job engine: storage, queues and the network, as Protocols that adapters implement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.application.host_leases import Busy, Lease
from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import Job
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.ingestor import DataIngestor


class JobStore(Protocol):
    """Stores jobs. Safe for any number of threads and processes."""

    def reserve_ids(self, count: int) -> range:
        """Reserve numbers durably. No number is ever returned twice; the first one is 1."""

    def create(self, *jobs: Job) -> None:
        """Store at most 100 accepted jobs, all or none. They are durable when this returns."""

    def get(self, job_id: str) -> Job:
        """Return the current state of a job, with its result. Raises JobNotFound."""

    def finish(self, outcome: Job) -> Job:
        """Store the outcome of an open job, and return the stored job: the first outcome written is final.

        Raises JobNotFound for a job that was never created or is deleted.
        """

    def bind_idempotency_key(
        self, record: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        """Bind a key to jobs once, and return the first record written. An `expired` one is replaced."""

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        """Return the record of a key, or None. A record may disappear with its jobs, or when it expires."""

    def mark_delivered(self, job_id: str) -> None:
        """Record that a finished job has no callback pending; no error if there is no such job."""

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        """Iterate over the ids of jobs accepted before `moment` with a pending callback, oldest first."""

    def delete(self, job_id: str) -> None:
        """Delete a job and its result; no error if there is no such job."""

    def jobs(self) -> Iterator[Job]:
        """Iterate over all jobs, without results (and perhaps traces), oldest acceptance first."""

    def latest(self, until: int, count: int = 1_000) -> Iterator[Job]:
        """Iterate over the jobs accepted at `until` or before, without results, newest acceptance first.

        Reads lazily: little more than `count` jobs, if the caller takes no more.
        """

    def count_open(self) -> int:
        """Count the jobs that are accepted and not finished."""

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        """Iterate over id and time of acceptance of open jobs accepted before `moment`, oldest first."""


class JobQueue(Protocol):
    """Delivers each job id at least once, in any order. The job itself stays in the store."""

    def add_task(self, job_id: str, delay: float = 0) -> None:
        """Queue a job for the workers, to be delivered after `delay` seconds."""

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        """Queue several jobs at once. After an error, some of them may be queued."""

    def count_messages(self) -> int:
        """Return about how many messages there are: waiting, delayed, or being processed."""


class DatasetStore(Protocol):
    """The published data sets, by fingerprint."""

    def ingestor(self, fingerprint: str) -> DataIngestor:
        """Return the whole data set, shared by every caller. Raises DatasetGone."""

    def catalogue(self, fingerprint: str) -> Catalogue:
        """Return title, source, questions and states, without the data. Raises DatasetGone."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The state that all processes of a stage share: the current data set, and the drain.

    `dataset` is the fingerprint of the data set for new jobs, empty before one is published. `draining_since`
    and `quiet_since` (since when no job was open) are milliseconds since the epoch, 0 for never.
    """

    dataset: str = ""
    draining_since: int = 0
    quiet_since: int = 0

    @property
    def draining(self) -> bool:
        return self.draining_since > 0


class ServiceStateStore(Protocol):
    """Reads and writes the one ServiceState of a stage."""

    def read(self) -> ServiceState:
        """Return the state, at most some seconds old."""

    def set(self, **changes: str | int) -> None:
        """Write these fields of the state, and no others."""


class CallbackSender(Protocol):
    """Posts jobs to the callback URLs of their subscribers."""

    def check(self, url: str) -> None:
        """Raise InvalidRequest for a URL that is never called."""

    def send(self, job: Job) -> None:
        """Post the job in its current state to its callback URL. Raises CallbackFailed."""


class HostLeases(Protocol):
    """Gives one attempt at a time for each host, to any number of threads and processes."""

    def acquire(self, host: str) -> Lease | Busy:
        """Lease a host for one attempt. The lease expires after LEASE_MS."""

    def release(self, lease: Lease, delivered: bool) -> float:
        """End the attempt; return the seconds that the host is left alone: 0 unless the attempt failed."""


@dataclass(frozen=True)
class Ports:
    """The adapters of one process.

    `callback_queue`, apart from the jobs' queue, brings messages to `Service.send_callback`.
    """

    store: JobStore
    queue: JobQueue
    datasets: DatasetStore
    state: ServiceStateStore
    callback_sender: CallbackSender
    callback_queue: JobQueue
    host_leases: HostLeases
