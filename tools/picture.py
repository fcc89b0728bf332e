"""Makes the README's picture of the Explore page, of the bundled sample: `python -m tools.picture`.

It needs Chromium (Debian: apt install chromium).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PICTURE = PROJECT / "docs" / "explore.png"
QUERY = "question=Q036&statistic=ranking&years=2022"
SIZE = (1400, 1250)  # pixels
READY = "Serving on "
DRAWN = 'data-state="drawn"'
SECONDS = 60
# Virtual time lets the page's requests end before the picture is taken.
OPTIONS = """
    --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --virtual-time-budget=10000 --force-prefers-reduced-motion
"""


@contextmanager
def service() -> Iterator[str]:
    """Serve the sample on a free port, and yield the address."""
    with tempfile.TemporaryDirectory() as home:
        sample = PROJECT / "data" / "sample.csv.gz"
        own = {"PORT": "0", "PYTHONUNBUFFERED": "1", "STATLINE_HOME": home, "STATLINE_DATASET": str(sample)}
        command, environ = [sys.executable, "-m", "local", "serve"], os.environ | own
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, text=True)  # nosec B603
        try:
            lines = (
                line.removeprefix(READY).strip() for line in process.stdout or () if line.startswith(READY)
            )
            if not (url := next(lines, "")):
                raise SystemExit("the service did not start")
            yield url
        finally:
            process.terminate()
            process.communicate()


def browse(browser: str, address: str, *options: str) -> str:
    """Open a page in a window of SIZE, with a profile of its own, and return what the browser prints."""
    with tempfile.TemporaryDirectory() as profile:
        window = f"--window-size={SIZE[0]},{SIZE[1]}"
        command = [browser, *OPTIONS.split(), window, f"--user-data-dir={profile}", *options, address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)  # nosec B603
    return done.stdout


def main(path: Path = PICTURE) -> None:
    """Write the picture. Raises SystemExit if there is no browser, or the page draws nothing."""
    if (browser := shutil.which("chromium")) is None:
        raise SystemExit("there is no chromium on this machine (Debian: apt install chromium)")
    with service() as url:
        address = f"{url}/explore?{QUERY}"
        if DRAWN not in browse(browser, address, "--dump-dom"):
            raise SystemExit(f"{address} is not drawn")
        browse(browser, address, f"--screenshot={path}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
