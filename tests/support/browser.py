"""A real browser, where one is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")
OPTIONS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --enable-logging=stderr --virtual-time-budget=10000
"""

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine (Debian: apt install chromium)"
)


def visit(address: str, profile: Path) -> str:
    """Open a page, let its scripts run, and return what it shows at the end as HTML."""
    command = [str(CHROMIUM), *OPTIONS.split(), f"--user-data-dir={profile}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def shown_paths(address: str, profile: Path, width: int = 1000) -> set[str]:
    """Return the paths that the page at /docs shows in a window of this width; it logs no error."""
    command = [str(CHROMIUM), *OPTIONS.split(), f"--user-data-dir={profile}", f"--window-size={width},1000"]
    process = subprocess.run(
        [*command, "--dump-dom", address], capture_output=True, text=True, timeout=120, check=True
    )
    assert not [line for line in process.stderr.splitlines() if "CONSOLE" in line], process.stderr
    return set(re.findall(r'data-path="([^"]+)"', process.stdout))
