"""Every benchmark, and the page about them: docs/benchmarks.md.

    python -m bench [--full | --quick | --again]

What is written is one run's: its figures to docs/benchmarks/run.json, from which --again writes page and
plots anew. --full goes to ten million rows and a hundred thousand jobs, --quick only proves that all works.
"""

import argparse
import datetime
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench import ingest, machine, memory, page, plots, round_trips, starting, statistics, survey
from local.settings import PROJECT

DOCS = PROJECT / "docs"


class Sizes(NamedTuple):
    """How much is measured; `rows` of the generated files, `jobs` until memory is looked at."""

    command: str
    rows: tuple[int, ...] = ingest.ROWS
    jobs: tuple[int, ...] = memory.JOBS
    clients: tuple[int, ...] = round_trips.CLIENTS
    seconds: float = round_trips.SECONDS
    rounds: int = round_trips.ROUNDS
    runs: int = ingest.RUNS


NORMAL = Sizes("make bench")
FULL = NORMAL._replace(command="make bench-full", rows=(*ingest.ROWS, 10_000_000), jobs=(1_000, 100_000))
QUICK = Sizes("python -m bench --quick", (18_650, 40_000), (50, 100), (1, 8, 32), 0.5, rounds=1, runs=1)


def measure(sizes: Sizes, csv: Path, folder: Path) -> dict[str, Any]:
    """The run, as JSON values."""
    run: dict[str, Any] = {
        "command": sizes.command,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": about(csv),
        "machine": machine.facts(),
        "commands": commands(sizes),
    }
    work: dict[str, Callable[[], object]] = {
        "round_trips": lambda: round_trips.measure(csv, sizes.clients, sizes.seconds, sizes.rounds),
        "memory": lambda: memory.measure(csv, sizes.jobs),
        "ingest": lambda: ingest.measure(folder, sizes.rows, sizes.runs),
        "statistics": lambda: statistics.measure(folder, sizes.rows),
        "starting": lambda: starting.measure(folder, sizes.rows, sizes.runs),
    }
    for name, section in work.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        run[name] = section()
    return run


def about(csv: Path) -> str:
    described = survey.described(csv)
    kind = "the bundled synthetic sample" if described.synthetic else "the survey's subset"
    return f"The servers answer from {kind}, {survey.count_rows(csv):,} rows; longer files are generated."


def commands(sizes: Sizes) -> dict[str, str]:
    """What measures each section alone."""
    rows, jobs, clients = (" ".join(map(str, numbers)) for numbers in (sizes.rows, sizes.jobs, sizes.clients))
    python = ".venv/bin/python -m bench."
    return {
        "round_trips": f"{python}round_trips --clients {clients} "
        f"--seconds {sizes.seconds:g} --rounds {sizes.rounds}",
        "statistics": f"{python}statistics --rows {rows}",
        "ingest": f"{python}ingest --rows {rows} --runs {sizes.runs}",
        "starting": f"{python}starting --rows {rows} --runs {sizes.runs}",
        "memory": f"{python}memory --jobs {jobs}",
    }


def write(run: dict[str, Any], docs: Path) -> None:
    """Page and plots of a run."""
    plots.draw(run, docs / "benchmarks")
    why = "\nWhat costs what, and why: [performance.md](performance.md)."
    see = why if (docs / "performance.md").exists() else ""
    (docs / "benchmarks.md").write_text(page.render(run, see))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--full", action="store_const", dest="sizes", const=FULL)
    which.add_argument("--quick", action="store_const", dest="sizes", const=QUICK)
    which.add_argument("--again", action="store_true")
    parser.add_argument("--docs", type=Path, default=DOCS)
    asked = parser.parse_args()
    saved = asked.docs / "benchmarks" / "run.json"
    if not asked.again:
        with tempfile.TemporaryDirectory() as folder:
            run = measure(asked.sizes or NORMAL, survey.chosen(), Path(folder))
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n")
    write(json.loads(saved.read_text()), asked.docs)
    print(asked.docs / "benchmarks.md")


if __name__ == "__main__":
    main()
