"""/openapi.json and /docs, over real HTTP and in a real browser."""

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests

from app import app
from chalicelib.domain.statistics.registry import MEANS, STATISTICS
from chalicelib.routes.api_docs import FILES, VIEWER
from tests.support.browser import needs_browser, shown_paths
from tests.support.samples import ask

MEDIA_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


def test_document_describes_exactly_the_routes(url: str, http: requests.Session) -> None:
    response = http.get(f"{url}/openapi.json", timeout=5)
    assert response.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    described = {
        (shape(path), method.upper())
        for path, methods in response.json()["paths"].items()
        for method in methods
    }
    routes = {(shape(path), method) for path, methods in app.routes.items() for method in methods}
    assert described == {one for one in routes if not one[0].startswith(FOR_BROWSERS)}


# What only pages load, and the descriptions themselves.
FOR_BROWSERS = ("/docs", "/openapi.json", "/explore", "/static", "/client", "/geometry", "/robots.txt")


def shape(path: str) -> str:
    """A path without the names of its parameters; a statistic is one of them."""
    return re.sub("|".join((r"\{\w+\}", *(rf"(?<=/){name}(?=/|$)" for name in STATISTICS))), "{}", path)


def test_examples_of_the_document_give_the_same_result_on_both_interfaces(
    url: str, http: requests.Session
) -> None:
    told: dict[str, list[object]] = {name: [] for name in MEANS}
    for path, methods in http.get(f"{url}/openapi.json", timeout=5).json()["paths"].items():
        if "post" in methods:
            name = path.split("/")[-2] if path.endswith("/execution") else path.split("/")[-1]
            (content,) = methods["post"]["requestBody"]["content"].values()
            if name not in (*MEANS, "batch"):
                continue  # the soil survey has no years for an estimate
            if path == "/batch":
                assert http.post(url + path, json=content["example"], timeout=5).status_code == 201
            elif path.startswith("/api/"):
                told[name].append(ask(http, url, name, **content["example"])["data"])
            else:
                told[name].append(http.post(url + path, json=content["example"], timeout=5).json())
    assert all(len(both) == 2 and both[0] == both[1] for both in told.values()), told


class Links(HTMLParser):
    """What a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href") and value != "data:,"]


def loaded(page: str) -> list[str]:
    links = Links()
    links.feed(page)
    return links.found


def test_docs_page_loads_only_files_of_this_service(url: str, http: requests.Session) -> None:
    page = http.get(f"{url}/docs", timeout=5)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    paths = loaded(page.text)
    sections = {"/", "/explore", "/jobs", "/processes", "/operations", "/docs"}
    assert {path.removeprefix("/docs/") for path in paths} == {*FILES, "/openapi.json", *sections}
    for path in paths:
        response = http.get(url + path, timeout=5)
        assert response.status_code == 200
        if path.startswith("/docs/"):
            assert response.headers["Content-Type"] == MEDIA_TYPES[path.rpartition(".")[2]]


def test_docs_page_links_include_the_stage() -> None:
    for path in ("/v1/docs", "/v1/docs/"):
        assert all(link.startswith("/v1/") for link in loaded(app(event("/docs", path), None)["body"]))


def event(route: str, path: str) -> dict[str, Any]:
    """What API Gateway hands to the function."""
    return {
        "requestContext": {
            **{"httpMethod": "GET", "resourcePath": route, "path": path, "stage": "v1", "identity": {}}
        },
        "multiValueQueryStringParameters": None,
        "headers": {},
        "pathParameters": {},
        "body": None,
        "isBase64Encoded": False,
        "stageVariables": {},
    }


@pytest.mark.parametrize("name", ["nothing.js", "..%2F..%2Fconfig.py", "index.html", "swagger-ui%2FLICENSE"])
def test_other_file_is_404(url: str, http: requests.Session, name: str) -> None:
    response = http.get(f"{url}/docs/{name}", timeout=5)
    assert response.status_code == 404
    assert response.json()["status"] == "error"


def test_viewer_files_match_their_published_checksums() -> None:
    folder = VIEWER / "swagger-ui"
    sums = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", (folder / "ORIGIN.md").read_text(), re.MULTILINE))
    files = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in folder.iterdir()}
    assert {name for name in files.values() if name != "ORIGIN.md"} == set(sums.values())
    assert sums.items() <= files.items()
    assert "Apache License" in (folder / "LICENSE").read_text()


@needs_browser
@pytest.mark.parametrize("width", [400, 1400])
def test_browser_shows_every_path(url: str, http: requests.Session, tmp_path: Path, width: int) -> None:
    described = http.get(f"{url}/openapi.json", timeout=5).json()["paths"]
    assert shown_paths(f"{url}/docs", tmp_path, width) == set(described)
