"""The client as the service and pip give it, and the code that pages show for other tools."""

import csv
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from chalicelib import __version__
from chalicelib.web.client import FILE, source, statline
from local.settings import SAMPLE
from tests.support.html import Page
from tests.support.processes import python_m_local

NEEDED = {tool: shutil.which(tool) for tool in ("bash", "curl", "Rscript")}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    with python_m_local(home, STATLINE_DATASET=str(SAMPLE), STATLINE_REPLICA="no") as server:
        yield server.url


@pytest.fixture
def code(sample: str) -> dict[str, str]:
    """The code that the page of an answer shows, by the tool's name; its names have quotes and dollars."""
    query = "question=Q036&state=Ohio&category=Income&stratum=%2415%2C000+-+%2424%2C999"
    page = requests.get(f"{sample}/answers/estimate.html?{query}", timeout=25)
    found = Page.read(page.text).texts
    return dict(zip(found["h3"], found["code"], strict=True))


def test_service_offers_the_client_to_everybody(url: str, http: requests.Session) -> None:
    response = http.get(f"{url}/client/statline.py", timeout=5)
    again = http.get(
        f"{url}/client/statline.py", headers={"If-None-Match": response.headers["ETag"]}, timeout=5
    )

    assert (response.status_code, response.content) == (200, FILE.read_bytes())
    assert response.headers["Content-Type"] == "text/x-python; charset=utf-8"
    assert again.status_code == 304
    assert http.get(f"{url}/client/pyproject.toml", timeout=5).status_code == 404


def test_client_has_the_version_of_the_service() -> None:
    assert statline.__version__ == __version__
    assert f'__version__ = "{__version__}"' in source()


def test_pip_installs_the_client_alone(tmp_path: Path) -> None:
    """Without an index: what builds it is here."""
    checkout = shutil.copytree(FILE.parent, tmp_path / "client")
    options = ["--quiet", "--no-index", "--no-build-isolation", "--target", str(tmp_path / "site")]
    install = [sys.executable, "-m", "pip", "install", *options, str(checkout)]
    subprocess.run(install, check=True, timeout=120)

    assert [path.name for path in (tmp_path / "site").glob("*.py")] == ["statline.py"]
    assert {path.name.partition("-")[0] for path in (tmp_path / "site").iterdir()} <= {
        "statline.py",
        "statline_client",
        "__pycache__",
    }


def run(tool: str, *arguments: str, cwd: Path, **environ: str) -> str:
    if not (program := NEEDED.get(tool, tool)):
        pytest.skip(f"{tool} is not on this machine")
    done = subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_of_a_page_makes_the_job(code: dict[str, str], tmp_path: Path) -> None:
    assert '"jobID": "job_id_' in run("bash", "-c", code["curl"], cwd=tmp_path)


def test_python_of_a_page_prints_the_frame(code: dict[str, str], sample: str, tmp_path: Path) -> None:
    """As its first line says, with the client that the service offers."""
    run("bash", "-c", code["Python"].splitlines()[0].removeprefix("# "), cwd=tmp_path)
    printed = run(sys.executable, "-c", code["Python"], cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert "estimate" in printed


def test_r_of_a_page_reads_the_answer(code: dict[str, str], tmp_path: Path) -> None:
    printed = run(
        "Rscript", "-e", f"{code['R']}\ncat(nrow(answer), is.numeric(answer$estimate))", cwd=tmp_path
    )
    assert printed == "1 TRUE"


def test_r_reads_every_number_of_a_table(sample: str, tmp_path: Path) -> None:
    address = f"{sample}/answers/cells.csv?question=Q036&years=2022"
    program = f'answer <- read.csv("{address}"); cat(nrow(answer), sum(answer$value, na.rm = TRUE))'
    rows, total = run("Rscript", "-e", program, cwd=tmp_path).split()
    table = list(csv.DictReader(io.StringIO(requests.get(address, timeout=25).text)))

    assert int(rows) == len(table)
    assert float(total) == pytest.approx(sum(float(row["value"] or 0) for row in table))
