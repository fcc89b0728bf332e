"""Draining a stage from the command line, and opening it again."""

import os
import subprocess
import sys

from tests.cloud.deployed import Deployed
from tests.cloud.ministack import CREDENTIALS
from tests.support.processes import PROJECT


def test_drain_and_reopen_commands_work_with_aws_credentials(deployed: Deployed) -> None:
    environ = os.environ | CREDENTIALS | {"AWS_ENDPOINT_URL": deployed.url.removesuffix("/v1")}
    environ.pop("AWS_CA_BUNDLE", None)
    for command, said in (("drain", "Drained."), ("reopen", "Open.")):
        arguments = [sys.executable, "-m", "local", command, "--stage", "test"]
        done = subprocess.run(
            arguments, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode, done.stdout[: len(said)]) == (0, said), done.stderr
    deployed.await_state()
