"""The servers that are measured, each a process of its own on a fresh home and a port of its own."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.settings import PROJECT
from tests.support.processes import free_port

BASELINE, MAKE_RUN, CHALICE_LOCAL, FLOOR = "baseline", "make run", "chalice local", "floor"
KINDS = (BASELINE, MAKE_RUN, CHALICE_LOCAL, FLOOR)

START_SECONDS = 600.0  # ten million rows take their time
PAUSE = 0.005


@dataclass
class Server:
    """A started process; `started` is the moment, as of time.perf_counter."""

    process: "subprocess.Popen[bytes]"
    port: int
    started: float
    said: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> float:
        """Resident memory of the process and its children, in MB."""
        whole = psutil.Process(self.process.pid)
        return sum(float(part.memory_info().rss) for part in (whole, *whole.children(recursive=True))) / 1e6

    def first_answer(self, statistic: str, inputs: Mapping[str, str]) -> float:
        """Seconds from the start of the process to the answer of its first job."""
        while True:
            with contextlib.suppress(ConnectionError):
                self._ask(statistic, inputs)
                return time.perf_counter() - self.started
            if self.process.poll() is not None or time.perf_counter() > self.started + START_SECONDS:
                raise SystemExit(f"no answer from {self.process.args!r}:\n{self.said.read_text()}")
            time.sleep(PAUSE)  # a server that is starting tells nobody when it listens

    def _ask(self, statistic: str, inputs: Mapping[str, str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        with contextlib.closing(connection):
            connection.request("POST", f"/api/{statistic}", json.dumps(inputs))
            job_id = json.load(connection.getresponse())["job_id"]
            while True:
                connection.request("GET", f"/api/get_results/{job_id}")
                result = json.load(connection.getresponse())
                if result["status"] != "running":
                    break
                time.sleep(PAUSE)  # a client that polls, which is what is measured
        if result["status"] != "done":
            raise SystemExit(f"{statistic} of {dict(inputs)} ended as {result}")


@contextmanager
def serving(kind: str, csv: Path, home: Path | None = None, **environ: str) -> Iterator[Server]:
    """The server of that kind on the data of `csv`, killed at the end; a fresh home if none is given."""
    with tempfile.TemporaryDirectory() as folder:
        where, port = home or Path(folder), free_port()
        said = Path(folder) / "said"
        with said.open("wb") as log:
            started = time.perf_counter()
            process = subprocess.Popen(
                command(kind, csv, port),
                cwd=PROJECT,
                env=clean_environment()
                | {"STATLINE_HOME": str(where), "STATLINE_DATASET": str(csv)}
                | environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Server(process, port, started, said)
        finally:
            # The whole group: autoreload has a child. What it leaves goes with the folder.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def command(kind: str, csv: Path, port: int) -> list[str]:
    """What `make run` and people type, on another port."""
    python, at = [sys.executable, "-m"], ["--port", str(port)]
    return {
        BASELINE: [*python, "bench.baseline", *at, "--csv", str(csv)],
        MAKE_RUN: [*python, "local", "serve", *at],
        CHALICE_LOCAL: [str(Path(sys.executable).with_name("chalice")), "local", *at],
        FLOOR: [*python, "bench.floor", *at],
    }[kind]


def clean_environment() -> dict[str, str]:
    """Without settings of the service: what is measured are its defaults."""
    ours = ("STATLINE_", "TP_NUM_OF_THREADS", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
