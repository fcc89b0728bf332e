"""The shapes of a data set's areas: what is wrong with a GeoJSON feature collection (RFC 7946)."""

import json
import math
from collections.abc import Iterator
from typing import Any

# Bytes of JSON without blanks: it travels with the data set to every page that draws a map.
LARGEST_GEOMETRY = 500_000
# How deep lists of positions lie in the coordinates of each type.
DEPTH = {"Polygon": 1, "MultiPolygon": 2}


def geometry_problems(geometry: Any) -> Iterator[str]:
    """Iterate over what is wrong, of an empty one nothing. Only the first may be relied on."""
    if geometry == {}:
        return
    if not isinstance(geometry, dict) or geometry.get("type") != "FeatureCollection":
        yield "it is not a GeoJSON feature collection"
        return
    if (size := size_of(geometry)) > LARGEST_GEOMETRY:
        yield f"it has {size:,} bytes; at most {LARGEST_GEOMETRY:,} are taken: simplify the shapes"
    features = geometry.get("features")
    if not isinstance(features, list) or not features:
        yield 'it has no "features"'
        return
    for number, feature in enumerate(features, 1):
        if problem := feature_problem(feature):
            yield f"feature {number} {problem}"


def size_of(geometry: Any) -> int:
    text = json.dumps(geometry, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode(errors="replace"))


def feature_problem(feature: Any) -> str | None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return "is no GeoJSON feature"
    shape = feature.get("geometry")
    if not isinstance(shape, dict) or shape.get("type") not in DEPTH:
        return "is neither a Polygon nor a MultiPolygon"
    if not are_positions(shape.get("coordinates"), DEPTH[shape["type"]]):
        return "has coordinates that are no lists of [longitude, latitude]"
    return None if has_name(feature) else 'has neither an "id" nor a name among its "properties"'


def has_name(feature: dict[str, Any]) -> bool:
    """Return whether something in a feature can be the name of an area."""
    properties = feature.get("properties")
    names = [feature.get("id"), *(properties.values() if isinstance(properties, dict) else ())]
    return any(isinstance(name, (str, int)) and not isinstance(name, bool) for name in names)


def are_positions(value: Any, depth: int) -> bool:
    if not isinstance(value, list) or not value:
        return False
    if depth:
        return all(are_positions(item, depth - 1) for item in value)
    return all(
        isinstance(position, list)
        and len(position) >= 2
        and all(type(number) in (int, float) and math.isfinite(number) for number in position)
        for position in value
    )
