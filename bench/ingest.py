"""Ingest: CSV to cells, seconds and peak memory, beside pandas, polars and DuckDB doing the same.

    python -m bench.ingest [--rows 18650 100000 1000000] [--runs 3]

Files are generated. Each run is a process of its own, which first reads a hundred rows, so that imports
are not in the time; the engines take turns, and a figure is the median of the runs. From a million rows
on there is one run. All must agree on cells, rows and sums.
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import survey
from bench.children import child, peak_mb
from bench.engines import ENGINES
from bench.samples import median_row
from bench.tables import table

Row = dict[str, object]

ROWS, RUNS = (18_650, 100_000, 1_000_000), 3
ONE_RUN_FROM = 1_000_000  # rows
WARM_ROWS = 100
COLUMNS = ("rows", "engine", "seconds", "rows_per_s", "peak_mb")


def measure(folder: Path, sizes: Sequence[int] = ROWS, runs: int = RUNS) -> list[Row]:
    """A row for each size and engine; the files are made in `folder` and stay there."""
    warm, found = survey.generated(folder, WARM_ROWS), []
    for rows in sizes:
        path = survey.generated(folder, rows)
        for engine, figures in one_size(path, warm, 1 if rows >= ONE_RUN_FROM else runs).items():
            found.append({"rows": rows, "engine": engine, "rows_per_s": rows / figures["seconds"], **figures})
    return found


def one_size(path: Path, warm: Path, runs: int) -> dict[str, dict[str, float]]:
    found: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    totals: dict[str, list[float]] = {}
    for _ in range(runs):
        for engine, rows in found.items():
            figures = child("bench.ingest", "--engine", engine, path, warm)
            totals[engine] = figures.pop("totals")
            rows.append(figures)
    check_agreement(totals)
    return {engine: median_row(rows) for engine, rows in found.items()}


def check_agreement(totals: dict[str, list[float]]) -> None:
    """Raises SystemExit if engines did not do the same job; sums may differ by rounding."""
    first, *others = totals.values()
    for other in others:
        if first[:3] != other[:3] or not math.isclose(first[3], other[3], rel_tol=1e-9):
            raise SystemExit(f"the engines disagree on cells, counted, suppressed, total: {totals}")


def run(engine: str, path: Path, warm: Path) -> dict[str, Any]:
    """Seconds, peak memory and totals of one engine in this process."""
    ENGINES[engine](warm)
    start = time.perf_counter()
    totals = ENGINES[engine](path)
    return {"seconds": time.perf_counter() - start, "peak_mb": peak_mb(), "totals": totals}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument(
        "--engine", nargs=3, metavar=("ENGINE", "FILE", "WARM"), help="one engine, once, here"
    )
    asked = parser.parse_args()
    if asked.engine:
        engine, path, warm = asked.engine
        print(json.dumps(run(engine, Path(path), Path(warm))))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(Path(folder), asked.rows, asked.runs), COLUMNS))


if __name__ == "__main__":
    main()
