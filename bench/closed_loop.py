"""Closed-loop load: each client submits a job and polls it until it is done, then submits the next.

Clients draw statistics, and pairs of question and state that have rows, uniformly. They keep their
connection where the server does and wait 2 ms between polls. All share one thread of one process: the cores
are the server's.
"""

import asyncio
import math
import random
import re
import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bench.load import LOST, Answer, Lane, connect, post, result
from bench.survey import Pair
from chalicelib.domain.statistics.registry import MEANS

PAUSE = 0.002  # seconds between two polls
LOST_AFTER = 5.0  # seconds; a job that runs longer counts as an error
SILENT_AFTER = 30.0  # seconds without a finished job: the server hangs
JOB_ID = re.compile(rb'"job_id":\s*"([^"]+)"')
STATUS = re.compile(rb'"status":\s*"(\w+)"')  # the first in the body: the job's
LAST = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)


class Outcome(NamedTuple):
    """`latencies` in seconds, one a job, errors included; `cpu` the processor seconds of the load itself."""

    clients: int
    seconds: float
    cpu: float
    latencies: list[float]
    errors: int

    def summary(self) -> dict[str, float]:
        p50, p95, p99 = np.percentile(self.latencies or [0.0], [50, 95, 99]) * 1000
        return {
            "clients": self.clients,
            "jobs": len(self.latencies),
            "jobs/s": len(self.latencies) / self.seconds,
            "p50 ms": float(p50),
            "p95 ms": float(p95),
            "p99 ms": float(p99),
            "errors": self.errors,
            "load, % of a core": self.cpu / self.seconds * 100,
        }


class Client:
    """Submits questions, one job at a time, on a connection that it opens anew when the server closed it."""

    def __init__(self, url: str, requests: Iterator[bytes]) -> None:
        self._url, self._requests = url, requests
        self._lane: Lane | None = None
        self.latencies: list[float] = []
        self.errors = 0

    async def run(self, more: Callable[[], bool]) -> None:
        while more():
            start = time.perf_counter()
            self.errors += not await self._job(start + LOST_AFTER)
            self.latencies.append(time.perf_counter() - start)
        self.close()

    async def _job(self, deadline: float) -> bool:
        """Whether the job ended with a result."""
        accepted = JOB_ID.search((await self._ask(next(self._requests))).body)
        if accepted is None:
            return False
        poll = result(accepted[1].decode())
        while (status := STATUS.search((await self._ask(poll)).body)) and status[1] == b"running":
            if time.perf_counter() > deadline:
                return False
            await asyncio.sleep(PAUSE)
        return status is not None and status[1] == b"done"

    async def _ask(self, request: bytes) -> Answer:
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        try:
            self._lane = self._lane or await connect(self._url)
        except OSError:
            return LOST
        self._lane.send(request, answered.set_result)
        answer = await answered
        if not answer.status or LAST.search(answer.head):  # Flask's server closes after each response
            self.close()
        return answer

    def close(self) -> None:
        if self._lane:
            self._lane.close()
        self._lane = None


def drive(
    url: str,
    clients: int,
    pairs: Sequence[Pair],
    *,
    seconds: float = math.inf,
    jobs: float = math.inf,
    seed: int = 1,
    more: str = "",
    names: Sequence[str] = tuple(sorted(MEANS)),
) -> Outcome:
    """Load the server at `url` for so many seconds, or until so many jobs are submitted.

    `more` has further header lines of each submission, `names` the statistics that are asked.
    """
    # epoll counts in milliseconds, too coarse for the pause.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(_drive(url, clients, pairs, seconds, jobs, seed, (more, names)))


async def _drive(
    url: str,
    count: int,
    pairs: Sequence[Pair],
    seconds: float,
    jobs: float,
    seed: int,
    kind: tuple[str, Sequence[str]],
) -> Outcome:
    clients = [Client(url, requests(pairs, seed * 1000 + number, *kind)) for number in range(count)]
    start, cpu, submitted = time.perf_counter(), time.process_time(), 0

    def more() -> bool:
        nonlocal submitted
        submitted += 1
        return submitted <= jobs and time.perf_counter() < start + seconds

    await finished(clients, {asyncio.create_task(client.run(more)) for client in clients})
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    latencies = [latency for client in clients for latency in client.latencies]
    return Outcome(count, took, cpu, latencies, sum(client.errors for client in clients))


async def finished(clients: Sequence[Client], tasks: set[asyncio.Task[None]]) -> None:
    """Wait for the clients. Raises SystemExit when no job ends any more."""
    jobs = -1
    while tasks:
        if jobs == (jobs := sum(len(client.latencies) for client in clients)):
            raise SystemExit(f"no job of {len(tasks)} clients ended in {SILENT_AFTER:.0f} s")
        ended, tasks = await asyncio.wait(tasks, timeout=SILENT_AFTER)
        for task in ended:
            task.result()


def requests(
    pairs: Sequence[Pair], seed: int, header: str = "", names: Sequence[str] = tuple(sorted(MEANS))
) -> Iterator[bytes]:
    choice = random.Random(seed).choice
    while True:
        name, inputs = choice(names), choice(pairs)
        yield post(f"/api/{name}", dict(zip(MEANS[name].parameters, inputs, strict=False)), header)
