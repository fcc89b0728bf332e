"""What is wrong with the shapes of a data set's areas."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.geometry import LARGEST_GEOMETRY, geometry_problems
from chalicelib.errors import InvalidDescription

RING = [[0, 0], [1, 0], [1, 1.5], [0, 0]]


def feature(kind: str = "Polygon", coordinates: Any = None, **more: Any) -> dict[str, Any]:
    shape = {"type": kind, "coordinates": [RING] if coordinates is None else coordinates}
    return {"type": "Feature", "id": "A", "properties": {}, "geometry": shape} | more


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        collection(feature()),
        collection(feature("MultiPolygon", [[RING], [RING]])),
        collection(feature(id=None, properties={"name": "A"})),
        collection(feature(id=None, properties={"code": 7})),
        collection(feature(coordinates=[[[0, 0, 120], *RING[1:]]])),
    ],
)
def test_feature_collections_of_polygons_are_taken(geometry: Any) -> None:
    assert list(geometry_problems(geometry)) == []


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ([], "not a GeoJSON feature collection"),
        ({"type": "Topology"}, "not a GeoJSON feature collection"),
        (collection(), 'no "features"'),
        (collection(feature(), 5), "feature 2 is no GeoJSON feature"),
        (collection(feature("Point", [0, 0])), "feature 1 is neither a Polygon nor a MultiPolygon"),
        (collection(feature(geometry=None)), "neither a Polygon"),
        (collection(feature(coordinates=[[]])), "coordinates"),
        (collection(feature(coordinates=[[["8", 50]]])), "coordinates"),
        (collection(feature(coordinates=[[[float("nan"), 50]]])), "coordinates"),
        (collection(feature(coordinates=RING)), "coordinates"),
        (collection(feature(id=None)), 'neither an "id" nor a name'),
        (collection(feature(properties={"text": "é" * LARGEST_GEOMETRY})), "at most 500,000"),
    ],
)
def test_anything_else_is_named(geometry: Any, said: str) -> None:
    assert said in next(geometry_problems(geometry))


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.geojson", "No such file"), ("broken.geojson", "Expecting"), ("big.geojson", "too large")],
)
def test_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "broken.geojson").write_text("<html>")
    (tmp_path / "big.geojson").write_text(" " * (2 * LARGEST_GEOMETRY + 1))
    path = tmp_path / "data.json"
    path.write_text(f'{{"title": "T", "columns": {{}}, "geometry": "{name}"}}')

    with pytest.raises(InvalidDescription, match=said):
        Description.load(path)
