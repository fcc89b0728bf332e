"""Real Dask clusters on loopback: a scheduler and workers, each a process of its own, all on free ports."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.processes import PROJECT, until

DASK = [sys.executable, "-m", "dask"]
LOOPBACK = ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
START_SECONDS = 60


@dataclass
class DaskCluster:
    """A scheduler and the workers that were started; `log` has what they print."""

    folder: Path
    processes: ExitStack
    scheduler: "subprocess.Popen[bytes]"
    address: str
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def add_worker(self, code: Path = PROJECT, **environ: str) -> "subprocess.Popen[bytes]":
        """Start a worker of one thread with the code of a checkout; it is restarted when it is killed."""
        options = ["--nthreads", "1", *LOOPBACK, "--death-timeout", "60"]
        command = ["worker", self.address, *options, "--local-directory", str(self.folder)]
        worker = self.processes.enter_context(dask(command, self.folder, code, **environ))
        self.workers.append(worker)
        return worker

    def running(self) -> list[psutil.Process]:
        """Return the processes that run tasks: each is the child of one that restarts it."""
        return [child for worker in self.workers for child in workers_of(psutil.Process(worker.pid))]


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """Return the workers that a process has started, without Python's own helpers."""
    return [child for child in process.children() if "spawn_main" in command_of(child)]


def command_of(process: psutil.Process) -> str:
    """Return the command line of a process, empty where it has ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


@contextmanager
def dask_cluster(folder: Path, workers: int, code: Path = PROJECT, **environ: str) -> Iterator[DaskCluster]:
    """Start a cluster, and kill all of it at the end."""
    found = folder / "scheduler.json"
    options = ["--port", "0", *LOOPBACK, "--idle-timeout", "300", "--scheduler-file", str(found)]
    with ExitStack() as processes:
        scheduler = processes.enter_context(dask(["scheduler", *options], folder, code, **environ))
        until(lambda: is_json(found) or scheduler.poll() is not None, START_SECONDS)
        cluster = DaskCluster(folder, processes, scheduler, str(json.loads(found.read_text())["address"]))
        for _ in range(workers):
            cluster.add_worker(code, **environ)
        yield cluster


@contextmanager
def dask(command: list[str], folder: Path, code: Path, **environ: str) -> Iterator["subprocess.Popen[bytes]"]:
    environ = {"PYTHONPATH": str(code), "PYTHONUNBUFFERED": "1"} | environ
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*DASK, *command], cwd=folder, env=os.environ | environ, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        kill_tree(process)


def kill_tree(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and its children; stopped first, it starts no more of them."""
    if process.poll() is None:
        root = psutil.Process(process.pid)
        root.suspend()
        for one in [root, *root.children(recursive=True)]:
            one.kill()
    process.wait()


def is_json(path: Path) -> bool:
    """Whether a file is there and written to its end."""
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return True
