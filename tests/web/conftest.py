"""One browser for all tests of the pages, and servers with data to look at."""

import contextlib
import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.settings import DATA, SAMPLE
from tests.support.chromium import Tab, chromium
from tests.support.processes import ServerProcess, python_m_local, slow_local
from tests.support.samples import write_soil
from tests.support.shared import SHARED

# `make web-test` runs everything; the others run what fits in a minute.
FULL = "STATLINE_WEB" in os.environ
thorough = pytest.mark.skipif(not FULL, reason="make web-test runs it")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Tab:
    """The tab as a new visitor has it."""
    browser.scripts(enabled=True)
    browser.visit("about:blank")
    browser.media(prefers_color_scheme="light", forced_colors="none", prefers_reduced_motion="reduce")
    browser.resize(1400)
    browser.logged.clear()
    browser.requested.clear()
    return browser


@pytest.fixture(scope="session")
def sample_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the bundled sample, which is invented."""
    home = tmp_path_factory.mktemp("sample")
    with python_m_local(home, STATLINE_DATASET=str(SAMPLE), STATLINE_REPLICA="no") as server:
        yield server.url


@pytest.fixture(scope="session")
def survey() -> Path:
    """The real survey, all years of it."""
    path = SHARED / "data" / "brfss_full.csv.gz"
    if not path.exists():
        pytest.skip("the survey data of STATLINE_SHARED (default ../shared) is not here")
    return path


@pytest.fixture(scope="session")
def survey_url(survey: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the real survey."""
    home = tmp_path_factory.mktemp("survey")
    shutil.copy(DATA / "brfss.json", home)
    (home / "brfss.csv").write_bytes(gzip.decompress(survey.read_bytes()))
    with python_m_local(home, STATLINE_DATASET=str(home / "brfss.csv"), STATLINE_REPLICA="no") as server:
        yield server.url


class Gate:
    """A job of the statistic `wait` ends once this is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)

    def open(self) -> None:
        """Let the job that waits go on, and those that follow: they find an ordinary file."""
        pipe = self.path.with_suffix(".pipe")
        self.path.rename(pipe)
        self.path.write_bytes(b"")
        with contextlib.suppress(OSError):  # no job waits
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    write_soil(tmp_path)
    return Gate(tmp_path / "gate")


@pytest.fixture
def slow(gate: Gate, tmp_path: Path) -> Iterator[ServerProcess]:
    environ = {"TP_NUM_OF_THREADS": "1", "STATLINE_REPLICA": "no", "STATLINE_MAX_OPEN": "3"}
    with slow_local(tmp_path, gate.path, **environ) as server:
        yield server
