"""The command `statline`, as `make` installs it from a checkout."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.processes import copy_of_project

OFFLINE = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--quiet")


def test_installed_command_lists_the_commands(tmp_path: Path) -> None:
    checkout, prefix = copy_of_project(tmp_path), tmp_path / "prefix"
    install = [sys.executable, "-m", "pip", "install", *OFFLINE, "--prefix", str(prefix), "--editable", "."]
    subprocess.run(install, cwd=checkout, check=True, timeout=60)
    [script] = prefix.glob("**/bin/statline")
    completed = subprocess.run(
        [script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.startswith("Usage: statline ")
    assert "publish" in completed.stdout
