"""The files of the pages, robots.txt, and the shapes of areas."""

import json
from pathlib import Path

import pytest
import requests

from chalicelib.web.static_files import manifest
from tests.conftest import running, served, soil_settings
from tests.support.samples import DESCRIPTION

SQUARE = [[[8, 50], [9, 50], [9, 51], [8, 51], [8, 50]]]
SHAPES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "Hessen"},
            "geometry": {"type": "Polygon", "coordinates": SQUARE},
        }
    ],
}


@pytest.mark.parametrize("name", manifest().values())
def test_built_file_is_served_for_ever(url: str, http: requests.Session, name: str) -> None:
    response = http.get(f"{url}/static/{name}", timeout=5)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Type"].endswith("; charset=utf-8")


@pytest.mark.parametrize("name", ["manifest.json", "..%2Fpages.py", "style.css", ""])
def test_no_other_file_is_served(url: str, http: requests.Session, name: str) -> None:
    assert http.get(f"{url}/static/{name}", timeout=5).status_code == 404


def test_crawlers_are_kept_from_what_makes_jobs(url: str, http: requests.Session) -> None:
    lines = http.get(f"{url}/robots.txt", timeout=5).text.splitlines()

    assert lines[0] == "User-agent: *"
    assert {"Disallow: /answers/", "Disallow: /explore"} <= set(lines)


def test_shapes_of_a_description_are_published_with_the_data(
    home: Path, chalice_config: object, http: requests.Session
) -> None:
    (home / "areas.geojson").write_text(json.dumps(SHAPES))
    (home / "soil.json").write_text(json.dumps(DESCRIPTION | {"geometry": "areas.geojson"}))
    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        first = http.get(f"{url}/geometry", timeout=5)
    # From the snapshot: the file is needed to tell that the description is the same, nothing else.
    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        shapes = http.get(f"{url}/geometry", timeout=5)
        same = http.get(f"{url}/geometry", headers={"If-None-Match": shapes.headers["ETag"]}, timeout=5)
        told = http.get(f"{url}/explore.json", timeout=5).json()

    assert (shapes.json(), shapes.headers["Content-Type"]) == (SHAPES, "application/geo+json")
    assert first.content == shapes.content
    assert same.status_code == 304
    assert told["geometry"] == "/geometry"


def test_data_without_shapes_have_none(url: str, http: requests.Session) -> None:
    assert http.get(f"{url}/geometry", timeout=5).status_code == 404
