"""The built files of the pages: scripts, style and map, under names that carry the hash of their content."""

import functools
import json
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TYPES = {"css": "text/css", "js": "text/javascript", "json": "application/json"}


@functools.cache
def manifest() -> dict[str, str]:
    """Return the names of the files by their plain names."""
    names: dict[str, str] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return names


@functools.cache
def served() -> frozenset[str]:
    """Return the names that are served."""
    return frozenset(manifest().values())


def media_type(name: str) -> str:
    return f"{TYPES[name.rpartition('.')[2]]}; charset=utf-8"


def content(name: str) -> str:
    """Return the text of a file of `served`."""
    return (FOLDER / name).read_text(encoding="utf-8")
