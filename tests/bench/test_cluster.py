"""The benchmark of clusters: every way to read gives one digest, and limits are told as met or missed."""

from pathlib import Path
from typing import Any

import pytest

from bench.cluster import (
    KINDS,
    ONE_PROCESS,
    ONE_THREAD,
    digest,
    divided,
    linked,
    one_file,
    render,
    targets,
    used,
)

ROWS = 2000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_read_has_one_digest(kind: str, folder: Path) -> None:
    parts, whole = (str(source(folder, kind, ROWS)) for source in (divided, one_file))

    ways = [
        (parts, ONE_THREAD),
        (parts, ONE_PROCESS, "0", "shuffled"),
        *((whole, ONE_PROCESS, n) for n in ("1", "7")),
    ]

    assert len({digest(*way) for way in ways}) == 1


def test_other_rows_have_another_digest(folder: Path) -> None:
    rows, fewer = (str(one_file(folder, "csv", rows)) for rows in (ROWS, ROWS - 1))

    assert digest(rows, ONE_PROCESS) != digest(fewer, ONE_PROCESS)


def test_usage_is_of_this_process_with_its_children(folder: Path) -> None:
    usage = used(str(linked(folder, "csv", ROWS, 2)), ONE_PROCESS)

    assert usage.processor > 0
    assert usage.peak_mb > 10


def run(**changes: Any) -> dict[str, Any]:
    rows = [
        {
            "file": kind,
            "rows": count,
            "read in": name,
            "s": 1.0,
            "processor s": seconds,
            "peak MB": 300.0,
            "growth": 1.1,
        }
        for kind in KINDS
        for count in (250, 1000)
        for name, seconds in (("one process", 2.0), ("local:2", 2.8))
    ]
    return {
        "command": "make bench-cluster",
        "date": "2026-01-01",
        "machine": {"processor": "a processor"},
        "same": [
            {"read": "parts", "csv": "ab", "parquet": "ab"},
            {"read": "shuffled", "csv": "ab", "parquet": "ab"},
        ],
        "costs": [{"file": "csv", "roles": "all", "rows": 200, "µs/row": 3.0, "limit": 5.5}],
        "usage": rows,
    } | changes


def test_run_within_the_limits_meets_all() -> None:
    assert {target.row()[""] for target in targets(run())} == {"met"}


def test_other_bytes_are_missed() -> None:
    missed = run(
        same=[{"read": "parts", "csv": "ab", "parquet": "ab"}, {"read": "7", "csv": "cd", "parquet": "ab"}]
    )

    assert [target.text for target in targets(missed) if "missed" in str(target.row()[""])] == [
        "csv: snapshots with other bytes"
    ]
    assert "| csv: snapshots with other bytes | ≤ 0 | 1 | 2 ways to read | **missed** |" in render(missed)
