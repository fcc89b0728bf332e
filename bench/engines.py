"""One job for four engines: a CSV to the sum, count and suppressed rows of every cell.

Only the needed columns are read, and empty values count as suppressed. Statline alone sums exactly,
checks every value and finds the names' ids; the others add floating-point numbers.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from bench import survey

KEYS = ("question", "location", "category", "segment")


class Totals(NamedTuple):
    """What engines are compared by: cells, rows with a value, rows without one, the sum of values."""

    cells: int
    counted: int
    suppressed: int
    total: float


def statline(path: Path) -> Totals:
    from chalicelib.domain.ingestor import DataIngestor

    cube = DataIngestor.from_csv(path, survey.described(path)).cube
    whole = cube.overall()
    return Totals(
        sum(map(len, cube.cells.values())), whole.counted, whole.suppressed, cube.mean(whole) * whole.counted
    )


def pandas(path: Path) -> Totals:
    import pandas as pd

    keys, value = columns(path)
    kinds = dict.fromkeys(keys, "str") | {value: "float64"}
    frame = pd.read_csv(path, usecols=[*keys, value], dtype=kinds)
    cells = frame.groupby(keys, dropna=False, sort=False)[value].agg(["sum", "count", "size"])
    sums = cells.sum()
    return Totals(len(cells), int(sums["count"]), int(sums["size"] - sums["count"]), float(sums["sum"]))


def polars(path: Path) -> Totals:
    import polars as pl

    keys, value = columns(path)
    rows = pl.scan_csv(path, infer_schema=False).select(*keys, pl.col(value).cast(pl.Float64))
    cells = rows.group_by(keys).agg(
        pl.sum(value).alias("sum"), pl.count(value).alias("count"), pl.len().alias("size")
    )
    found = cells.collect(engine="streaming")
    counted = int(found["count"].sum())
    return Totals(found.height, counted, int(found["size"].sum()) - counted, float(found["sum"].sum()))


def duckdb(path: Path) -> Totals:
    import duckdb as db

    keys, value = columns(path)
    names = ", ".join(f'"{name}"' for name in keys)
    source = f"read_csv(?, header = true, types = {{'{value}': 'DOUBLE'}})"
    query = f"""SELECT count(*), sum(counted), sum(rows - counted), sum(total) FROM (
        SELECT {names}, sum("{value}") AS total, count("{value}") AS counted, count(*) AS rows
        FROM {source} GROUP BY {names})"""
    cells, counted, suppressed, total = db.execute(query, [str(path)]).fetchall()[0]
    return Totals(int(cells), int(counted), int(suppressed), float(total))


def columns(path: Path) -> tuple[list[str], str]:
    """The CSV's names of the keys and of the value."""
    named = survey.described(path).columns
    return [named[role] for role in KEYS], named["value"]


ENGINES: Mapping[str, Callable[[Path], Totals]] = {
    "statline": statline,
    "pandas": pandas,
    "polars": polars,
    "duckdb": duckdb,
}
