"""AWS on this machine, as a process: it runs the packaged functions as processes of their own."""

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.processes import free_port

COMMAND = "STATLINE_MINISTACK"  # `make test-cloud` names the program here
ATTEMPTS, PAUSE = 300, 0.1
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextmanager
def ministack(folder: Path, port: int, **environ: str) -> Iterator[str]:
    """A running ministack: its address. It leaves no process behind."""
    secure = "USE_SSL" in environ
    url = f"{'https' if secure else 'http'}://127.0.0.1:{port}"
    own = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_PORT": str(free_port()),
        "TMPDIR": str(folder),
    }
    with (folder / "ministack.log").open("w") as log:
        process = subprocess.Popen(
            [os.environ[COMMAND]],
            cwd=folder,
            env=without_aws(os.environ) | CREDENTIALS | own | environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until_ready(url, process, environ.get("MINISTACK_SSL_CERT"))
            yield url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait(10)


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")}


def wait_until_ready(url: str, process: subprocess.Popen[bytes], certificate: str | None) -> None:
    pause = threading.Event()
    for _ in range(ATTEMPTS):
        try:
            if requests.get(f"{url}/_ministack/health", timeout=5, verify=certificate or True).ok:
                return
        except requests.ConnectionError:
            assert process.poll() is None, "ministack ended at once"
        pause.wait(PAUSE)
    raise AssertionError("ministack did not start")
