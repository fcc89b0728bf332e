"""What reading costs one process: processor time a row and peak memory, of CSV and parquet.

    python -m bench.ingest_cost [--rows 1000000 --rows 4000000] [--runs 3] [--folder FOLDER]

With the roles of the nine statistics, and with all that a file can have. Each run has an interpreter of its
own, which first reads a hundred rows, so that imports are not in the time, which is that of all its threads.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click

from bench import survey
from bench.ingest import KEYS, WARM_ROWS, Row
from bench.page import table
from bench.processes import fresh, peak_mb

ROWS = (1_000_000, 4_000_000)
NINE, ALL = "the nine's", "all"
NINE_ROLES = (*KEYS, "value", "question_id", "location_id")
# Microseconds a row.
LIMITS: Mapping[tuple[str, str], float] = {
    ("csv", NINE): 2.2,
    ("csv", ALL): 5.5,
    ("parquet", NINE): 1.0,
    ("parquet", ALL): 2.5,
}
MOST_MB, MOST_GROWTH = 700, 1.2
GROUP_ROWS = 1 << 17

Case = tuple[str, str, int]  # kind of file, roles, rows


class Figures(NamedTuple):
    """Microseconds of processor time a row, and the peak of memory."""

    cost: float
    peak_mb: float


def measure(folder: Path, sizes: Sequence[int], runs: int) -> list[Row]:
    """A row for each kind of file, set of roles and size: medians of the runs, which take turns."""
    figures: dict[Case, list[Figures]] = {(*case, size): [] for case, size in product(LIMITS, sizes)}
    for _ in range(runs):
        for (kind, roles, size), found in figures.items():
            paths = (generated(folder, kind, rows) for rows in (size, WARM_ROWS))
            found.append(Figures(*fresh("bench.ingest_cost", "run", roles, *paths)))
    medians = {case: Figures(*map(median, zip(*found, strict=True))) for case, found in figures.items()}
    return [
        {
            **{"file": kind, "roles": roles, "rows": size},
            **{"µs/row": cost, "limit": LIMITS[kind, roles], "peak MB": peak},
            "growth": peak / medians[kind, roles, min(sizes)].peak_mb,
        }
        for (kind, roles, size), (cost, peak) in medians.items()
    ]


def run(roles: str, path: str, warm: str) -> Figures:
    """Processor time a row and peak memory of one reading in this process."""
    from chalicelib.domain.ingestor import DataIngestor

    described = survey.described(Path(path).with_suffix(".csv"))
    if roles == NINE:
        described = replace(described, columns={role: described.columns[role] for role in NINE_ROLES})
    DataIngestor.from_file(Path(warm), described)
    start = time.process_time()
    data = DataIngestor.from_file(Path(path), described)
    seconds, whole = time.process_time() - start, data.cube.overall()
    return Figures(1e6 * seconds / (whole.counted + whole.suppressed), peak_mb())


def generated(folder: Path, kind: str, rows: int) -> Path:
    """A file of synthetic rows, written at the first call, by an interpreter of its own if it is parquet."""
    csv = survey.generated(folder, rows)
    if kind == "parquet" and not csv.with_suffix(".parquet").exists():
        fresh("bench.ingest_cost", "write_parquet", csv)
    return csv.with_suffix(f".{kind}")


def write_parquet(csv: str) -> None:
    """Write the rows of a CSV beside it, with the types that Arrow finds in its first block."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    path, options = Path(csv), pa.csv.ReadOptions(block_size=1 << 26)
    with (
        pa.csv.open_csv(csv, options) as reader,
        pa.parquet.ParquetWriter(path.with_suffix(".parquet"), reader.schema) as writer,
    ):
        for batch in reader:
            writer.write_batch(batch, row_group_size=GROUP_ROWS)


@click.command(help=__doc__)
@click.option("--rows", "sizes", multiple=True, type=int, default=ROWS, show_default=True)
@click.option("--runs", default=3, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps the generated files.")
def main(sizes: Sequence[int], runs: int, folder: Path | None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        click.echo(table(measure(folder or Path(temporary), sizes, runs)))


if __name__ == "__main__":
    main()
