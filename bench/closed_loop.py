"""Closed-loop load: each client submits a job and polls it until it is done, then submits the next.

    python -m bench.load --url http://127.0.0.1:8000 [--clients 8] [--seconds 8] [--csv FILE] [--seed 1]

Statistics, and pairs of question and state that have rows, are drawn from the CSV, uniformly. A client
has one keep-alive connection and waits 2 ms between polls. All clients share one thread of one process,
whose requests are made by hand: the cores are the server's. Prints one line of JSON: jobs a second,
percentiles of the milliseconds from the first byte sent to the answer in hand, errors.
"""

import argparse
import heapq
import itertools
import json
import math
import random
import re
import select
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bench import survey
from bench.connection import SILENT_AFTER, Connection
from bench.samples import percentile
from chalicelib.statistics import STATISTICS

PAUSE = 0.002  # seconds between two polls
LOST_AFTER = 5.0  # seconds; a job that runs longer counts as an error

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
            figures[f"p{share}_ms"] = percentile(self.latencies, share / 100) * 1000
        return figures


class Client:
    """One client: its connection and the job that it is at. `poll` is empty until that has an id."""

    def __init__(self, host: str, port: int, pairs: Sequence[Pair], seed: int) -> None:
        self.connection = Connection(host, port)
        self.started, self.poll = 0.0, b""
        self._host = f"Host: {host}:{port}\r\n".encode()
        self._questions = questions(pairs, seed)

    def fileno(self) -> int:
        return self.connection.fileno()

    def submit(self) -> None:
        statistic, body = next(self._questions)
        request = (
            b"POST /api/%b HTTP/1.1\r\n%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (
                statistic.encode(),
                self._host,
                len(body),
                body,
            )
        )
        self.started, self.poll = time.perf_counter(), b""
        self.connection.send(request)

    def ask_after(self, job_id: bytes) -> None:
        self.poll = b"GET /api/get_results/%b HTTP/1.1\r\n%b\r\n" % (job_id, self._host)
        self.connection.send(self.poll)


def questions(pairs: Sequence[Pair], seed: int) -> Iterator[tuple[str, bytes]]:
    """Statistic and body, drawn for ever."""
    draw, names = random.Random(seed), sorted(STATISTICS)
    while True:
        name, inputs = draw.choice(names), draw.choice(pairs)
        body = dict(zip(STATISTICS[name].parameters, inputs, strict=False))
        yield name, json.dumps(body).encode()


class Load:
    """Clients that work side by side until `seconds` are over or `jobs` are submitted."""

    def __init__(self, clients: Sequence[Client], seconds: float = math.inf, jobs: float = math.inf) -> None:
        self._clients, self._seconds, self._jobs = clients, seconds, jobs
        self._latencies: list[float] = []
        self._submitted = self._errors = 0
        self._waiting: set[Client] = set()  # for an answer
        self._pausing: list[tuple[float, int, Client]] = []  # until a time; the number keeps order
        self._numbers = itertools.count()

    def run(self) -> Outcome:
        start, cpu = time.perf_counter(), time.process_time()
        self._end = start + self._seconds
        for client in self._clients:
            self._next_job(client)
        while self._waiting or self._pausing:
            for client in self._answered():
                self._attempt(client, self._on_answer)
            while self._pausing and self._pausing[0][0] <= time.perf_counter():
                self._attempt(heapq.heappop(self._pausing)[2], self._poll_again)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        for client in self._clients:
            client.connection.close()
        return Outcome(len(self._clients), seconds, cpu, self._latencies, self._errors)

    def _answered(self) -> list[Client]:
        # Not epoll: it counts in milliseconds, and a pause has but two.
        pause = self._pausing[0][0] - time.perf_counter() if self._pausing else SILENT_AFTER
        found, _, _ = select.select(self._waiting, (), (), max(pause, 0))
        if not found and not self._pausing:
            raise SystemExit(f"no answer to any of {len(self._waiting)} clients in {SILENT_AFTER:.0f} s")
        return found

    def _attempt(self, client: Client, step: Callable[[Client], None]) -> None:
        try:
            step(client)
        except OSError:
            client.connection.close()
            self._job_ended(client, good=False)

    def _next_job(self, client: Client) -> None:
        if self._submitted >= self._jobs or time.perf_counter() >= self._end:
            self._waiting.discard(client)
            return
        self._submitted += 1
        self._waiting.add(client)
        client.submit()

    def _on_answer(self, client: Client) -> None:
        body = client.connection.receive()
        if body is None:
            return
        if not client.poll:
            if job_id := JOB_ID.search(body):
                client.ask_after(job_id[1])
            else:
                self._job_ended(client, good=False)
            return
        status = STATUS.search(body)
        word = status[1] if status else b""
        if word == b"running" and time.perf_counter() - client.started < LOST_AFTER:
            self._waiting.discard(client)
            until = time.perf_counter() + PAUSE
            heapq.heappush(self._pausing, (until, next(self._numbers), client))
        else:
            self._job_ended(client, good=word == b"done")

    def _poll_again(self, client: Client) -> None:
        self._waiting.add(client)
        client.connection.send(client.poll)

    def _job_ended(self, client: Client, good: bool) -> None:
        self._latencies.append(time.perf_counter() - client.started)
        self._errors += not good
        self._next_job(client)


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
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    made = [Client(host, port, pairs, seed * 1000 + number) for number in range(clients)]
    return Load(made, seconds, jobs).run()


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
