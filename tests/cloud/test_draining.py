"""Commands with AWS credentials on a stage: draining, opening again, and a preview of a data set."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cloud.deployed import Deployed
from tests.cloud.ministack import CREDENTIALS
from tests.support.processes import PROJECT
from tests.support.samples import write_soil


def run(deployed: Deployed, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | CREDENTIALS | {"AWS_ENDPOINT_URL": deployed.url.removesuffix("/v1")}
    environ.pop("AWS_CA_BUNDLE", None)
    arguments = [sys.executable, "-m", "local", command, "--stage", "test", *options]
    return subprocess.run(
        arguments, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_dry_run_of_publish_says_what_would_change_and_changes_nothing(
    deployed: Deployed, tmp_path: Path
) -> None:
    before = run(deployed, "publish", "--list").stdout
    shown = run(deployed, "publish", "--dry-run", str(write_soil(tmp_path)))

    assert shown.returncode == 0, shown.stderr
    assert "\nwould be current: " in shown.stdout
    assert '2 added: "Humus", "Sand"' in shown.stdout
    assert run(deployed, "publish", "--list").stdout == before


def test_drain_and_reopen_commands_work_with_aws_credentials(deployed: Deployed) -> None:
    for command, said in (("drain", "Drained."), ("reopen", "Open.")):
        done = run(deployed, command)
        assert (done.returncode, done.stdout[: len(said)]) == (0, said), done.stderr
    deployed.await_state()
