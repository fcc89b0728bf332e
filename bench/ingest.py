"""Ingest: a CSV to the sum, count and suppressed rows of every cell, beside pandas, polars and DuckDB.

Engines read only the needed columns and count empty values as suppressed. Statline alone sums exactly, checks
every value and finds the ids of names; the others add floating-point numbers. Each run has an interpreter of
its own, which first reads a hundred rows, so that imports are not in the time. All must agree on cells, rows
and sums.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import survey
from bench.processes import fresh, peak_mb

ONE_RUN_FROM = 1_000_000  # rows
WARM_ROWS = 100
KEYS = ("question", "location", "category", "segment")

Row = dict[str, object]


class Totals(NamedTuple):
    """The figures in which engines must agree: cells, rows with a value, rows without one, sum of values."""

    cells: int
    counted: int
    suppressed: int
    total: float


def statline(path: Path) -> Totals:
    from chalicelib.domain.ingestor import DataIngestor

    cube = DataIngestor.from_csv(path, survey.described(path)).cube
    whole, cells = cube.overall(), sum(map(len, cube.cells.values()))
    return Totals(cells, whole.counted, whole.suppressed, cube.mean(whole) * whole.counted)


def pandas(path: Path) -> Totals:
    import pandas as pd

    keys, value = columns(path)
    types = dict.fromkeys(keys, "str") | {value: "float64"}
    frame = pd.read_csv(path, usecols=[*keys, value], dtype=types)
    cells = frame.groupby(keys, dropna=False, sort=False)[value].agg(["sum", "count", "size"])
    sums = cells.sum()
    return Totals(len(cells), int(sums["count"]), int(sums["size"] - sums["count"]), float(sums["sum"]))


def polars(path: Path) -> Totals:
    import polars as pl

    keys, value = columns(path)
    rows = pl.scan_csv(path, infer_schema=False).select(*keys, pl.col(value).cast(pl.Float64))
    figures = (pl.sum(value).alias("sum"), pl.count(value).alias("count"), pl.len().alias("size"))
    cells = rows.group_by(keys).agg(*figures).collect(engine="streaming")
    counted, size = int(cells["count"].sum()), int(cells["size"].sum())
    return Totals(cells.height, counted, size - counted, float(cells["sum"].sum()))


def duckdb(path: Path) -> Totals:
    import duckdb as db

    keys, value = columns(path)
    names = ", ".join(f'"{name}"' for name in keys)
    query = f"""SELECT count(*), sum(counted), sum(rows - counted), sum(total) FROM (
        SELECT {names}, sum("{value}") AS total, count("{value}") AS counted, count(*) AS rows
        FROM read_csv(?, header = true, types = {{'{value}': 'DOUBLE'}}) GROUP BY {names})"""
    cells, counted, suppressed, total = db.execute(query, [str(path)]).fetchall()[0]
    return Totals(int(cells), int(counted), int(suppressed), float(total))


def columns(path: Path) -> tuple[list[str], str]:
    """The CSV's names of the keys and of the value."""
    names = survey.described(path).columns
    return [str(names[role]) for role in KEYS], str(names["value"])


ENGINES: Mapping[str, Callable[[Path], Totals]] = {
    "statline": statline,
    "pandas": pandas,
    "polars": polars,
    "duckdb": duckdb,
}


def measure(folder: Path, sizes: Sequence[int], runs: int) -> list[Row]:
    """A row for each size and engine: medians of the runs, in which the engines take turns."""
    import pandas as pd

    warm, rows = survey.generated(folder, WARM_ROWS), list[Row]()
    for size in sizes:
        path, turns = survey.generated(folder, size), 1 if size >= ONE_RUN_FROM else runs
        figures = pd.DataFrame(
            [fresh("bench.ingest", "run", name, path, warm) for _ in range(turns) for name in ENGINES]
        )
        check_agreement(
            {
                name: Totals(*found)
                for name, found in zip(figures["engine"], figures.pop("totals"), strict=True)
            }
        )
        medians = figures.groupby("engine", sort=False).median()
        for engine, seconds, peak in medians[["seconds", "peak MB"]].itertuples():
            figure = {"seconds": seconds, "rows/s": size / seconds, "peak MB": peak}
            rows.append({"rows": size, "engine": engine, **figure})
    return rows


def run(engine: str, path: str, warm: str) -> Row:
    """Seconds, peak memory and totals of one engine in this process."""
    ENGINES[engine](Path(warm))
    start = time.perf_counter()
    totals = ENGINES[engine](Path(path))
    seconds = time.perf_counter() - start
    return {"engine": engine, "seconds": seconds, "peak MB": peak_mb(), "totals": totals}


def check_agreement(totals: Mapping[str, Totals]) -> None:
    """Raise SystemExit if engines did not do the same work; sums may differ by rounding."""
    first, *others = totals.values()
    for other in others:
        if first[:3] != other[:3] or not math.isclose(first.total, other.total, rel_tol=1e-9):
            raise SystemExit(f"the engines disagree on cells, counted, suppressed, total: {totals}")
