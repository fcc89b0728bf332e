"""Measurements in processes of their own: a peak of memory is one process's, and imports happen once.

A child inherits its parent's peak over the fork, so who starts one imports nothing heavy.
"""

import json
import resource
import subprocess
import sys
from typing import Any

from local.settings import PROJECT


def child(module: str, *arguments: object) -> Any:
    """Run `python -m module arguments`; what its last printed line says as JSON."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_mb() -> float:
    """The most memory that this process has had resident, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
