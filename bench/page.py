"""The page: every figure of one run, beside what it was to be."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench import ingest, memory, round_trips, starting, statistics
from bench.servers import BASELINE
from bench.tables import lines, shown, table
from bench.targets import Run, Target, ends, pick, targets

COLUMNS = (*round_trips.COLUMNS[:-1], "against_baseline", round_trips.COLUMNS[-1])

INTRODUCTION = """\
# Benchmarks

Written by `{command}` on {date}, in one run on one machine: compare the ratios,
not the figures, with those of another.
{data}
"""

ROUND_TRIPS = """\
A client submits a job and polls every 2 ms until it is done, then submits the next; the time of a job
runs from the first byte sent to the answer in hand. The *baseline* (`bench/baseline.py`) is a plain
server in Flask and pandas that does the same without keeping its jobs: what one would write first. The
*floor* (`bench/floor.py`) answers two constants from Chalice routes on the server of `make run`. All are
asked the same questions by one process, which shares the machine's cores with the server: the last
column says how much of one it took.

![Jobs a second against clients](benchmarks/throughput.svg)
"""

STATISTICS = """\
On a loaded cube, beside pandas filtering and grouping a loaded frame (`bench/frame.py`). The cube's time
ends with the answer as JSON, the frame's with a dict. The first time a question is asked, its rollups are
made.

![Time of a statistic against rows](benchmarks/statistics.svg)
"""

INGEST = """\
CSV to the sum and count of every cell. Statline alone sums exactly and checks every value.

![Time and peak memory of ingest against rows](benchmarks/ingest.svg)
"""

STARTING = """\
A snapshot is loaded in a fresh interpreter. The first answer is timed from the start of `make run` to the
answer of one job: without a snapshot the CSV is read to a cube, with one only hashed.
"""

MEMORY = """\
Resident memory of `make run`, told to keep {kept:,} jobs.
"""


def render(run: Run, see: str = "") -> str:
    """The Markdown of a run, as `bench.__main__` collects it; `see` is said below the targets."""
    introduction = INTRODUCTION.format(command=run["command"], date=run["date"], data=run["data"])
    against = with_ratios(run["round_trips"])
    sections = (
        (
            "Round trips",
            ROUND_TRIPS,
            "round_trips",
            table(against, COLUMNS),
        ),
        (
            "Statistics",
            STATISTICS,
            "statistics",
            table(first_and_last(run["statistics"]), statistics.COLUMNS),
        ),
        ("Ingest", INGEST, "ingest", table(run["ingest"], ingest.COLUMNS)),
        ("Start", STARTING, "starting", table(run["starting"], starting.COLUMNS)),
        ("Memory", MEMORY.format(kept=memory.KEPT), "memory", table(run["memory"], memory.COLUMNS)),
    )
    parts = [introduction, "## Targets\n", of_targets(list(targets(run))), *([see] if see else [])]
    for heading, text, name, figures in sections:
        parts += [f"\n## {heading}\n", text, f"`{run['commands'][name]}`\n", figures]
    parts += ["\n## Machine\n", *(f"- {name}: {fact}" for name, fact in run["machine"].items())]
    return "\n".join(parts) + "\n"


def of_targets(found: Sequence[Target]) -> str:
    rows = [
        (
            target.what,
            ("≥ " if target.at_least else "≤ ") + shown(target.limit),
            shown(target.figure),
            target.at,
            "met" if target.met else "**missed**",
        )
        for target in found
    ]
    return lines(("what", "target", "measured", "at", ""), rows)


def with_ratios(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "against_baseline": row["jobs_per_s"]
            / pick(rows, server=BASELINE, clients=row["clients"])["jobs_per_s"],
        }
        for row in rows
    ]


def first_and_last(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of the smallest and the largest file; the plot has those between."""
    return [row for row in rows if row["rows"] in ends(rows)]
