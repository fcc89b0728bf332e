"""The emulator: store, thread pool and followers, wired into the service that also runs in the cloud."""

import contextlib
import functools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.application.pagination import FOR_EVER
from chalicelib.application.ports import DatasetStore, JobStore, Ports, ServiceStateStore
from chalicelib.application.service import Service
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import Abandoned, DamagedSnapshot, DatasetGone
from chalicelib.observability import logging as log_setup
from local.dataset.dataset import Dataset
from local.dataset.progress import Progress
from local.dataset.workers import workers
from local.emulator.delayed_queue import DelayedQueue
from local.emulator.log_lines import LogLines
from local.emulator.memory_host_leases import MemoryHostLeases
from local.emulator.thread_pool import ThreadPool
from local.settings import LocalSettings
from local.storage.database import NAME, Database
from local.storage.dynamodb_replica import DynamoDbReplica
from local.storage.follower import Follower
from local.storage.home import HomeUnusable, LogFile, locked_home
from local.storage.journal_import import import_journal
from local.storage.result_files import ResultFiles
from local.storage.snapshot_files import SnapshotFiles
from local.storage.sqlite_job_store import SqliteJobStore
from local.storage.sqlite_service_state import SqliteServiceState

STARTING = threading.Lock()

log = logging.getLogger("statline.emulator")


class Emulator:
    """Statline on one machine. `start` returns the service and resumes unfinished jobs; `stop` ends it."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self._cleanup = contextlib.ExitStack()
        self._finished = threading.Condition()
        # Each returns what is wrong now, in a sentence, or None.
        self.checks: dict[str, Callable[[], str | None]] = {}

    def start(self) -> Service:
        """Start. Raises HomeInUse, HomeUnusable, or a DatasetError that names what is wrong with the data."""
        with contextlib.ExitStack() as undo:
            service = self._start(undo)
            self._cleanup = undo.pop_all()
        return service

    def _start(self, undo: contextlib.ExitStack) -> Service:
        settings = self.settings
        undo.enter_context(locked_home(settings))
        self._start_logs(undo)
        snapshots = SnapshotFiles(settings.snapshots)
        dataset, data = serve_dataset(settings, snapshots)
        self.pool, callbacks = (
            ThreadPool(settings.threads, self._process, self._abandon),
            DelayedQueue(
                lambda message: self.service.send_callback(message),
                lambda message: self.service.callback_host(message),
            ),
        )
        self.store, self.control, datasets = self._storage(undo, snapshots, dataset)
        self.checks |= {"runners": self.pool.problem, "snapshot": snapshots.problem}
        self.control.set(dataset=dataset, draining_since=0, quiet_since=0)
        sender = HttpCallbackSender(settings.service.callback_private)
        leases = MemoryHostLeases()
        ports = Ports(self.store, self.pool, datasets, self.control, sender, callbacks, leases)
        self.service = Service(ports, settings.service, checks=self.checks.values())
        self._resume_jobs(undo, callbacks)
        facts = {"dataset": dataset, "open": self.store.count_open()}
        log.info("serving %s", data.description.title, extra=facts)
        return self.service

    def _start_logs(self, undo: contextlib.ExitStack) -> None:
        log_file = LogFile(self.settings)
        self.checks["log"] = log_file.problem
        self.log_lines = LogLines([log_setup.Output(sys.stdout), log_file])
        log_setup.configure(self.settings.log_level, self.settings.log_format, self.log_lines)
        undo.callback(self.log_lines.flush)

    def _resume_jobs(self, undo: contextlib.ExitStack, callbacks: DelayedQueue) -> None:
        self.pool.add_tasks([job_id for job_id, _ in self.store.open_before(FOR_EVER)])
        callbacks.add_tasks([*self.store.pending_callbacks_before(FOR_EVER)])
        for runners in (callbacks, self.pool):
            runners.start()
            undo.callback(runners.stop)

    def stop(self) -> None:
        """Stop the runners after their current jobs. The next start resumes the open jobs."""
        self._cleanup.close()

    def drain(self, seconds: float) -> int:
        """Refuse new jobs and wait up to `seconds` for the open ones; return how many are left."""
        left, end = self.service.drain().left, time.monotonic() + seconds
        with self._finished:
            while left and self.settings.threads and (remaining := end - time.monotonic()) > 0:
                self._finished.wait(min(remaining, 0.2))
                left = self.service.num_jobs()
        return left

    def _storage(
        self, undo: contextlib.ExitStack, snapshots: SnapshotFiles, dataset: str
    ) -> tuple[JobStore, ServiceStateStore, DatasetStore]:
        if self.settings.store == "aws":
            from local.emulator import moto_backend  # boto3, which only this needs

            return moto_backend.storage(self.settings, undo, snapshots, dataset)
        store = self._sqlite_store(undo)
        snapshots.remove_unused(dataset, store.names_dataset)
        return store, SqliteServiceState(store.database), snapshots

    def _sqlite_store(self, undo: contextlib.ExitStack) -> SqliteJobStore:
        """Raises HomeUnusable."""
        settings = self.settings
        try:
            database = Database(settings.state / NAME, settings.synchronous)
            undo.callback(database.close)
            store = SqliteJobStore(database, settings.keep_results, settings.keep_bytes)
            import_journal(store, settings.state / "journal", settings.results)
        except OSError as error:
            raise HomeUnusable(settings, error) from error
        files = ResultFiles(store, settings.results)
        store.reserve_beyond(files.prepare())
        self.checks |= {"database": database.problem, "results": files.problem}
        followers: list[Follower] = [files]
        if settings.replica:
            service = settings.service
            arguments = (service.table, service.bucket, str(service.inline_limit), str(settings.aws_port))
            followers.append(DynamoDbReplica(store, arguments))
            self.checks["dynamodb"] = followers[-1].problem
        for follower in followers:
            follower.start()
            undo.callback(follower.stop)
        return store

    def _process(self, job_ids: Iterator[str]) -> None:
        self.service.process_all(job_ids)
        with self._finished:
            self._finished.notify_all()

    def _abandon(self, job_id: str, attempts: int, error: BaseException) -> None:
        self.service.fail(
            job_id,
            str(Abandoned(f"{attempts} attempts failed, the last with {type(error).__name__}: {error}")),
        )


def serve_dataset(settings: LocalSettings, snapshots: SnapshotFiles) -> tuple[str, DataIngestor]:
    """Serve the chosen data set, from its snapshot if that is valid; return its fingerprint and the data."""
    dataset = Dataset.find(settings.dataset, settings.description)
    log.info("%s is described by %s", dataset.source, dataset.described_by)
    with workers(None) as threads:
        with Progress("hashing") as progress:
            name = dataset.fingerprint(threads, progress)
        try:
            data = snapshots.serve_stored(name)
        except DatasetGone as error:
            if isinstance(error.__cause__, DamagedSnapshot):
                log.warning("%s: %s", snapshots.path(name), error.__cause__)
            log.info("reading %s", dataset.source)
            with Progress() as progress:
                compiled = dataset.read(threads, progress)
            name, data = compiled.fingerprint, compiled.data
            snapshots.serve(name, data)
    for warning in data.warnings:
        log.warning("%s: %s", dataset.source, warning)
    return name, data


@functools.cache
def start_laptop() -> Emulator:
    emulator = Emulator(LocalSettings.from_environ(os.environ))
    emulator.start()
    return emulator


def laptop() -> Emulator:
    """Return the emulator of this process, started at the first call."""
    with STARTING:
        return start_laptop()
