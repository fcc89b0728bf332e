"""The command line against a deployed stage that needs a key, over TLS."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.cloud.deployed import Deployed
from tests.support.processes import PROJECT


def run(stage: Deployed, *arguments: str, key: str = "") -> subprocess.CompletedProcess[str]:
    parts = urlsplit(stage.url)
    # A path of the emulator's own: the command line names no host but the one that it connects to.
    url = f"{parts.scheme}://{parts.netloc}/_aws/execute-api/{stage.outputs['RestAPIId']}/v1"
    environ = os.environ | {
        "STATLINE_URL": url,
        "STATLINE_KEY": key,
        "REQUESTS_CA_BUNDLE": str(stage.http.verify),
    }
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=PROJECT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_commands_with_the_key_print_the_result(secured: Deployed) -> None:
    key = secured.key
    question = json.loads(run(secured, "questions", key=key).stdout)[0]["question"]
    asked = run(secured, "ask", "global_mean", question, "--format", "csv", key=key)
    assert (asked.returncode, asked.stdout.splitlines()[0]) == (0, "mean"), asked.stderr
    (latest,) = json.loads(run(secured, "jobs", "--limit", "1", key=key).stdout)
    again = run(secured, "result", latest["jobID"], "--format", "csv", key=key)
    assert again.stdout == asked.stdout


@pytest.mark.parametrize("arguments", [("questions",), ("ask", "global_mean", "Q036")])
def test_commands_without_the_key_exit_with_3(secured: Deployed, arguments: tuple[str, ...]) -> None:
    done = run(secured, *arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert "403" in done.stderr
