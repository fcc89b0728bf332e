"""How fast one is ready: loading a snapshot, and the first answer after the start of the server.

    python -m bench.starting [--rows 18650 100000 1000000] [--runs 3]

A snapshot is loaded in a fresh interpreter that has imported the ingestor and nothing else. The first
answer is timed from the start of the process to the answer of one job; with a snapshot, the start
still reads the CSV once for its fingerprint.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import survey
from bench.children import child
from bench.samples import quantile
from bench.servers import MAKE_RUN, serving
from bench.tables import table

Row = dict[str, object]

ROWS, RUNS = (18_650, 100_000, 1_000_000), 3
ONE_RUN_FROM = 1_000_000  # rows
HEAVY = ("boto3", "moto", "numpy", "pandas")
COLUMNS = ("rows", "load_ms", "imported", "snapshot_kb", "without_s", "with_s")


def measure(folder: Path, sizes: Sequence[int] = ROWS, runs: int = RUNS) -> list[Row]:
    """A row for each size; the files are made in `folder` and stay there."""
    return [
        one_size(survey.generated(folder, rows), rows, 1 if rows >= ONE_RUN_FROM else runs) for rows in sizes
    ]


def one_size(path: Path, rows: int, runs: int) -> Row:
    without, later, loads = [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            without.append(first_answer(path, home))
            later.append(first_answer(path, home))
            (snapshot,) = home.glob(".statline/snapshots/*.snapshot")
            loads.append(child("bench.starting", "--snapshot", snapshot))
            size = snapshot.stat().st_size
    return {
        "rows": rows,
        "load_ms": quantile([load["ms"] for load in loads], 0.5),
        "imported": loads[0]["imported"],
        "snapshot_kb": size / 1e3,
        "without_s": quantile(without, 0.5),
        "with_s": quantile(later, 0.5),
    }


def first_answer(path: Path, home: Path) -> float:
    with serving(MAKE_RUN, path, home) as server:
        return server.first_answer("global_mean", {"question": survey.QUESTION})


def load(snapshot: Path) -> dict[str, Any]:
    """Milliseconds to load a snapshot in this process, and which heavy libraries it has imported since."""
    from chalicelib.domain.ingestor import DataIngestor

    start = time.perf_counter()
    DataIngestor.from_snapshot(snapshot)
    took = (time.perf_counter() - start) * 1000
    return {"ms": took, "imported": [name for name in HEAVY if name in sys.modules]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--snapshot", type=Path, help="load this one, here")
    asked = parser.parse_args()
    if asked.snapshot:
        print(json.dumps(load(asked.snapshot)))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(Path(folder), asked.rows, asked.runs), COLUMNS))


if __name__ == "__main__":
    main()
