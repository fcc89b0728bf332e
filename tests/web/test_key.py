"""Where a key is needed, the page asks for it, and it stays out of addresses, pages and files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.settings import SAMPLE
from tests.support.chromium import Tab, needs_browser
from tests.support.pages import DRAWN, explore, ranking_rows
from tests.support.processes import python_m_local

KEY = "a-secret-of-twenty-characters"
# What a download of the page has, as text.
FILE = """(async () => {
    const saved = new Promise((resolve) => {
        const create = URL.createObjectURL
        URL.createObjectURL = (blob) => (URL.createObjectURL = create, resolve(blob), create.call(URL, blob))
    })
    document.querySelector('[data-focus="%s"]').click()
    return (await saved).text()
})()"""

pytestmark = needs_browser


@pytest.fixture(scope="module")
def locked_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("locked")
    environ = {"STATLINE_DATASET": str(SAMPLE), "STATLINE_REPLICA": "no", "STATLINE_ACCESS": "key"}
    with python_m_local(home, **environ) as server:
        yield server.url


def test_page_has_no_question_before_the_key(locked_url: str) -> None:
    page = requests.get(f"{locked_url}/explore", headers={"Accept": "text/html"}, timeout=10).text

    assert "obesity" not in page
    assert "Ohio" not in page


def test_key_is_asked_for_once_and_is_in_no_address_or_file(locked_url: str, tab: Tab) -> None:
    tab.visit(f"{locked_url}/explore?question=Q036", "document.querySelector('#key input')")

    for character in KEY:
        tab.press(character)
    tab.press("Enter")
    tab.until(DRAWN)

    assert len(ranking_rows(tab)) == 51
    files = [tab.evaluate(FILE % name) for name in ("SVG", "csv", "json")]
    explore(tab, locked_url, question="Q037")  # the key is kept in the tab
    assert len(ranking_rows(tab)) == 51
    assert not [file for file in files if KEY in file]
    assert not [url for url in tab.requested if KEY in url]
    assert KEY not in tab.html()
    assert "x-api-key" in tab.evaluate("document.querySelector('#snippets').textContent")
    assert tab.faults(locked_url) == []
