"""The pages, deployed behind the stage's prefix, open and with a key."""

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.cloud.conftest import aws_environ
from tests.cloud.deployed import Deployed, eventually
from tests.support.chromium import Tab, chromium, needs_browser
from tests.support.html import Page
from tests.support.pages import DRAWN

HTML = {"Accept": "text/html"}
PATHS = ["/", "/explore", "/jobs", "/processes", "/processes/ranking", "/operations", "/conformance"]


def answered(stage: Deployed, path: str, **more: object) -> requests.Response:
    """Ask for an answer until it is there."""
    return eventually(lambda: stage.get(path, **more), lambda response: response.status_code != 202)


@pytest.mark.parametrize("path", PATHS)
def test_page_links_and_files_begin_with_the_stage(deployed: Deployed, path: str) -> None:
    page = Page.read(deployed.get(path, headers=HTML).text)

    files = [str(one.get("src") or one.get("href")) for one in [*page.all("script"), *page.all("link")]]
    own = [name for name in files if name.startswith("/")]
    # An empty link is to the page itself.
    assert all(link.startswith(("#", "/v1/", "http")) for link in page.links() if link)
    host = f"//{deployed.http.headers['Host']}/"
    assert all(f"{host}v1/" in link for link in page.links() if host in link)
    assert own
    for name in own:
        response = deployed.get(name.removeprefix("/v1"))
        assert (response.status_code, "immutable" in response.headers["Cache-Control"]) == (200, True)


def test_answer_is_read_by_its_address_alone(deployed: Deployed) -> None:
    path = "/answers/ranking.csv?question=Q036&years=2020"

    response = answered(deployed, path)

    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert {"state", "rank", "presentable", "caveats"} <= rows[0].keys()
    again = deployed.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_explore_shows_the_answer_without_scripts(deployed: Deployed) -> None:
    path = "/explore?question=Q036&statistic=ranking"

    page = eventually(
        lambda: Page.read(deployed.get(path, headers=HTML).text), lambda page: "caveats" in page.ids
    )

    assert "New Jersey" in page.text("td")


def test_operations_of_a_stage_are_its_load_data_and_dashboard(deployed: Deployed) -> None:
    facts = eventually(lambda: deployed.get("/operations").json(), lambda facts: facts["jobs"]["open"] == 0)

    assert facts["status"] == "ready"
    assert [one["id"] for one in facts["datasets"] if one["current"]] == [deployed.control.read().dataset]
    assert any(
        one["href"].endswith(f"#dashboards/dashboard/{deployed.stack.name}-us-east-1")
        for one in facts["links"]
    )
    assert "minutes" not in facts


def test_locked_page_opens_without_the_key_and_has_neither_questions_nor_values(secured: Deployed) -> None:
    keyless = {"x-api-key": None}

    page = secured.get("/explore?question=Q036", headers=HTML | keyless)

    assert page.status_code == 200
    assert not [text for text in ("obesity", "New Jersey", "Nutrition") if text in page.text]
    assert secured.get("/robots.txt", headers=keyless).status_code == 200
    assert "def connect(" in secured.get("/client/statline.py", headers=keyless).text
    for path in (
        "/",
        "/explore.json",
        "/answers/ranking.csv?question=Q036",
        "/jobs",
        "/operations",
        "/geometry",
    ):
        assert secured.get(path, headers=HTML | keyless).status_code == 403, path


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Tab]:
    with chromium(tmp_path / "profile", "--ignore-certificate-errors") as tab:
        yield tab


@needs_browser
def test_browser_asks_for_the_key_once_and_keeps_it_out_of_addresses(secured: Deployed, browser: Tab) -> None:
    start = int(time.time() * 1000)
    address = f"https://{secured.http.headers['Host']}/v1/explore"
    browser.visit(f"{address}?question=Q036&years=2020", "document.querySelector('#key input')")
    browser.evaluate("document.querySelector('#key input').focus()")

    browser.press(*secured.key, "Enter")
    browser.until(DRAWN, seconds=60)
    title = browser.evaluate("document.querySelector('h1').textContent")
    browser.visit(browser.evaluate("location.href"), DRAWN)

    assert browser.evaluate("document.querySelector('h1').textContent") == title
    assert not [url for url in browser.requested if secured.key in url]
    assert secured.key not in browser.html()
    # Another stage that is up by now would answer for this one.
    own = {"AWS_ENDPOINT_URL": secured.url.removesuffix("/v1"), "AWS_CA_BUNDLE": str(secured.http.verify)}
    with aws_environ(**own):
        lines = [line for _, line in secured.stack.log_lines(start)]
    assert lines
    assert not [line for line in lines if secured.key in line]


def test_policies_grant_what_the_pages_read(keyed: Deployed) -> None:
    for path in ("/operations", "/jobs", "/explore.json", "/processes/ranking"):
        assert keyed.get(path, headers=HTML).status_code == 200, path
    answer = answered(keyed, "/answers/best5.json?question=Q036")
    pinned = keyed.get(f"/answers/best5.json?question=Q036&dataset={answer.headers['Statline-Dataset']}")
    assert (pinned.content, pinned.headers["Cache-Control"]) == (answer.content, "private, max-age=86400")
