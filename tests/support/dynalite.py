"""dynalite: an independent DynamoDB with limits that moto does not enforce."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import free_port

COMMAND = "STATLINE_DYNALITE"  # `make test-cloud` names the program here, where npm could install it
READY = "Dynalite listening"


def installed() -> bool:
    return Path(os.environ.get(COMMAND, "")).is_file()


@contextmanager
def dynalite() -> Iterator[str]:
    """A running dynalite: its address. It leaves no process behind."""
    port = str(free_port())
    at_once = ["--createTableMs", "0", "--deleteTableMs", "0"]
    command = ["node", os.environ[COMMAND], "--host", "127.0.0.1", "--port", port, *at_once]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(READY)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
