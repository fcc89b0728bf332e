"""Where the time of a job goes: a profile of the thread that answers requests.

    python -m bench.profile [--clients 8] [--seconds 4]

Python's own profiler makes every call slower, so that the shares count and not the times. What libraries and
built-in functions take belongs to the part that called them.
"""

import cProfile
import os
import pstats
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from chalice.cli.factory import CLIFactory

from bench import survey
from bench.closed_loop import drive
from bench.page import table
from bench.processes import Server as Started
from bench.processes import default_environment, free_port
from local.http.server import Server
from local.settings import PROJECT

Function = tuple[str, int, str]
Row = dict[str, object]

# The first that is in a function's path.
PARTS: Mapping[str, Sequence[str]] = {
    "requests and responses: aiohttp, the event loop": ("/aiohttp/", "/asyncio/", "/local/http/"),
    "routing: Chalice": ("/chalice/",),
    "views and documents": ("/chalicelib/routes/", "/chalicelib/documents/", "/chalicelib/web/"),
    "storage: SQLite": ("/local/storage/", "/sqlite3/"),
    "log, metrics and trace": (
        "/chalicelib/observability/",
        "/logging/",
        "/prometheus_client/",
        "/log_lines.py",
    ),
    "job engine": ("/chalicelib/", "/local/emulator/"),
}
OTHER, WAITING = "other", ("<method 'poll'", "<built-in method select.", "<method 'acquire'")
STEPS = 12  # to a caller whose part is known
PATIENCE_SECONDS = 60.0


def measure(csv: Path, clients: int, seconds: float) -> list[Row]:
    """A row for each part, the largest first."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "profile"
        jobs = load(csv, figures, clients, seconds)
        return shares(by_part(pstats.Stats(str(figures)).stats), jobs)  # type: ignore[attr-defined] # not in typeshed


def load(csv: Path, figures: Path, clients: int, seconds: float) -> int:
    """Run a server under the profiler, and return how many jobs it did. Raises SystemExit."""
    port, log, pairs = free_port(), figures.with_suffix(".log"), survey.usable_pairs(csv)
    code = f"from bench.profile import serve; serve({str(figures)!r}, {port})"
    settings = {"STATLINE_HOME": str(figures.parent), "STATLINE_DATASET": str(csv)}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            env=default_environment() | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            server = Started(process, port, time.perf_counter(), log)
            server.first_result("global_mean", {"question": pairs[0][0]})
            outcome = drive(server.url, clients, pairs, seconds=seconds)
            os.kill(process.pid, signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()
    if not figures.exists():
        raise SystemExit(f"no profile was written:\n{log.read_text()}")
    return len(outcome.latencies)


def serve(figures: str, port: int) -> None:
    """Serve as `make run` does until SIGTERM, with the server's thread under the profiler."""
    from local.emulator.emulator import laptop

    config = CLIFactory(str(PROJECT), environ=os.environ).create_config_obj()
    server, profiler = Server(config.chalice_app, config, "127.0.0.1", port), cProfile.Profile()
    emulator = laptop()
    thread = threading.Thread(target=profiler.runcall, args=(server.serve_forever,))
    signal.signal(signal.SIGTERM, lambda *_: server.shutdown())
    thread.start()
    thread.join()
    profiler.dump_stats(figures)
    emulator.stop()


def by_part(stats: Mapping[Function, Any]) -> Counter[str]:
    """Seconds of each part, without those of waiting."""
    seconds = Counter[str]()
    for function, (_, _, own, _, callers) in stats.items():
        if function[2].startswith(WAITING):
            continue
        if (part := named(function)) is not None or not callers:
            seconds[part or OTHER] += own
            continue
        for caller, (_, _, from_there, _) in callers.items():
            seconds[part_of(caller, stats)] += from_there
    return seconds


def named(function: Function) -> str | None:
    path = function[0]
    return next((part for part, marks in PARTS.items() if any(mark in path for mark in marks)), None)


def part_of(function: Function, stats: Mapping[Function, Any]) -> str:
    """Return the part of a function, or of the caller for whom it takes the most time."""
    for _ in range(STEPS):
        if (part := named(function)) is not None:
            return part
        callers = stats[function][4] if function in stats else {}
        if not callers:
            break
        function = max(callers, key=lambda caller: callers[caller][3])
    return OTHER


def shares(seconds: Counter[str], jobs: int) -> list[Row]:
    total = seconds.total()
    return [
        {"part": part, "µs a job, profiled": own / jobs * 1e6, "share, %": own / total * 100}
        for part, own in seconds.most_common()
    ]


@click.command(help=__doc__)
@click.option("--clients", default=8)
@click.option("--seconds", default=4.0)
def main(clients: int, seconds: float) -> None:
    click.echo(table(measure(survey.chosen(), clients, seconds)))


if __name__ == "__main__":
    main()
