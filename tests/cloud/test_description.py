"""The definition and its page, deployed: behind the stage's prefix."""

import re
from pathlib import Path

from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from tests.cloud.deployed import Deployed
from tests.support.browser import needs_browser, shown_paths


def test_the_definition_knows_where_it_is(deployed: Deployed) -> None:
    """Behind the stage; an open one wants no key."""
    described = deployed.get("/openapi.json").json()
    validate(described, cls=OpenAPIV30SpecValidator)
    assert described["servers"] == [{"url": "/v1"}]
    assert described["security"] == []


def test_the_page_and_its_parts(deployed: Deployed) -> None:
    """Whole, though the viewer is the largest answer there is."""
    page = deployed.get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for path in re.findall(r'(?:src|href)="(/v1/docs/[^"]+)"', page.text):
        part = deployed.get(path.removeprefix("/v1"))
        assert (part.status_code, len(part.content) > 500) == (200, True), path


@needs_browser
def test_a_browser_shows_it(deployed: Deployed, tmp_path: Path) -> None:
    """A browser takes every name below localhost for this machine."""
    shown = shown_paths(f"http://{deployed.http.headers['Host']}/v1/docs", tmp_path)
    assert shown == set(deployed.get("/openapi.json").json()["paths"])
