"""Real server processes: the commands that people type, on a home and a port of their own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.samples import SOIL_CSV

PROJECT = Path(__file__).resolve().parent.parent
READY = "Serving on "


class ServerProcess:
    """A started command; `url` is where it serves, `said` what it printed before that."""

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
        self.said = ""
        for line in self.process.stdout or ():
            self.said += line
            if line.startswith(READY):
                self.url = line.removeprefix(READY).strip()
                return
        raise AssertionError(f"{command} ended without serving:\n{self.said}")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """The exit status; what was printed until then is added to `said`."""
        self.said += self.process.communicate(timeout=30)[0]
        return self.process.returncode

    def kill(self) -> None:
        """SIGKILL, to the whole group: autoreload has a child."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@contextmanager
def python_m_local(home: Path, **environ: str) -> Iterator[ServerProcess]:
    server = ServerProcess([sys.executable, "-m", "local"], home, PORT="0", **environ)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def chalice_local(home: Path, cwd: Path = PROJECT, **environ: str) -> Iterator[ServerProcess]:
    """`chalice local` with its autoreload, as people type it."""
    command = [sys.executable, "-m", "chalice.cli", "local", "--port", str(free_port())]
    server = ServerProcess(command, home, cwd, **environ)
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])
