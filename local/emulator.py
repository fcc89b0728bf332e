"""The emulator: moto, a thread pool and the mirror, wired into the service that the cloud runs."""

import contextlib
import fcntl
import logging
import logging.handlers
import os
import threading
import time
from dataclasses import replace
from typing import IO, Any

from chalicelib import logs, snapshot
from chalicelib.aws import Aws
from chalicelib.bootstrap import job_store
from chalicelib.control import Control
from chalicelib.dataset import Description, find_description, fingerprint
from chalicelib.datasets import S3Datasets
from chalicelib.errors import Abandoned, DamagedSnapshot, SnapshotNotFound, StatlineError
from chalicelib.ingestor import DataIngestor
from chalicelib.service import Service
from local import aws
from local.files import remove_leftovers, write_atomically
from local.journal import Journal
from local.results import MirroredStore
from local.settings import DEFAULT_DESCRIPTION, LocalSettings
from local.thread_pool import ThreadPool

log = logging.getLogger("statline.emulator")

LOG_BYTES, LOG_FILES = 10_000_000, 3
LOCK_SECONDS = 5.0


class HomeInUse(StatlineError):
    """Raised when another Statline keeps its results in the same place."""

    def __init__(self, settings: LocalSettings) -> None:
        super().__init__(
            f"another Statline keeps its results in {settings.home}; "
            "stop it, or set STATLINE_HOME to another folder"
        )


class Emulator:
    """One machine's Statline. `start` makes the service and takes up unfinished jobs; `stop` ends it."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self._cleanup = contextlib.ExitStack()
        self._finished = threading.Condition()

    def start(self) -> Service:
        """Raises HomeInUse, or a DatasetError that says what is wrong with the data."""
        with contextlib.ExitStack() as undo:
            service = self._start(undo)
            self._cleanup = undo.pop_all()
        return service

    def _start(self, undo: contextlib.ExitStack) -> Service:
        settings = self.settings
        settings.snapshots.mkdir(parents=True, exist_ok=True)
        undo.enter_context(locked_home(settings))
        for folder in (settings.state, settings.snapshots):
            remove_leftovers(folder)
        logs.configure(settings.log_level, settings.log_format, [log_file(settings)])
        name, saved, data = load_dataset(settings)
        undo.callback(aws.start_moto().stop)
        clients = aws.connect(settings.service)
        datasets = S3Datasets(clients, settings.service.bucket)
        datasets.publish(name, saved, data.catalogue())
        control = Control(clients, settings.service.table)
        control.set(dataset=name)
        self.store = self._mirrored(clients, undo)
        self.pool = ThreadPool(settings.threads, self._process, self._abandon)
        self.service = Service(
            self.store,
            self.pool,
            datasets,
            control,
            settings.service.id_block,
            max_open=settings.service.max_open,
        )
        self.store.restore(self.pool.add_task)
        self._publish_earlier(datasets, current=name)
        self.pool.start()
        undo.callback(self.pool.stop)
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
        journal = Journal(self.settings.state / "journal")
        undo.callback(journal.close)
        # On a laptop a number of jobs is kept, whatever their age: the mirror sees to it.
        inner = job_store(clients, replace(self.settings.service, retention_days=0))
        return MirroredStore(inner, self.settings.results, journal, self.settings.keep_results)

    def _process(self, job_id: str) -> None:
        self.service.process(job_id)
        with self._finished:
            self._finished.notify_all()

    def _abandon(self, job_id: str, attempts: int, error: BaseException) -> None:
        self.service.fail(
            job_id,
            str(Abandoned(f"{attempts} attempts failed, the last with {type(error).__name__}: {error}")),
        )

    def _publish_earlier(self, datasets: S3Datasets, current: str) -> None:
        """Give jobs that were accepted under other data their data set; drop snapshots no job names."""
        named = self.store.datasets() - {current}
        for path in self.settings.snapshots.glob("*.snapshot"):
            if path.stem in named:
                with contextlib.suppress(DamagedSnapshot):
                    data = DataIngestor.from_snapshot(path)
                    datasets.publish(path.stem, path.read_bytes(), data.catalogue())
            elif path.stem != current:
                path.unlink()


def load_dataset(settings: LocalSettings) -> tuple[str, bytes, DataIngestor]:
    """The chosen data set, from its snapshot if that is good: fingerprint, snapshot's bytes, itself."""
    description = Description.load(find_description(settings.dataset, DEFAULT_DESCRIPTION))
    name = fingerprint(settings.dataset, description, snapshot.VERSION)
    path = settings.snapshots / f"{name}.snapshot"
    try:
        return name, path.read_bytes(), DataIngestor.from_snapshot(path)
    except (FileNotFoundError, SnapshotNotFound):
        log.info("reading %s", settings.dataset)
    except DamagedSnapshot as error:
        log.warning("%s: %s; reading %s again", path, error, settings.dataset)
    data = DataIngestor.from_csv(settings.dataset, description)
    saved = data.snapshot()
    write_atomically(path, saved)
    return name, saved, data


@contextlib.contextmanager
def locked_home(settings: LocalSettings) -> Any:
    """Hold the home alone: two emulators would give the same ids. The system frees it when we die."""
    with (settings.state / "lock").open("a") as file:
        take_lock(file, settings)
        yield


def take_lock(file: IO[str], settings: LocalSettings) -> None:
    # A server that restarts itself may meet its predecessor on the way out.
    end, pause = time.monotonic() + LOCK_SECONDS, threading.Event()
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > end:
                raise HomeInUse(settings) from None
            pause.wait(0.05)


def log_file(settings: LocalSettings) -> logging.Handler:
    folder = settings.state / "logs"
    folder.mkdir(exist_ok=True)
    return logging.handlers.RotatingFileHandler(
        folder / "statline.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )


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
