"""The emulator: moto, a thread pool and the mirror, wired into the service that the cloud runs."""

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.job import Job
from chalicelib.application.pagination import FOR_EVER
from chalicelib.application.ports import Ports
from chalicelib.application.service import Limits, Service
from chalicelib.bootstrap import job_store
from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description, find_description, fingerprint
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import Abandoned, DamagedSnapshot
from chalicelib.observability import logging as log_setup
from local.emulator import moto_backend
from local.emulator.delayed_queue import DelayedQueue
from local.emulator.log_lines import LogLines
from local.emulator.thread_pool import ThreadPool
from local.settings import DEFAULT_DESCRIPTION, LocalSettings
from local.storage.files import read_regular
from local.storage.home import HomeUnusable, LogFile, SnapshotFile, locked_home, snapshots
from local.storage.journal import Journal
from local.storage.results import MirroredStore
from local.storage.write_behind import WriteBehindStore

log = logging.getLogger("statline.emulator")


class Emulator:
    """One machine's Statline. `start` makes the service and takes up unfinished jobs; `stop` ends it."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self._cleanup = contextlib.ExitStack()
        self._finished = threading.Condition()
        # What may be wrong while the service runs on: each tells how it is now, in a sentence, or None.
        self.checks: dict[str, Callable[[], str | None]] = {}

    def start(self) -> Service:
        """Raises HomeInUse, HomeUnusable, or a DatasetError that says what is wrong with the data."""
        with contextlib.ExitStack() as undo:
            service = self._start(undo)
            self._cleanup = undo.pop_all()
        return service

    def _start(self, undo: contextlib.ExitStack) -> Service:
        settings = self.settings
        undo.enter_context(locked_home(settings))
        log_file = LogFile(settings)
        self.log_lines = LogLines([log_setup.Output(sys.stdout), log_file])
        log_setup.configure(settings.log_level, settings.log_format, self.log_lines)
        undo.callback(self.log_lines.flush)
        name, saved, data = load_dataset(settings)
        snapshot_file = SnapshotFile(settings.snapshots / f"{name}.snapshot", saved)
        snapshot_file.problem()
        undo.callback(moto_backend.start_moto().stop)
        clients = moto_backend.connect(settings.service)
        datasets = S3DatasetStore(clients, settings.service.bucket)
        datasets.publish(name, saved, data.catalogue())
        datasets.hold(name, data)
        self.control = control = DynamoDbServiceState(clients, settings.service.table)
        control.set(dataset=name)
        self.store = self._mirrored(clients, undo)
        self.pool = ThreadPool(settings.threads, self._process, self._abandon)
        callbacks = DelayedQueue(self._process)
        self.checks |= {
            "runners": self.pool.problem,
            "results": self.store.files.problem,
            "journal": self.store.journal_problem,
            "snapshot": snapshot_file.problem,
            "log": log_file.problem,
        }
        ports = Ports(
            self.store,
            self.pool,
            datasets,
            control,
            HttpCallbackSender(settings.service.callback_private),
            callbacks,
        )
        limits = Limits(settings.service.id_block, settings.service.max_open)
        self.service = Service(ports, limits, checks=self.checks.values())
        try:
            self.store.restore(self.pool.add_task)
        except OSError as error:
            raise HomeUnusable(settings, error) from error
        self._publish_earlier(datasets, current=name)
        callbacks.add_tasks([*self.store.pending_callbacks_before(FOR_EVER)])
        for workers in (callbacks, self.pool):
            workers.start()
            undo.callback(workers.stop)
        log.info(
            "serving %s", data.description.title, extra={"dataset": name, "open": self.store.count_open()}
        )
        return self.service

    def stop(self) -> None:
        """End the runners after the job that each is at. What is open is taken up by the next start."""
        self._cleanup.close()

    def drain(self, seconds: float) -> int:
        """Accept nothing new and finish what was accepted, for at most `seconds`; returns what is left."""
        left, end = self.service.drain().left, time.monotonic() + seconds
        with self._finished:
            while left and self.settings.threads and (remaining := end - time.monotonic()) > 0:
                self._finished.wait(min(remaining, 0.2))
                left = self.service.num_jobs()
        return left

    def _mirrored(self, clients: Aws, undo: contextlib.ExitStack) -> MirroredStore:
        settings = self.settings
        journal = Journal(settings.state / "journal")
        undo.callback(journal.close)
        # On a laptop a number of jobs is kept, whatever their age: the mirror sees to it.
        dynamo = job_store(clients, replace(settings.service, retention_days=0))
        behind = WriteBehindStore(dynamo, clients, settings.service.table, settings.service.bucket)
        undo.callback(behind.stop)
        self.checks["dynamodb"] = behind.problem
        store = MirroredStore(
            behind, settings.results, journal, settings.keep_results, self._answer, self._kept
        )
        undo.callback(store.files.close)
        return store

    def _answer(self, job: Job) -> bytes:
        return self.service.answer(job)

    def _kept(self, job: Job) -> bytes | None:
        return self.service.results.get(job)

    def _process(self, job_id: str) -> None:
        self.service.process(job_id)
        with self._finished:
            self._finished.notify_all()

    def _abandon(self, job_id: str, attempts: int, error: BaseException) -> None:
        self.service.fail(
            job_id,
            str(Abandoned(f"{attempts} attempts failed, the last with {type(error).__name__}: {error}")),
        )

    def _publish_earlier(self, datasets: S3DatasetStore, current: str) -> None:
        """Give jobs that were accepted under other data their data set; drop snapshots no job names."""
        named = self.store.datasets() - {current}
        for path in snapshots(self.settings):
            try:
                if path.stem in named:
                    saved = read_regular(path)
                    datasets.publish(path.stem, saved, DataIngestor.from_snapshot(saved).catalogue())
                elif path.stem != current:
                    path.unlink()
            except (DamagedSnapshot, OSError) as error:
                log.warning("%s: %s", path, error)


def load_dataset(settings: LocalSettings) -> tuple[str, bytes, DataIngestor]:
    """The chosen data set, from its snapshot if that is good: fingerprint, snapshot's bytes, itself."""
    description = Description.load(find_description(settings.dataset, DEFAULT_DESCRIPTION))
    name = fingerprint(settings.dataset, description, snapshot.VERSION)
    path = settings.snapshots / f"{name}.snapshot"
    try:
        saved = read_regular(path)
        return name, saved, DataIngestor.from_snapshot(saved)
    except OSError:
        log.info("reading %s", settings.dataset)
    except DamagedSnapshot as error:
        log.warning("%s: %s; reading %s again", path, error, settings.dataset)
    data = DataIngestor.from_csv(settings.dataset, description)
    return name, data.snapshot(), data


class Laptop:
    """The emulator of this process, started when first asked for, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.emulator: Emulator | None = None

    def __call__(self) -> Emulator:
        with self._lock:
            if self.emulator is None:
                emulator = Emulator(LocalSettings.from_environ(os.environ))
                emulator.start()
                self.emulator = emulator
            return self.emulator


laptop = Laptop()
