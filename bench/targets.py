"""What the service is to reach, as ratios within one run, and whether it did."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench.servers import BASELINE, CHALICE_LOCAL, FLOOR, MAKE_RUN

Row = Mapping[str, Any]
Run = Mapping[str, Any]

FULL_ROWS, FULL_JOBS = 10_000_000, 100_000
LOAD_MS, TIMES_FASTER = 20, 100
FLAT, INDEPENDENT = 1.3, 1.5  # growth that still counts as none: of memory, of a few microseconds


class Target(NamedTuple):
    """`figure` is what was measured, `limit` the most that it may be, or the least if `at_least`."""

    what: str
    at: str
    figure: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit


def targets(run: Run) -> Iterator[Target]:
    yield from of_round_trips(run["round_trips"])
    yield from of_statistics(run["statistics"])
    yield from of_ingest(run["ingest"])
    yield from of_starting(run["starting"])
    yield from of_memory(run["memory"])


def of_round_trips(rows: Sequence[Row]) -> Iterator[Target]:
    def ratio(name: str, clients: int, one: str, other: str) -> float:
        first, second = (pick(rows, server=server, clients=clients)[name] for server in (one, other))
        return float(first / second)

    yield Target(
        "jobs/s against the baseline", "8 clients", ratio("jobs_per_s", 8, MAKE_RUN, BASELINE), 10, True
    )
    yield Target("p50 against the baseline", "1 client", ratio("p50_ms", 1, MAKE_RUN, BASELINE), 0.2)
    yield Target("p99 against the baseline", "32 clients", ratio("p99_ms", 32, MAKE_RUN, BASELINE), 0.2)
    yield Target("jobs/s against the floor", "8 clients", ratio("jobs_per_s", 8, MAKE_RUN, FLOOR), 0.6, True)
    yield Target(
        "`chalice local` against `make run`, jobs/s",
        "8 clients",
        ratio("jobs_per_s", 8, CHALICE_LOCAL, MAKE_RUN),
        0.8,
        True,
    )
    errors = sum(row["errors"] for row in rows if row["server"] in (MAKE_RUN, CHALICE_LOCAL))
    yield Target("jobs that were lost, or slower than 5 s", "all clients", errors, 0)


def of_statistics(rows: Sequence[Row]) -> Iterator[Target]:
    fewest, most = ends(rows)
    slowest = min((row for row in rows if row["rows"] == fewest), key=lambda row: row["times_faster"])
    yield Target(
        "any statistic on the cube, times faster than pandas",
        f"{slowest['statistic']}, {fewest:,} rows",
        slowest["times_faster"],
        TIMES_FASTER,
        True,
    )
    growth = {
        row["statistic"]: row["cube_us"] / pick(rows, rows=fewest, statistic=row["statistic"])["cube_us"]
        for row in rows
        if row["rows"] == most
    }
    worst = max(growth, key=lambda name: growth[name])
    yield Target(
        "time of any statistic, growth with rows",
        f"{worst}, {fewest:,} to {most:,} rows",
        growth[worst],
        INDEPENDENT,
    )


def of_ingest(rows: Sequence[Row]) -> Iterator[Target]:
    sizes = sorted({row["rows"] for row in rows})
    most = sizes[-1]
    ours, pandas, *fast = (
        pick(rows, rows=most, engine=engine) for engine in ("statline", "pandas", "polars", "duckdb")
    )
    at = f"{most:,} rows" + (f" ({FULL_ROWS:,} in `make bench-full`)" if most < FULL_ROWS else "")
    yield Target("ingest, times faster than pandas", at, pandas["seconds"] / ours["seconds"], 3, True)
    yield Target("ingest, peak memory against pandas", at, ours["peak_mb"] / pandas["peak_mb"], 0.2)
    base = sizes[max(0, len(sizes) - 2)]
    before = pick(rows, rows=base, engine="statline")
    yield Target(
        "ingest, growth of peak memory",
        f"{base:,} to {most:,} rows",
        ours["peak_mb"] / before["peak_mb"],
        FLAT,
    )
    fastest = min(row["seconds"] for row in fast)
    yield Target("ingest, time against the faster of DuckDB and polars", at, ours["seconds"] / fastest, 1.3)


def of_starting(rows: Sequence[Row]) -> Iterator[Target]:
    slowest = max(rows, key=lambda row: row["load_ms"])
    yield Target("snapshot load, ms", f"{slowest['rows']:,} rows", slowest["load_ms"], LOAD_MS)
    heavy = max(len(row["imported"]) for row in rows)
    yield Target("pandas, numpy, moto, boto3 imported by it", "any rows", heavy, 0)


def of_memory(rows: Sequence[Row]) -> Iterator[Target]:
    first, last = rows[1], rows[-1]
    more = f" ({FULL_JOBS:,} in `make bench-full`)" if last["jobs"] < FULL_JOBS else ""
    yield Target(
        f"memory after many jobs against after {first['jobs']:,}",
        f"{last['jobs']:,} jobs{more}",
        last["mb"] / first["mb"],
        FLAT,
    )


def pick(rows: Sequence[Row], /, **keys: object) -> Row:
    return next(row for row in rows if all(row[name] == value for name, value in keys.items()))


def ends(rows: Sequence[Row]) -> tuple[int, int]:
    """The fewest and the most rows that were measured."""
    sizes = [row["rows"] for row in rows]
    return min(sizes), max(sizes)
