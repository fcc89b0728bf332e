"""Closed-loop load: each client submits a job and polls it until it is done, then submits the next.

    python -m bench.closed_loop [--url URL] [--clients 8] [--seconds 8] [--csv FILE] [--seed 1]

Statistics, and pairs of question and state that have rows, are drawn from the CSV, uniformly. A client
has one keep-alive connection and waits 2 ms between polls. All clients share one thread of one process:
the cores are the server's. Prints one line of JSON: jobs a second, percentiles of the milliseconds from
the first byte sent to the answer in hand, errors, and what the load itself took of a core.
"""

import argparse
import asyncio
import json
import math
import random
import re
import selectors
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench import survey
from bench.load import Answer, Lane, lanes, post, result
from bench.samples import quantile
from chalicelib.statistics import STATISTICS

PAUSE = 0.002  # seconds between two polls
LOST_AFTER = 5.0  # seconds; a job that runs longer counts as an error
SILENT_AFTER = 30.0  # seconds in which no job ends: the server hangs

JOB_ID = re.compile(rb'"job_id":\s*"([^"]+)"')
STATUS = re.compile(rb'"status":\s*"(\w+)"')  # the first in the body: the job's

Pair = tuple[str, str]


class Outcome(NamedTuple):
    """`latencies` in seconds, one a job, errors included; `cpu` in seconds, what the load itself took."""

    clients: int
    seconds: float
    cpu: float
    latencies: list[float]
    errors: int

    def summary(self) -> dict[str, float]:
        figures: dict[str, float] = {
            "clients": self.clients,
            "jobs": len(self.latencies),
            "jobs_per_s": len(self.latencies) / self.seconds,
            "errors": self.errors,
            "load_cpu": self.cpu / self.seconds * 100,
        }
        for share in (50, 95, 99):
            figures[f"p{share}_ms"] = quantile(self.latencies, share / 100) * 1000
        return figures


class Limit:
    """Hands out jobs until `seconds` are over or `jobs` are handed out."""

    def __init__(self, seconds: float, jobs: float) -> None:
        self._end, self._left = time.perf_counter() + seconds, jobs

    def one_more(self) -> bool:
        if self._left <= 0 or time.perf_counter() >= self._end:
            return False
        self._left -= 1
        return True


class Client:
    """Works through its questions, one job at a time, until there are no more or its connection breaks."""

    def __init__(self, lane: Lane, questions: Iterator[bytes], limit: Limit) -> None:
        self._lane, self._questions, self._limit = lane, questions, limit
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.latencies: list[float] = []
        self.errors = 0

    def submit(self) -> None:
        if not self._limit.one_more():
            self.ended.set_result(None)
            return
        question = next(self._questions)
        self._started = time.perf_counter()
        self._lane.send(question, self._on_accepted)

    def _on_accepted(self, answer: Answer) -> None:
        if found := JOB_ID.search(answer.body):
            self._poll = result(found[1].decode())
            self._ask()
        else:
            self._finish(answer, good=False)

    def _ask(self) -> None:
        self._lane.send(self._poll, self._on_result)

    def _on_result(self, answer: Answer) -> None:
        found = STATUS.search(answer.body)
        word = found[1] if found else b""
        if word == b"running" and time.perf_counter() - self._started < LOST_AFTER:
            self._loop.call_later(PAUSE, self._ask)
        else:
            self._finish(answer, good=word == b"done")

    def _finish(self, answer: Answer, good: bool) -> None:
        self.latencies.append(time.perf_counter() - self._started)
        self.errors += not good
        if answer.status:
            self.submit()
        else:
            self.ended.set_result(None)


def draw(pairs: Sequence[Pair], seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Statistic and inputs, for ever."""
    choice, names = random.Random(seed).choice, sorted(STATISTICS)
    while True:
        name, inputs = choice(names), choice(pairs)
        yield name, dict(zip(STATISTICS[name].parameters, inputs, strict=False))


def drive(
    url: str,
    clients: int,
    pairs: Sequence[Pair],
    *,
    seconds: float = math.inf,
    jobs: float = math.inf,
    seed: int = 1,
) -> Outcome:
    """Load on the server at `url`; at least one of `seconds` and `jobs` is to end it."""
    with asyncio.Runner(loop_factory=precise_loop) as runner:
        return runner.run(_drive(url, clients, pairs, seconds, jobs, seed))


def precise_loop() -> asyncio.AbstractEventLoop:
    # epoll counts in milliseconds, and a pause has but two.
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def _drive(
    url: str, count: int, pairs: Sequence[Pair], seconds: float, jobs: float, seed: int
) -> Outcome:
    async with lanes(url, count) as opened:
        start, cpu, limit = time.perf_counter(), time.process_time(), Limit(seconds, jobs)
        clients = [
            Client(
                lane, (post(f"/api/{name}", body) for name, body in draw(pairs, seed * 1000 + number)), limit
            )
            for number, lane in enumerate(opened)
        ]
        for client in clients:
            client.submit()
        await all_ended(clients)
        took, cpu = time.perf_counter() - start, time.process_time() - cpu
    latencies = [latency for client in clients for latency in client.latencies]
    return Outcome(count, took, cpu, latencies, sum(client.errors for client in clients))


async def all_ended(clients: Sequence[Client]) -> None:
    """Raises SystemExit when no job ends any more."""
    waiting: set[asyncio.Future[Any]] = {client.ended for client in clients}
    before = -1
    while waiting:
        now = sum(len(client.latencies) for client in clients)
        if now == before:
            raise SystemExit(f"no job of {len(waiting)} clients ended in {SILENT_AFTER:.0f} s")
        _, waiting = await asyncio.wait(waiting, timeout=SILENT_AFTER)
        before = now


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--csv", type=Path, default=survey.chosen())
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if urlsplit(asked.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("loopback addresses only")
    pairs = survey.usable_pairs(asked.csv)
    outcome = drive(asked.url, asked.clients, pairs, seconds=asked.seconds, seed=asked.seed)
    print(json.dumps({name: round(figure, 2) for name, figure in outcome.summary().items()}))
    sys.exit(1 if outcome.errors else 0)


if __name__ == "__main__":
    main()
