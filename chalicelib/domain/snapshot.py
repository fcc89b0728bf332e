"""A snapshot: a cube and its description as bytes, loaded without pandas, refused when damaged.

One header line, `statline-snapshot <version> <sha256 of the rest>`; a line with the size of the main part;
that part, zlib-compressed JSON; and a block of measures for each question, decoded when it is needed.
Labels stand once in tables; the cells of a question are columns of integers.
"""

import gc
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, TypeVar

from chalicelib.domain.cube import DIMENSIONS, Cube, Labels
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.measure_blocks import Later, block_of, decode
from chalicelib.domain.measures import CellStats
from chalicelib.errors import DamagedSnapshot

VERSION = 2
OLD = 1  # without years and measures; still read, for the data sets that were published with it
T = TypeVar("T", str, int)
MAGIC = b"statline-snapshot"


def dumps(cube: Cube, description: Description) -> bytes:
    """Return the same bytes for the same cube, in whatever order its rows were added."""
    table = tabulated(cube)
    blocks = {
        question: block_of(cube.published, question, table["labels"]) for question in sorted(cube.published)
    }
    content = {
        "description": description.to_dict(),
        "scale": cube.scale,
        "question_ids": in_order(cube.question_ids),
        "location_ids": in_order(cube.location_ids),
        "years": in_order(cube.years),
        "measured": sorted(cube.measured),
        "complete": cube.complete,
        "blocks": [[question, len(block)] for question, block in blocks.items()],
        **({"tallies": cube.tallies} if cube.tallies else {}),
        **({"crowding": cube.crowding()} if cube.crowding()[0] else {}),
        **table,
    }
    main = zlib.compress(json.dumps(content, sort_keys=True, ensure_ascii=False).encode(), 6)
    payload = b"%d\n%b%b" % (len(main), main, b"".join(blocks.values()))
    return b"%b %d %b\n%b" % (MAGIC, VERSION, checksum(payload), payload)


def loads(snapshot: bytes) -> tuple[Cube, Description]:
    """Return the cube and its description. Raises DamagedSnapshot for bytes that `dumps` did not return."""
    header, _, payload = snapshot.partition(b"\n")
    digest = checksum(payload)
    if header not in (b"%b %d %b" % (MAGIC, version, digest) for version in (OLD, VERSION)):
        raise DamagedSnapshot("the snapshot is damaged, or of another version")
    is_old = header.startswith(b"%b %d " % (MAGIC, OLD))
    main, blocks = (payload, b"") if is_old else parted(payload)
    with uncollected():
        return cube_of(json.loads(zlib.decompress(main)), blocks)


@contextmanager
def uncollected() -> Iterator[None]:
    """Make no garbage collection within: a large cube would be searched again and again while it grows."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def cube_of(content: dict[str, Any], blocks: bytes) -> tuple[Cube, Description]:
    cube = Cube(
        content["scale"],
        {question: cells_of(columns, content["labels"]) for question, columns in content["cells"].items()},
        sets_of(content["question_ids"]),
        sets_of(content["location_ids"]),
        Later(cut(blocks, content.get("blocks", [])), decode, content["labels"]),
        sets_of(content.get("years", {})),
        frozenset(content.get("measured", ())),
        content.get("complete", False),
        content.get("tallies", {}),
        tuple(content.get("crowding", (0, 0))),
    )
    return cube, Description.from_dict(content["description"])


def parted(payload: bytes) -> tuple[bytes, bytes]:
    size, _, rest = payload.partition(b"\n")
    return rest[: int(size)], rest[int(size) :]


def cut(blocks: bytes, sizes: list[tuple[str, int]]) -> dict[str, bytes]:
    """Return the block of each question."""
    ends = accumulate(size for _, size in sizes)
    return {question: blocks[end - size : end] for (question, size), end in zip(sizes, ends, strict=True)}


def in_order(names: Mapping[str, frozenset[T]]) -> dict[str, list[T]]:
    return {name: sorted(values) for name, values in names.items()}


def sets_of(names: Mapping[str, list[T]]) -> dict[str, frozenset[T]]:
    return {name: frozenset(values) for name, values in names.items()}


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
