"""A data set on a cluster: the same bytes whatever reads it, and what more processes cost.

    python -m bench.cluster [--rows 5000000] [--runs 3] [--folder FOLDER] [--docs DOCS]

Writes docs/benchmarks/cluster.json and docs/cluster-benchmarks.md. A survey of many rows is a folder of links
to one file, so that no disk is measured; each run has an interpreter of its own.
"""

import datetime
import hashlib
import json
import math
import os
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import click
import psutil

from bench import ingest_cost, survey
from bench.__main__ import machine
from bench.ingest import Row
from bench.page import Run, Target, table
from bench.processes import fresh, peak_mb
from local.settings import PROJECT

PACKAGES = ("pandas", "numpy", "pyarrow", "dask", "distributed")
ROWS = 5_000_000
PARTS = 20
CLUSTERS = ("local:1", "local:2", "local:4")
ONE_THREAD, ONE_PROCESS, TWO = "one thread", "one process", "local:2"
RANGES = (7, 61)
KINDS = ("csv", "parquet")
MOST_TIMES = 1.5  # the processor time of one process
TITLE = "# Benchmarks of clusters"
TEXTS = {
    "same": """\
The SHA-256 of the snapshot (its first digits). A folder of parts is read on one thread, in processes of a
Dask cluster on this machine, and in another order; one file with all rows is read whole and in ranges.""",
    "costs": """\
Processor time a row in one process: see `bench/ingest_cost.py`. Limits hold for 1,000,000 rows.""",
    "usage": """\
From the start of the interpreter to its end, its children included: user and system time of all threads, and
the largest resident memory of any one process.""",
}
HEADINGS = {"same": "Same bytes", "costs": "One process, a row", "usage": "One process and two"}


class Usage(NamedTuple):
    """Seconds of the clock and of processors, and the peak memory of the largest process, in MB."""

    seconds: float
    processor: float
    peak_mb: float


# --- the same bytes ----------------------------------------------------------------------------


def same(folder: Path, rows: int, clusters: Sequence[str] = CLUSTERS) -> list[Row]:
    """Return a row for each way to read: the digest of the snapshot of CSV, and of parquet."""
    return [
        {"read": name, **{kind: fresh("bench.cluster", "digest", *way) for kind, way in ways.items()}}
        for name, ways in ways_to_read(folder, rows, clusters)
    ]


def ways_to_read(
    folder: Path, rows: int, clusters: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, tuple[object, ...]]]]:
    """Yield a name and, for each kind of file, the arguments of `digest`."""
    parts = {kind: divided(folder, kind, rows) for kind in KINDS}
    whole = {kind: one_file(folder, kind, rows) for kind in KINDS}
    for executor in (ONE_THREAD, *clusters):
        yield f"parts, {executor}", {kind: (parts[kind], executor) for kind in KINDS}
    yield "parts, shuffled", {kind: (parts[kind], ONE_PROCESS, 0, "shuffled") for kind in KINDS}
    for ranges in (1, *RANGES):
        name = f"one file in {ranges} ranges" if ranges > 1 else "one file, whole"
        yield name, {kind: (whole[kind], ONE_PROCESS, ranges) for kind in KINDS}


def digest(source: str, executor: str, ranges: str = "0", order: str = "") -> str:
    """Return the first digits of the SHA-256 of the snapshot of a source."""
    from local.dataset.compiling import compile_dataset
    from local.dataset.dataset import Dataset
    from local.dataset.pieces import SIZES, Sizes
    from local.dataset.progress import Progress

    found, sizes = Dataset.find(source, survey.described_by()), SIZES
    parts = list(found.parts)
    if order:
        random.Random(16).shuffle(parts)
    if int(ranges) > 1:
        piece = math.ceil(parts[0].size / int(ranges))
        sizes = Sizes(csv=0, csv_piece=piece, parquet=0, parquet_piece=piece)
    with executing(executor) as workers:
        data = compile_dataset(parts, found.description, source, workers, Progress(), sizes).data
    return hashlib.sha256(data.snapshot()).hexdigest()[:12]


@contextmanager
def executing(name: str) -> Iterator[Any]:
    from local.dataset.workers import Workers, workers

    if name == ONE_THREAD:
        with ThreadPoolExecutor(1) as executor:
            yield Workers(executor, 1)
    else:
        with workers(None if name == ONE_PROCESS else name) as found:
            yield found


# --- what processes cost -----------------------------------------------------------------------


def usage(folder: Path, rows: int, runs: int, clusters: Sequence[str] = (TWO,)) -> list[Row]:
    """Return a row for each kind of file, number of rows and executor: medians of the runs."""
    figures, part = [], max(1, rows // PARTS)
    for kind in KINDS:
        small: dict[str, Usage] = {}
        for parts in (PARTS // 4, PARTS):
            source = linked(folder, kind, part, parts)
            for executor in (ONE_PROCESS, *clusters):
                found = [Usage(*fresh("bench.cluster", "used", source, executor)) for _ in range(runs)]
                one = Usage(*map(median, zip(*found, strict=True)))
                figures.append(
                    {"file": kind, "rows": parts * part, "read in": executor}
                    | {"s": one.seconds, "processor s": one.processor, "peak MB": one.peak_mb}
                    | {"growth": one.peak_mb / small.setdefault(executor, one).peak_mb}
                )
    return figures


def used(source: str, executor: str) -> Usage:
    """Return what this process and its children used, once they have ended."""
    from local.dataset.dataset import Dataset
    from local.dataset.progress import Progress

    begun = time.perf_counter()
    with executing(executor) as workers:
        data = Dataset.find(source, survey.described_by()).read(workers, Progress()).data
        data.snapshot()
        peak = max([peak_mb(), *(peak_mb(child.pid) for child in psutil.Process().children())])
    return Usage(time.perf_counter() - begun, sum(os.times()[:4]), peak)


# --- files -------------------------------------------------------------------------------------


def linked(folder: Path, kind: str, rows: int, times: int) -> Path:
    """Return a folder with so many links to a file of so many rows."""
    part = ingest_cost.generated(folder, kind, rows)
    parts = folder / f"{kind}-{times}-{rows}"
    parts.mkdir(exist_ok=True)
    for number in range(times):
        link = parts / f"part-{number:02}.{kind}"
        if not link.exists():
            os.link(part, link)
    return parts


def one_file(folder: Path, kind: str, rows: int) -> Path:
    """Return a file with so many rows; of parquet, with row groups enough to be cut in 61."""
    csv = survey.generated(folder, rows)
    return csv if kind == "csv" else parquet(csv, folder / f"whole-{rows}.parquet", rows // (2 * max(RANGES)))


def divided(folder: Path, kind: str, rows: int) -> Path:
    """Return a folder with the same rows in parts that are not of one size."""
    parts = folder / f"divided-{kind}-{rows}"
    if not parts.exists():
        parts.mkdir()
        header, *lines = survey.generated(folder, rows).read_text().splitlines(keepends=True)
        for number in range(PARTS):
            begin, end = (len(lines) * place**2 // PARTS**2 for place in (number, number + 1))
            csv = (parts if kind == "csv" else folder) / f"part-{number:02}.csv"
            csv.write_text(header + "".join(lines[begin:end]))
            if kind == "parquet":
                parquet(csv, parts / f"{csv.stem}.parquet", rows)
    return parts


def parquet(csv: Path, path: Path, group: int) -> Path:
    """Write the rows of a CSV, with the types that Arrow finds in it, in row groups of so many rows."""
    import pyarrow.csv
    import pyarrow.parquet

    if not path.exists():
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(csv), path, row_group_size=max(1, group))
    return path


# --- the page ----------------------------------------------------------------------------------


def targets(run: Run) -> Iterator[Target]:
    for kind in KINDS:
        differing = len({row[kind] for row in run["same"]}) - 1
        yield Target(f"{kind}: snapshots with other bytes", f"{len(run['same'])} ways to read", differing, 0)
    for row in run["costs"]:
        name = f"{row['file']}: µs of processor time a row, {row['roles']} roles"
        yield Target(name, f"{row['rows']:,} rows", row["µs/row"], row["limit"])
    for kind in KINDS:
        yield from of_usage(kind, [row for row in run["usage"] if row["file"] == kind])


def of_usage(kind: str, rows: Sequence[Run]) -> Iterator[Target]:
    most = max(row["rows"] for row in rows)
    last = {row["read in"]: row for row in rows if row["rows"] == most}
    alone, at = last.pop(ONE_PROCESS), f"{most:,} rows"
    for name, row in last.items():
        times = row["processor s"] / alone["processor s"]
        yield Target(f"{kind}: processor time of {name} against one process", at, times, MOST_TIMES)
    peak, growth = (max(row[figure] for row in rows) for figure in ("peak MB", "growth"))
    yield Target(f"{kind}: peak memory of a process, MB", at, peak, ingest_cost.MOST_MB)
    name = f"{kind}: peak memory against that at a quarter of the rows"
    yield Target(name, at, growth, ingest_cost.MOST_GROWTH)


def render(run: Run) -> str:
    parts = [
        TITLE,
        f"Written by `{run['command']}` on {run['date']}, in one run on one machine: compare ratios with "
        "those of another. How data sets are read: [large data](how-to/large-data.md).",
        "## Targets",
        table([target.row() for target in targets(run)]),
    ]
    parts += [run["note"]] if run.get("note") else []
    for name, heading in HEADINGS.items():
        parts += [f"## {heading}", TEXTS[name], table(run[name])]
    parts += ["## Machine", "\n".join(f"- {name}: {fact}" for name, fact in run["machine"].items())]
    return "\n\n".join(parts) + "\n"


def measure(folder: Path, rows: int, runs: int) -> dict[str, Any]:
    few = max(1, rows // 5)
    return {
        "command": "make bench-cluster",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(PACKAGES),
        "same": same(folder, max(1, few // 5)),
        "costs": [
            {name: row[name] for name in ("file", "roles", "rows", "µs/row", "limit")}
            for row in ingest_cost.measure(folder, (few,), runs)
        ],
        "usage": usage(folder, rows, runs),
    }


@click.command(help=__doc__)
@click.option("--rows", default=ROWS, show_default=True)
@click.option("--runs", default=3, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps the generated files.")
@click.option("--docs", type=click.Path(path_type=Path), default=PROJECT / "docs")
def main(rows: int, runs: int, folder: Path | None, docs: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        run = measure(folder or Path(temporary), rows, runs)
    saved = docs / "benchmarks" / "cluster.json"
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n")
    (docs / "cluster-benchmarks.md").write_text(render(run))
    click.echo(table([target.row() for target in targets(run)]))


if __name__ == "__main__":
    main()
