"""Processes to measure: servers on a home and a port of their own, and functions in fresh interpreters."""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from local.settings import PROJECT

BASELINE, CELERY, MAKE_RUN, CHALICE_LOCAL = KINDS = (
    "baseline",
    "FastAPI + Celery + Redis",
    "make run",
    "chalice local",
)
# Names the Python of bench.celery_server, where `make bench` could install it.
CELERY_PYTHON = "STATLINE_CELERY"
START_SECONDS = 600.0  # ten million rows take their time
PAUSE = 0.005
FOLLOWER_LAG = re.compile(r"^statline_follower_lag_jobs\{.*\} (\S+)$", re.MULTILINE)


@dataclass
class Server:
    """A started process; `started` is a moment of time.perf_counter."""

    process: "subprocess.Popen[bytes]"
    port: int
    started: float
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tree(self) -> list[psutil.Process]:
        """The process and all its children."""
        process = psutil.Process(self.process.pid)
        return [process, *process.children(recursive=True)]

    def memory(self) -> float:
        """Resident memory of the process and its children, in MB."""
        return sum(float(process.memory_info().rss) for process in self.tree()) / 1e6

    def catch_up(self) -> None:
        """Wait until results/ and the replica of `make run` have every job."""
        while any(
            float(lag) for lag in FOLLOWER_LAG.findall(requests.get(f"{self.url}/metrics", timeout=30).text)
        ):
            time.sleep(PAUSE)  # followers signal nothing

    def first_result(self, statistic: str, inputs: Mapping[str, str]) -> float:
        """Seconds from the start of the process to the result of its first job."""
        while True:
            with contextlib.suppress(requests.ConnectionError):
                self._compute(statistic, inputs)
                return time.perf_counter() - self.started
            if self.process.poll() is not None or time.perf_counter() > self.started + START_SECONDS:
                raise SystemExit(f"no response from {self.process.args!r}:\n{self.log.read_text()}")
            time.sleep(PAUSE)  # a starting server does not signal that it listens

    def _compute(self, statistic: str, inputs: Mapping[str, str]) -> None:
        with requests.Session() as http:
            posted = http.post(f"{self.url}/api/{statistic}", json=inputs, timeout=START_SECONDS).json()
            address = f"{self.url}/api/get_results/{posted['job_id']}"
            while (job := http.get(address, timeout=START_SECONDS).json())["status"] == "running":
                time.sleep(PAUSE)  # the client polls: that is what is measured
        if job["status"] != "done":
            raise SystemExit(f"{statistic} of {dict(inputs)} ended as {job}")


@contextmanager
def serving(kind: str, csv: Path, home: Path | None = None, **environ: str) -> Iterator[Server]:
    """A server on the data of `csv`, killed at the end; on a fresh home unless one is given."""
    with tempfile.TemporaryDirectory() as folder:
        port, log = free_port(), Path(folder) / "log"
        settings = {"STATLINE_HOME": str(home or folder), "STATLINE_DATASET": str(csv), **environ}
        with log.open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(
                command(kind, csv, port),
                cwd=PROJECT,
                env=default_environment() | settings,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Server(process, port, started, log)
        finally:
            with contextlib.suppress(ProcessLookupError):  # the group: autoreload has a child
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def command(kind: str, csv: Path, port: int) -> list[str]:
    """The command that `make run` or a person runs, on another port."""
    python, at = [sys.executable, "-m"], ["--port", str(port)]
    return {
        CELERY: [
            os.environ.get(CELERY_PYTHON, "python"),
            "-m",
            "bench.celery_server",
            "serve",
            *at,
            "--csv",
            str(csv),
        ],
        BASELINE: [*python, "bench.baseline", *at, "--csv", str(csv)],
        MAKE_RUN: [*python, "local", "serve", *at],
        CHALICE_LOCAL: [str(Path(sys.executable).with_name("chalice")), "local", *at],
    }[kind]


def missing() -> str:
    """Return why FastAPI + Celery + Redis cannot be measured here, or nothing."""
    if not shutil.which("redis-server"):
        return (
            f"{CELERY} is not measured: there is no redis-server here (Debian: apt-get install redis-server)."
        )
    if not Path(os.environ.get(CELERY_PYTHON, "")).is_file():
        return f"{CELERY} is not measured: requirements/celery.txt is not installed (make bench does)."
    return ""


def available() -> list[str]:
    """Return the kinds of servers that this machine has."""
    return [kind for kind in KINDS if kind != CELERY or not missing()]


def default_environment() -> dict[str, str]:
    """The environment without settings of the service, so that its defaults are measured."""
    ours = ("STATLINE_", "TP_NUM_OF_THREADS", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def fresh(module: str, function: str, *arguments: object) -> Any:
    """Call a function in an interpreter of its own, whose imports and peak memory are its own.

    Arguments are passed as texts, and the value comes back as JSON.
    """
    call = f"{function}(*{[str(argument) for argument in arguments]!r})"
    code = f"import json; from {module} import {function}; print(json.dumps({call}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{call} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def peak_mb(process: int | str = "self") -> float:
    """The largest resident memory of this process so far, or of another by its id, in MB."""
    status = Path(f"/proc/{process}/status")
    if status.exists():  # unlike getrusage, without the peak of the parent that forked
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
