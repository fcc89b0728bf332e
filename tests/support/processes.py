"""Real server processes: the documented commands, each on a home and a port of its own."""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.samples import SOIL_CSV
from tests.support.slow import GATE

PROJECT = Path(__file__).resolve().parents[2]
CHALICE = str(Path(sys.executable).with_name("chalice"))
READY = "Serving on "
LINES = 20_000


class ServerProcess:
    """A started command; `url` is where it serves, `said` the last lines that it printed."""

    def __init__(self, command: list[str], home: Path, cwd: Path = PROJECT, **environ: str) -> None:
        defaults = {
            "STATLINE_HOME": str(home),
            "STATLINE_DATASET": str(home / SOIL_CSV),
            "PYTHONUNBUFFERED": "1",
        }
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=os.environ | defaults | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: deque[str] = deque(maxlen=LINES)
        self.url = ""
        self._ready = threading.Event()
        # Read all the time: a full pipe would stop the server at 64 KiB of log.
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._ready.wait(30)
        if not self.url:
            self.kill()
            raise AssertionError(f"{command} did not serve:\n{self.said}")

    @property
    def said(self) -> str:
        return "".join(self._lines)

    def _read(self) -> None:
        with self.process.stdout or io.StringIO() as lines:
            for line in lines:
                self._lines.append(line)
                if line.startswith(READY):
                    self.url = line.removeprefix(READY).strip()
                    self._ready.set()
        self._ready.set()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> None:
        """Pause every thread of the process until SIGCONT."""
        self.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def wait(self) -> int:
        """Return the exit status once all output is in `said`."""
        status = self.process.wait(30)
        self._reader.join(30)
        return status

    def kill(self) -> None:
        """Send SIGKILL to the whole group: autoreload has a child."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()


@contextmanager
def python_m_local(home: Path, **environ: str) -> Iterator[ServerProcess]:
    server = ServerProcess([sys.executable, "-m", "local", "serve"], home, PORT="0", **environ)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def slow_local(home: Path, gate: Path, **environ: str) -> Iterator[ServerProcess]:
    """`python -m local` with the statistic `wait`, whose jobs end when `gate` can be read."""
    environ = {"PORT": "0", GATE: str(gate), **environ}
    server = ServerProcess([sys.executable, "-m", "tests.support.slow", "serve"], home, **environ)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def chalice_local(home: Path, cwd: Path = PROJECT, **environ: str) -> Iterator[ServerProcess]:
    """`chalice local` with its autoreload."""
    command = [CHALICE, "local", "--port", str(free_port())]
    server = ServerProcess(command, home, cwd, **environ)
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def copy_of_project(folder: Path) -> Path:
    """A separate checkout, so that its results/ lie inside the folder that autoreload watches."""
    target = folder / "checkout"
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "__pycache__", "results", ".statline", "out", "tests", ".*_cache"
    )
    shutil.copytree(PROJECT, target, ignore=ignored)
    return target


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait for a condition that sends no notification."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        pause.wait(0.01)
