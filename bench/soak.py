"""Hours of work: does anything grow that should not?

    python -m bench.soak [--minutes 30] [--jobs N] [--every 5] [--out docs/soak.svg]

Starts the server on a home of its own, keeps 8 clients busy (ask, poll, check the result), and samples the
server's processes and files from outside. Ends after the minutes or the jobs, whichever comes first, or at
Ctrl-C; prints a table and verdicts, draws the figure, and fails if a result was wrong or missing, or if
something leaked.
"""

import asyncio
import itertools
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pandas as pd

from bench.load import RUNNING, Answer, Lane, lanes, result
from bench.page import save
from bench.processes import MAKE_RUN, Server, serving
from bench.questions import Question, questions
from local.settings import SAMPLE

CLIENTS, KEPT = 8, 1000
SETTLED = 1000  # jobs after which nothing should grow any more
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
STORE_MB, LOGS_MB = 40, 40  # the jobs' database; the log files, rotated
ROWS = 20
PANELS = {
    "jobs a second": ["jobs_a_second"],
    "ms from question to result": ["p50_ms", "p99_ms"],
    "memory, MB": ["memory_mb"],
    "descriptors and threads": ["descriptors", "threads"],
    "files in results/": ["results"],
    "store and logs, MB": ["store_mb", "logs_mb"],
}


class Load:
    """The clients' counts; `latencies`, in seconds, since the last sample."""

    def __init__(self) -> None:
        self.jobs = self.errors = 0
        self.latencies: list[float] = []

    async def client(self, lane: Lane, turns: Iterator[Question], stop: asyncio.Event) -> None:
        while not stop.is_set() and not lane.lost:
            question, start = next(turns), time.monotonic()
            answer = await lane.ask(question.request)
            if answer.status == 200:
                answer = await finished(lane, answer.body.split(b'"')[3].decode())
            right = answer.body == question.due
            self.jobs, self.errors = self.jobs + right, self.errors + (not right)
            self.latencies.append(time.monotonic() - start)


async def finished(lane: Lane, job_id: str) -> Answer:
    """The first response that is not `running`."""
    pause = FIRST_PAUSE
    while (answer := await lane.ask(result(job_id))).body == RUNNING:
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    return answer


class Observer:
    """Samples a server from outside; rate and latencies are of the time since the previous sample."""

    def __init__(self, server: Server, home: Path, load: Load) -> None:
        self._server, self._home, self._load = server, home, load
        self._start, self._previous = time.monotonic(), (time.monotonic(), 0)
        self.samples: list[dict[str, float]] = []

    def sample(self) -> None:
        now, jobs, processes = time.monotonic(), self._load.jobs, self._server.tree()
        (before, jobs_before), self._previous = self._previous, (now, jobs)
        latencies, self._load.latencies = self._load.latencies, []
        p50, p99 = np.percentile(latencies or [0.0], [50, 99]) * 1000
        state = self._home / ".statline"
        self.samples.append(
            {
                "minutes": (now - self._start) / 60,
                "jobs": jobs,
                "errors": self._load.errors,
                "jobs_a_second": (jobs - jobs_before) / (now - before),
                "p50_ms": p50,
                "p99_ms": p99,
                "memory_mb": self._server.memory(),
                "descriptors": sum(process.num_fds() for process in processes),
                "threads": sum(process.num_threads() for process in processes),
                "results": len(list((self._home / "results").iterdir())),
                "store_mb": megabytes(path for path in state.iterdir() if path.is_file()),
                "logs_mb": megabytes((state / "logs").iterdir()),
            }
        )


def megabytes(paths: Iterator[Path]) -> float:
    sizes = (path.stat().st_size for path in paths if path.exists())
    return sum(sizes) / 1e6


async def soak(minutes: float, jobs: float, every: float) -> pd.DataFrame:
    """A sample each `every` seconds and one at the end."""
    stop, load, turns = asyncio.Event(), Load(), itertools.cycle(questions())
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    environ = {"STATLINE_KEEP_RESULTS": str(KEPT)}
    with tempfile.TemporaryDirectory() as home, serving(MAKE_RUN, SAMPLE, Path(home), **environ) as server:
        server.first_result("global_mean", {"question": "Q036"})
        observer, end = Observer(server, Path(home), load), time.monotonic() + minutes * 60
        async with lanes(server.url, CLIENTS) as opened:
            clients = [asyncio.create_task(load.client(lane, turns, stop)) for lane in opened]
            while not stop.is_set():
                await asyncio.wait(clients, timeout=min(every, max(end - time.monotonic(), 0)))
                observer.sample()
                if time.monotonic() >= end or load.jobs >= jobs or all(client.done() for client in clients):
                    stop.set()
            await asyncio.gather(*clients)
            observer.sample()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
    return pd.DataFrame(observer.samples)


def verdicts(samples: pd.DataFrame) -> list[tuple[bool, str]]:
    """What held and what did not; growth counts from 1,000 jobs on."""
    first = samples.loc[(samples["jobs"] >= min(SETTLED, samples["jobs"].max())).idxmax()]
    last, most = samples.iloc[-1], samples.max()
    jobs, errors = int(last["jobs"]), int(last["errors"])

    def grown(column: str, spare: float) -> tuple[bool, str]:
        text = f"{column}: {first[column]:.0f} after {SETTLED:,} jobs, {last[column]:.0f} at the end"
        return bool(last[column] <= first[column] + spare), text

    def under(column: str, limit: float) -> tuple[bool, str]:
        return bool(most[column] <= limit), f"{column}: {most[column]:.0f} at most; the limit is {limit:.0f}"

    return [
        (jobs > 0 and not errors, f"{jobs:,} jobs with the right result, {errors} without"),
        grown("memory_mb", spare=0.25 * first["memory_mb"]),
        grown("descriptors", spare=CLIENTS),
        grown("threads", spare=0),
        under("results", KEPT + 100),
        under("store_mb", STORE_MB),
        under("logs_mb", LOGS_MB),
    ]


@click.command(help=__doc__)
@click.option("--minutes", default=30.0)
@click.option("--jobs", default=float("inf"))
@click.option("--every", default=5.0, help="seconds between two samples")
@click.option("--out", type=click.Path(path_type=Path), help="where to draw (SVG)")
def main(minutes: float, jobs: float, every: float, out: Path | None) -> None:
    samples = asyncio.run(soak(minutes, jobs, every))
    click.echo(samples[:: -max(1, len(samples) // ROWS)][::-1].to_string(index=False, float_format="%.1f"))
    found = verdicts(samples)
    for good, text in found:
        click.echo(f"{'ok  ' if good else 'BAD '} {text}")
    if out:
        series = samples.set_index("minutes")
        save([(series[names], label) for label, names in PANELS.items()], out, linewidth=1)
    raise SystemExit(not all(good for good, _ in found))


if __name__ == "__main__":
    main()
