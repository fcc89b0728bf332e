"""Closed-loop load: each client submits a job and polls it until it is done, then submits the next.

    python -m bench.closed_loop [--url URL] [--clients 8] [--seconds 8] [--csv FILE] [--seed 1]

Statistics, and pairs of question and state that have rows, are drawn from the CSV, uniformly. A client
keeps its connection where the server does, and waits 2 ms between polls. All clients share one thread of
one process: the cores are the server's. Prints one line of JSON: jobs a second, percentiles of the
milliseconds from the first byte sent to the answer in hand, errors, the load's own share of a core.
"""

import argparse
import asyncio
import json
import math
import selectors
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench import survey
from bench.client import Client, Limit, Pair, requests
from bench.samples import quantile

SILENT_AFTER = 30.0  # seconds in which no job ends: the server hangs


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
    parts = urlsplit(url)
    address, limit = (parts.hostname or "", parts.port or 80), Limit(jobs)
    clients = [Client(address, requests(pairs, seed * 1000 + number), limit) for number in range(count)]
    for client in clients:
        await client.connect()
    start, cpu = time.perf_counter(), time.process_time()
    limit.start(seconds)
    for client in clients:
        client.submit()
    await all_ended(clients)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    for client in clients:
        client.disconnect()
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
