"""Hours of work: does anything grow that should not?

    python -m bench.soak [--minutes 30] [--jobs N] [--every 5] [--out docs/soak.svg]

Starts the server on a home of its own, keeps 8 clients busy (ask, poll, check the answer, ask on), and looks
at the process from outside. Ends after the minutes or the jobs, whichever is first, or at Ctrl-C; prints a
table and verdicts, draws the figure, and fails if an answer was wrong or missing, or anything leaked.
"""

import argparse
import asyncio
import itertools
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

from bench.load import RUNNING, Answer, Lane, Question, lanes, questions, result
from bench.samples import quantile
from local.settings import SAMPLE
from local.storage.home import LOG_BYTES, LOG_FILES
from tests.support.processes import python_m_local

CLIENTS, KEPT = 8, 1000
SETTLED = 1000  # jobs after which nothing should grow any more
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
JOURNAL_MB = 10  # the records of 1,000 jobs and 14,000 more, before it is written anew
ROWS = 20
ENVIRON = {"STATLINE_DATASET": str(SAMPLE), "STATLINE_KEEP_RESULTS": str(KEPT)}


@dataclass(frozen=True)
class Sample:
    """The server at one moment; rate and latencies are of the time since the sample before."""

    minutes: float
    jobs: int
    errors: int
    jobs_a_second: float
    p50_ms: float
    p99_ms: float
    memory_mb: float
    descriptors: int
    threads: int
    results: int
    journal_mb: float
    logs_mb: float


class Load:
    """What the clients have seen so far; `latencies`, in seconds, since they were last taken."""

    def __init__(self) -> None:
        self.jobs = self.errors = 0
        self.latencies: list[float] = []

    async def client(self, lane: Lane, turns: Iterator[Question], stop: asyncio.Event) -> None:
        while not stop.is_set():
            question, start = next(turns), time.monotonic()
            said = await lane.ask(question.request)
            if said.status == 200:
                said = await finished(lane, said.body.split(b'"')[3].decode())
            if said.body == question.due:
                self.jobs += 1
                self.latencies.append(time.monotonic() - start)
            else:
                self.errors += 1
                if not said.status:
                    return


async def finished(lane: Lane, job_id: str) -> Answer:
    """The first answer that is not `running`."""
    pause = FIRST_PAUSE
    while (said := await lane.ask(result(job_id))).body == RUNNING:
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    return said


class Observer:
    """Looks at a server from outside: its process and what it writes under its home."""

    def __init__(self, pid: int, home: Path) -> None:
        self._process, self._home = psutil.Process(pid), home
        self._start = self._before = time.monotonic()
        self._jobs = 0

    def sample(self, load: Load) -> Sample:
        now, latencies, load.latencies = time.monotonic(), load.latencies, []
        jobs, self._jobs = load.jobs - self._jobs, load.jobs
        seconds, self._before = now - self._before, now
        with self._process.oneshot():
            return Sample(
                minutes=(now - self._start) / 60,
                jobs=load.jobs,
                errors=load.errors,
                jobs_a_second=jobs / seconds,
                p50_ms=quantile(latencies, 0.5) * 1000,
                p99_ms=quantile(latencies, 0.99) * 1000,
                memory_mb=self._process.memory_info().rss / 1e6,
                descriptors=self._process.num_fds(),
                threads=self._process.num_threads(),
                results=len(list((self._home / "results").iterdir())),
                journal_mb=megabytes(self._home / ".statline" / "journal"),
                logs_mb=sum(map(megabytes, (self._home / ".statline" / "logs").iterdir())),
            )


def megabytes(path: Path) -> float:
    try:
        return path.stat().st_size / 1e6
    except FileNotFoundError:  # rotated or rewritten at this moment
        return 0.0


async def soak(minutes: float, jobs: float, every: float) -> list[Sample]:
    """A sample each `every` seconds and one at the end."""
    stop, load, samples = asyncio.Event(), Load(), []
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    with tempfile.TemporaryDirectory() as home, python_m_local(Path(home), **ENVIRON) as server:
        turns, end = itertools.cycle(questions()), time.monotonic() + minutes * 60
        observer = Observer(server.process.pid, Path(home))
        async with lanes(server.url, CLIENTS) as opened:
            clients = [asyncio.create_task(load.client(lane, turns, stop)) for lane in opened]
            while not stop.is_set():
                await asyncio.wait(clients, timeout=min(every, max(end - time.monotonic(), 0)))
                samples.append(observer.sample(load))
                if time.monotonic() >= end or load.jobs >= jobs or all(one.done() for one in clients):
                    stop.set()
            await asyncio.gather(*clients)
            samples.append(observer.sample(load))
        server.signal(signal.SIGTERM)
        server.wait()
    return samples


def table(samples: list[Sample]) -> str:
    """About 20 of the samples, the last one always."""
    names = [field.name for field in fields(Sample)]
    rows = [[shown(value) for value in vars(one).values()] for one in picked(samples)]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    return "\n".join(
        " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [names, *rows]
    )


def picked(samples: list[Sample]) -> list[Sample]:
    return samples[:: -max(1, len(samples) // ROWS)][::-1]


def shown(value: float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def verdicts(samples: list[Sample]) -> list[tuple[bool, str]]:
    """What held and what did not, in words; growth is from when 1,000 jobs were done."""
    last = samples[-1]
    first = next((one for one in samples if one.jobs >= SETTLED), last)
    most = {name: max(getattr(one, name) for one in samples) for name in ("results", "journal_mb", "logs_mb")}
    return [
        (last.jobs > 0 and not last.errors, f"{last.jobs:,} jobs answered right, {last.errors} not"),
        grown("memory, MB", first.memory_mb, last.memory_mb, spare=0.25 * first.memory_mb),
        grown("descriptors", first.descriptors, last.descriptors, spare=CLIENTS),
        grown("threads", first.threads, last.threads, spare=0),
        under("files in results/", most["results"], KEPT + 100),
        under("MB of journal", most["journal_mb"], JOURNAL_MB),
        under("MB of logs", most["logs_mb"], (LOG_FILES + 1) * LOG_BYTES / 1e6),
    ]


def grown(what: str, first: float, last: float, spare: float) -> tuple[bool, str]:
    return last <= first + spare, f"{what}: {first:.0f} after {SETTLED:,} jobs, {last:.0f} at the end"


def under(what: str, most: float, limit: float) -> tuple[bool, str]:
    return most <= limit, f"{what}: {most:.0f} at most; the limit is {limit:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--jobs", type=float, default=float("inf"))
    parser.add_argument("--every", type=float, default=5, help="seconds between two looks")
    parser.add_argument("--out", type=Path, help="where to draw (SVG)")
    arguments = parser.parse_args()
    samples = asyncio.run(soak(arguments.minutes, arguments.jobs, arguments.every))
    print(table(samples))
    found = verdicts(samples)
    for good, text in found:
        print("ok  " if good else "BAD ", text)
    if arguments.out:
        from bench.soak_figure import draw

        draw(samples, arguments.out)
    raise SystemExit(not all(good for good, _ in found))


if __name__ == "__main__":
    main()
