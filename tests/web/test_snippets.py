"""The code that Explore shows for other tools runs as it stands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from chalicelib.web.client import FILE
from tests.support.chromium import Tab, needs_browser
from tests.support.pages import explore

CODE = """Object.fromEntries([...document.querySelectorAll('#snippets section')].map((one) =>
    [one.querySelector('h3').textContent, one.querySelector('code').textContent]))"""

pytestmark = needs_browser


def test_code_for_curl_python_and_r_runs_and_quotes_what_has_dollars(
    tab: Tab, sample_url: str, tmp_path: Path
) -> None:
    explore(tab, sample_url, question="Q036", category="Income", stratum="$15,000 - $24,999", years="2022")
    code = tab.evaluate(CODE)
    commands = {
        "curl": ["bash", "-c", code["curl"].replace("curl ", "curl -sSf ", 1)],
        "Python": [sys.executable, "-c", code["Python"]],
        "R": ["Rscript", "-e", f"{code['R']}; print(answer)"],
    }

    for tool, command in commands.items():
        if shutil.which(command[0]):
            environ = os.environ | {"PYTHONPATH": str(FILE.parent)}
            done = subprocess.run(
                command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, "California" in done.stdout) == (0, True), (tool, done.stderr)
    assert code["Spreadsheet"].startswith(f'=IMPORTDATA("{sample_url}/answers/ranking.csv?')
