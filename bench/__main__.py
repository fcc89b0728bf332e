"""Every benchmark, and the page about them: docs/benchmarks.md.

    python -m bench [--full | --quick | --again] [--only SECTION]

One run writes the page: its figures go to docs/benchmarks/run.json, from which --again writes page and plots
again. --full goes to ten million rows, --quick only proves that everything works.
--only prints the table of one section.
"""

import datetime
import json
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import click
import psutil

from bench import ingest, page, profile, servers, statistics, survey
from bench.processes import missing
from local.settings import PROJECT, SAMPLE

CPUS = Path("/proc/cpuinfo")
PACKAGES = ("chalice", "moto", "boto3", "flask", "pandas", "numpy", "pyarrow", "polars", "duckdb")


class Sizes(NamedTuple):
    """How much is measured: `rows` of the generated files, `jobs` until memory is looked at.

    `asked` is how often one question is asked before the size of the database is looked at.
    """

    command: str
    rows: tuple[int, ...] = (18_650, 100_000, 1_000_000)
    jobs: tuple[int, ...] = (1_000, 100_000)
    asked: int = 100_000
    clients: tuple[int, ...] = (1, 8, 32, 128)
    seconds: float = 4.0
    runs: int = 3


NORMAL = Sizes("make bench")
FULL = NORMAL._replace(command="make bench-full", rows=(*NORMAL.rows, 10_000_000))
QUICK = Sizes("python -m bench --quick", (18_650, 40_000), (50, 100), 100, (1, 8, 32), 0.5, runs=1)


def sections(sizes: Sizes, folder: Path) -> dict[str, Callable[[], list[dict[str, object]]]]:
    csv = survey.chosen()
    return {
        "round_trips": lambda: servers.round_trips(csv, sizes.clients, sizes.seconds, sizes.runs),
        "profile": lambda: profile.measure(csv, servers.WARM_CLIENTS, sizes.seconds),
        "memory": lambda: servers.memory(csv, sizes.jobs),
        "one_result": lambda: servers.one_result(csv, sizes.asked),
        "ingest": lambda: ingest.measure(folder, sizes.rows, sizes.runs),
        "statistics": lambda: statistics.measure(folder, sizes.rows),
        "starting": lambda: servers.starting(folder, sizes.rows),
    }


def measure(sizes: Sizes) -> dict[str, Any]:
    """The run, as JSON values."""
    data = "the bundled synthetic sample" if survey.chosen() == SAMPLE else "the survey's subset"
    run: dict[str, Any] = {
        "command": sizes.command,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": f"The servers answer from {data}; longer files are generated.",
        "missing": missing(),
        "machine": machine(),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, section in sections(sizes, Path(folder)).items():
            click.echo(f"{name} ...", err=True)
            run[name] = section()
    return run


def machine(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """The machine and the versions that the figures belong to."""
    git = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    model = re.search(r"^model name\s*: (.+)", CPUS.read_text() if CPUS.exists() else "", re.MULTILINE)
    return {
        "processor": f"{model[1] if model else platform.processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load at the start": f"{os.getloadavg()[0]:.1f} processes",
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in packages),
        "commit": commit or "unknown",
    }


@click.command(help=__doc__)
@click.option("--full", "sizes", flag_value=FULL, type=click.UNPROCESSED)
@click.option("--quick", "sizes", flag_value=QUICK, type=click.UNPROCESSED)
@click.option("--again", is_flag=True)
@click.option("--only", type=click.Choice(list(sections(NORMAL, Path()))))
@click.option("--docs", type=click.Path(path_type=Path), default=PROJECT / "docs")
def main(sizes: Sizes | None, again: bool, only: str | None, docs: Path) -> None:
    if only:
        with tempfile.TemporaryDirectory() as folder:
            click.echo(page.table(sections(sizes or NORMAL, Path(folder))[only]()))
        return
    saved = docs / "benchmarks" / "run.json"
    if not again:
        run = measure(sizes or NORMAL)
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n")
    run = json.loads(saved.read_text())
    page.draw(run, saved.parent)
    (docs / "benchmarks.md").write_text(page.render(run))
    click.echo(docs / "benchmarks.md")


if __name__ == "__main__":
    main()
