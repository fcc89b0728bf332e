"""The page docs/benchmarks.md: every figure of one run, and whether the targets were met."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from bench.processes import BASELINE, CELERY, CHALICE_LOCAL, MAKE_RUN
from bench.servers import FRESH, KEPT_JOBS, MIX

Run = Mapping[str, Any]

# The statistic with the largest result, and the words for two of its columns.
SLOWEST, WHEN = "mean_by_category", {"known": "known", "cube": "computed"}
FLAT = 1.3  # growth of memory that still counts as none
SECTIONS = {
    "Round trips": "round_trips",
    "Where the time goes": "profile",
    "Statistics": "statistics",
    "Ingest": "ingest",
    "Start": "starting",
    "Memory": "memory",
    "Database": "one_result",
}
TEXTS = {
    "round_trips": """\
A client submits a job and polls every 2 ms until it is done, then submits the next; the time of a job runs
from the first byte sent to the result in hand. The *baseline* (`bench/baseline.py`) is a plain server in
Flask and pandas that does the same without keeping its jobs: the first that one would write. *FastAPI +
Celery + Redis* (`bench/celery_server.py`) computes with the same pandas in as many processes as cores. One
process asks all servers the same questions; it shares the cores with the server, and the last column is its
share of one. In the *natural mix* questions come again, since they are drawn from those that the data has;
*fresh* ones say `Cache-Control: no-cache`, so that every result is computed.

![Jobs a second against clients](benchmarks/throughput.svg)""",
    "profile": """\
The thread that answers requests, at 8 clients with the natural mix, under Python's profiler: it slows every
call down, so that the shares count. What libraries take belongs to the part that called them.""",
    "statistics": """\
On a loaded cube, beside pandas filtering and grouping a loaded frame (`bench/frame.py`). The cube's time ends
with the result as bytes, the frame's with a dict. The first request for a question computes its rollups. A
*known* result is looked up for a new job.

![Time of a statistic against rows](benchmarks/statistics.svg)""",
    "ingest": """\
CSV to the sum and count of every cell. Statline alone sums exactly and checks every value.

![Time and peak memory of ingest against rows](benchmarks/ingest.svg)""",
    "starting": """\
A fresh interpreter loads a snapshot. The first result is timed from the start of `make run` to the result of
one job: without a snapshot the service reads the CSV to a cube, with one it only hashes the CSV.""",
    "memory": f"Resident memory of `make run` and its children; it keeps {KEPT_JOBS:,} jobs here.",
    "one_result": "The laptop's database with every job kept, all of which have one result.",
}


class Target(NamedTuple):
    """`limit` is the most that `figure` may be, or the least if `at_least`."""

    text: str
    at: str
    figure: float
    limit: float
    at_least: bool = False

    def row(self) -> dict[str, object]:
        met = self.figure >= self.limit if self.at_least else self.figure <= self.limit
        return {
            "target": self.text,
            "limit": ("≥ " if self.at_least else "≤ ") + shown(self.limit),
            "measured": shown(self.figure),
            "at": self.at,
            "": "met" if met else "**missed**",
        }


def targets(run: Run) -> list[Target]:
    """Ratios within one run, since figures differ between machines."""
    return [*of_servers(run), *of_engines(run)]


def of_servers(run: Run) -> Iterator[Target]:
    trips: Any = pd.DataFrame(run["round_trips"])
    yield from of_round_trips(trips[trips["questions"] == MIX].pivot(index="clients", columns="server"))
    fresh = trips[trips["questions"] == FRESH].pivot(index="clients", columns="server")["jobs/s"].loc[8]
    ratio = fresh[MAKE_RUN] / fresh[BASELINE]
    yield Target("jobs/s against the baseline, all fresh", "8 clients", ratio, 5, True)
    lost = trips[trips["server"].isin((MAKE_RUN, CHALICE_LOCAL))]["errors"].sum()
    yield Target("jobs that were lost, or slower than 5 s", "all clients", lost, 0)
    slowest = max(run["starting"], key=lambda row: float(row["load ms"]))
    yield Target("snapshot load, ms", f"{slowest['rows']:,} rows", slowest["load ms"], 20)
    first, last = run["memory"][1], run["memory"][-1]
    name = f"memory after many jobs against after {first['jobs']:,}"
    yield Target(name, f"{last['jobs']:,} jobs", last["MB"] / first["MB"], FLAT)
    kept = run["one_result"][0]
    yield Target("database with one result, MB", f"{kept['jobs']:,} jobs", kept["database MB"], 40)


def of_round_trips(trips: Any) -> Iterator[Target]:
    """The targets for the natural mix of questions."""
    jobs = trips["jobs/s"].loc[8]
    yield Target("jobs/s against the baseline", "8 clients", jobs[MAKE_RUN] / jobs[BASELINE], 10, True)
    if CELERY in jobs:
        yield Target(f"jobs/s against {CELERY}", "8 clients", jobs[MAKE_RUN] / jobs[CELERY], 5, True)
    for clients, name in ((1, "p50"), (32, "p99")):
        times = trips[f"{name} ms"].loc[clients]
        ratio = times[MAKE_RUN] / times[BASELINE]
        yield Target(f"{name} against the baseline", f"{clients} client(s)", ratio, 0.2)
    ratio = jobs[CHALICE_LOCAL] / jobs[MAKE_RUN]
    yield Target("`chalice local` against `make run`, jobs/s", "8 clients", ratio, 0.5, True)


def of_engines(run: Run) -> Iterator[Target]:
    statistics: Any = pd.DataFrame(run["statistics"]).pivot(index="statistic", columns="rows")
    sizes = statistics["cube µs"].columns
    fewest, most = sizes[0], sizes[-1]
    at = f"{fewest:,} rows"
    for how, least in (("known", 100), ("cube", 1.5)):
        faster = statistics[f"{how}, times faster"][fewest][SLOWEST]
        yield Target(f"{SLOWEST}, {WHEN[how]}, times faster than pandas", at, faster, least, True)
    growth = statistics["cube µs"][most] / statistics["cube µs"][fewest]
    at = f"{growth.idxmax()}, {fewest:,} to {most:,} rows"
    yield Target("time of any statistic, growth with rows", at, growth.max(), 1.5)
    ingest: Any = pd.DataFrame(run["ingest"]).pivot(index="rows", columns="engine")
    before, most = ingest.index[-2:]
    seconds, peak, at = ingest["seconds"].loc[most], ingest["peak MB"].loc[most], f"{most:,} rows"
    yield Target("ingest, times faster than pandas", at, seconds["pandas"] / seconds["statline"], 3, True)
    yield Target("ingest, peak memory against pandas", at, peak["statline"] / peak["pandas"], 0.2)
    ratio = peak["statline"] / ingest["peak MB"]["statline"][before]
    yield Target("ingest, growth of peak memory", f"{before:,} to {most:,} rows", ratio, FLAT)
    ratio = seconds["statline"] / seconds[["polars", "duckdb"]].min()
    yield Target("ingest, time against the faster of DuckDB and polars", at, ratio, 1.3)


def render(run: Run) -> str:
    """The Markdown of a run."""
    parts = [
        "# Benchmarks",
        f"Written by `{run['command']}` on {run['date']}, in one run on one machine: compare the ratios, not "
        f"the figures, with those of another.\n{run['data']}",
        "## Targets",
        table([target.row() for target in targets(run)]),
        "What a job costs, and why: [performance](explanation/performance.md).",
    ]
    for heading, name in SECTIONS.items():
        notes = [run["missing"]] if name == "round_trips" and run.get("missing") else []
        parts += [f"## {heading}", TEXTS[name], *notes, table(run[name])]
    parts += ["## Machine", "\n".join(f"- {name}: {fact}" for name, fact in run["machine"].items())]
    return "\n\n".join(parts) + "\n"


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """A Markdown table with a column for each key."""
    lines = [[*rows[0]], ["---"] * len(rows[0]), *([shown(value) for value in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def shown(value: object) -> str:
    """Measured numbers with three digits, counted ones whole."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.3g}" if abs(value) < 100 else f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def draw(run: Run, folder: Path) -> None:
    """Write the page's plots; the same run gives the same bytes."""
    import matplotlib as mpl

    trips, statistics, ingest = (pd.DataFrame(run[name]) for name in ("round_trips", "statistics", "ingest"))
    times = statistics.groupby("rows")[["known µs", "cube µs", "pandas µs"]].median() / 1000
    plots = {
        "throughput": [
            (
                trips[trips["questions"] == questions].pivot(
                    index="clients", columns="server", values="jobs/s"
                ),
                f"jobs a second, {questions}",
            )
            for questions in (MIX, FRESH)
        ],
        "statistics": [(times, "ms: the middle one of the nine statistics")],
        "ingest": [
            (ingest.pivot(index="rows", columns="engine", values="seconds"), "seconds"),
            (ingest.pivot(index="rows", columns="engine", values="peak MB"), "peak memory, MB"),
        ],
    }
    folder.mkdir(exist_ok=True)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "statline"}):
        for name, panels in plots.items():
            save(panels, folder / f"{name}.svg", loglog=True, marker="o")


def save(panels: Sequence[tuple[pd.DataFrame, str]], path: Path, columns: int = 2, **style: Any) -> None:
    """Draw frames side by side, their index along the x axis, and write an SVG."""
    from matplotlib.figure import Figure  # without pyplot, which keeps figures and looks for a display

    columns = min(columns, len(panels))
    lines = -(-len(panels) // columns)
    figure = Figure(figsize=(6 * columns, 4 * lines), layout="constrained")
    for place, (frame, label) in enumerate(panels):
        axes = figure.add_subplot(lines, columns, place + 1)
        frame.plot(ax=axes, grid=True, ylabel=label, **style)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
