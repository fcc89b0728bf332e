"""A snapshot: a cube and its description as bytes, loaded without pandas, refused when damaged.

One header line, `statline-snapshot <version> <sha256 of the rest>`, then zlib-compressed JSON. Labels
stand once in tables; the cells of a question are columns of integers, so a further dimension or
measure is a further column.
"""

import hashlib
import json
import zlib
from typing import Any

from chalicelib.domain.cube import DIMENSIONS, Cube, Labels
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.measures import CellStats
from chalicelib.errors import DamagedSnapshot

VERSION = 1
MAGIC = b"statline-snapshot"


def dumps(cube: Cube, description: Description) -> bytes:
    """Return the same bytes for the same cube, in whatever order its rows were added."""
    content = {
        "description": description.to_dict(),
        "scale": cube.scale,
        "question_ids": {name: sorted(texts) for name, texts in cube.question_ids.items()},
        "location_ids": {name: sorted(ids) for name, ids in cube.location_ids.items()},
        **tabulated(cube),
    }
    payload = zlib.compress(json.dumps(content, sort_keys=True, ensure_ascii=False).encode(), 6)
    return b"%b %d %b\n%b" % (MAGIC, VERSION, checksum(payload), payload)


def loads(snapshot: bytes) -> tuple[Cube, Description]:
    """Return the cube and its description. Raises DamagedSnapshot for bytes that `dumps` did not return."""
    header, _, payload = snapshot.partition(b"\n")
    if header != b"%b %d %b" % (MAGIC, VERSION, checksum(payload)):
        raise DamagedSnapshot("the snapshot is damaged, or of another version")
    content = json.loads(zlib.decompress(payload))
    cube = Cube(
        content["scale"],
        {question: cells_of(columns, content["labels"]) for question, columns in content["cells"].items()},
        {name: frozenset(texts) for name, texts in content["question_ids"].items()},
        {name: frozenset(ids) for name, ids in content["location_ids"].items()},
    )
    return cube, Description.from_dict(content["description"])


def checksum(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest().encode()


def tabulated(cube: Cube) -> dict[str, Any]:
    cells = {question: sorted(cells.items()) for question, cells in cube.cells.items()}
    used = {labels for rows in cells.values() for labels, _ in rows}
    tables = [sorted({labels[place] for labels in used}) for place in range(len(DIMENSIONS))]
    places = [{label: place for place, label in enumerate(table)} for table in tables]
    return {
        "labels": tables,
        "cells": {
            question: [list(column) for column in zip(*(row_of(*row, places) for row in rows), strict=True)]
            for question, rows in cells.items()
        },
    }


def row_of(labels: Labels, stats: CellStats, places: list[dict[str, int]]) -> tuple[int, ...]:
    return (*(place[label] for label, place in zip(labels, places, strict=True)), *stats)


def cells_of(columns: list[list[int]], tables: list[list[str]]) -> dict[Labels, CellStats]:
    width = len(DIMENSIONS)
    labels = [map(table.__getitem__, column) for table, column in zip(tables, columns[:width], strict=True)]
    return dict(
        zip(zip(*labels, strict=True), map(CellStats._make, zip(*columns[width:], strict=True)), strict=True)
    )
