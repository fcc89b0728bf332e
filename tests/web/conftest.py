"""One browser for all tests of the pages, and servers with data to look at."""

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.settings import DATA, SAMPLE
from tests.support.chromium import Tab, chromium
from tests.support.processes import python_m_local
from tests.support.shared import SHARED

FULL = "STATLINE_WEB" in os.environ


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
