"""The service does what its OpenAPI document says, both interfaces: schemathesis looks for where not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.emulator.emulator import Emulator
from tests.support.processes import PROJECT
from tests.support.samples import SOIL, write_soil

# What no schema can say of a good request: that its key came with another before, or its ETag is current.
CONFIG = PROJECT / "tests" / "schemathesis.toml"
SCHEMATHESIS = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)]
ALWAYS = ["--checks", "all", "--max-examples", "5", "--seed", "1", "--max-response-time", "25", "--no-color"]
# The one check that is left out: it wants 404 for what was deleted. The standard's DELETE of an open job
# leaves the job, dismissed; only one that has ended is gone.
LEFT_OUT = ["--exclude-checks", "use_after_free"]
BUT_DRAINING = ["--exclude-operation-id", "graceful_shutdown"]
# No phases that need examples or links: a drain has neither.
DRAINING = ["--include-operation-id", "graceful_shutdown", "--phases", "coverage,fuzzing"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a value for each question in each state: no schema can say which pairs have none."""
    write_soil(tmp_path, SOIL.replace("Sand,S2,Hessen,,", "Sand,S2,Hessen,7,"))
    return tmp_path


def schemathesis(url: str, folder: Path, *options: str) -> str:
    """What a run said that found nothing."""
    command = [*SCHEMATHESIS, "run", f"{url}/openapi.json", *ALWAYS, *options]
    environ = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks",
        "PYTHONPATH": str(PROJECT),
    }
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_service_is_as_described(url: str, emulator: Emulator, tmp_path: Path) -> None:
    """Examples, limits, made-up requests good and bad, and sequences that follow links. Draining has a turn
    of its own, afterwards: nothing else is as described once the service takes no more.
    """
    said = schemathesis(url, tmp_path, *LEFT_OUT, *BUT_DRAINING)
    assert all(f"✅ {phase}" in said for phase in ("Examples", "Coverage", "Fuzzing", "Stateful")), said
    assert "warning" not in said.lower()
    assert "✅ Fuzzing" in schemathesis(url, tmp_path, *DRAINING)
    assert emulator.service.num_jobs() == 0
