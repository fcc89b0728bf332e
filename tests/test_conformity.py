"""schemathesis compares the service with its OpenAPI document, on both interfaces."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.emulator.emulator import Emulator
from local.settings import LocalSettings
from tests.support.health import health_settings
from tests.support.processes import PROJECT

# No schema can express that a valid request is refused for a reused key, or that its ETag is current; or,
# where inputs select cells, which selections have one.
CONFIG = PROJECT / "tests" / "schemathesis.toml"
SCHEMATHESIS = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)]
ALWAYS = ["--checks", "all", "--max-examples", "5", "--seed", "1", "--max-response-time", "25", "--no-color"]
# This check expects 404 after a DELETE. By the standard, an open job stays as dismissed; only a finished one
# is gone.
EXCLUDED = ["--exclude-checks", "use_after_free"]
WITHOUT_DRAINING = ["--exclude-operation-id", "graceful_shutdown"]
# The other phases need examples or links, which a drain does not have.
DRAINING = ["--include-operation-id", "graceful_shutdown", "--phases", "coverage,fuzzing"]


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    """A data set with a value for each question and state: no schema can express which pairs have none."""
    return health_settings(tmp_path)


def schemathesis(url: str, folder: Path, *options: str) -> str:
    """Run schemathesis, which must find no difference, and return its output."""
    command = [*SCHEMATHESIS, "run", f"{url}/openapi.json", *ALWAYS, *options]
    environ = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks",
        "PYTHONPATH": str(PROJECT),
    }
    process = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=240, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def test_schemathesis_finds_no_difference_from_openapi_document(
    url: str, emulator: Emulator, tmp_path: Path
) -> None:
    output = schemathesis(url, tmp_path, *EXCLUDED, *WITHOUT_DRAINING)
    assert all(f"✅ {phase}" in output for phase in ("Examples", "Coverage", "Fuzzing", "Stateful")), output
    assert "warning" not in output.lower()
    assert "✅ Fuzzing" in schemathesis(url, tmp_path, *DRAINING)
    assert emulator.service.num_jobs() == 0
