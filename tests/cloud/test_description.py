"""/openapi.json and /docs, deployed behind the stage's prefix."""

import re
from pathlib import Path

from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from tests.cloud.deployed import Deployed
from tests.support.browser import needs_browser, shown_paths


def test_openapi_document_names_the_stage_and_no_key(deployed: Deployed) -> None:
    described = deployed.get("/openapi.json").json()
    validate(described, cls=OpenAPIV30SpecValidator)
    assert described["servers"] == [{"url": "/v1"}]
    assert described["security"] == []


def test_docs_page_and_its_files_are_served_behind_the_stage(deployed: Deployed) -> None:
    page = deployed.get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for path in re.findall(r'(?:src|href)="(/v1/docs/[^"]+)"', page.text):
        part = deployed.get(path.removeprefix("/v1"))
        assert (part.status_code, len(part.content) > 500) == (200, True), path


@needs_browser
def test_browser_shows_every_path(deployed: Deployed, tmp_path: Path) -> None:
    """A browser takes every name below localhost for this machine."""
    shown = shown_paths(f"http://{deployed.http.headers['Host']}/v1/docs", tmp_path)
    assert shown == set(deployed.get("/openapi.json").json()["paths"])
