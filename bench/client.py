"""A client of the closed loop, in callbacks: no task for each request, so that it stays light."""

import asyncio
import math
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence

from bench.load import LOST, Answer, Lane, post, result
from chalicelib.domain.statistics.registry import STATISTICS

PAUSE = 0.002  # seconds between two polls
LOST_AFTER = 5.0  # seconds; a job that runs longer counts as an error

JOB_ID = re.compile(rb'"job_id":\s*"([^"]+)"')
LAST = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
STATUS = re.compile(rb'"status":\s*"(\w+)"')  # the first in the body: the job's

Pair = tuple[str, str]


class Limit:
    """Hands out jobs until `jobs` are handed out, or `seconds` are over since the start."""

    def __init__(self, jobs: float) -> None:
        self._end, self._left = math.inf, jobs

    def start(self, seconds: float) -> None:
        self._end = time.perf_counter() + seconds

    def one_more(self) -> bool:
        if self._left <= 0 or time.perf_counter() >= self._end:
            return False
        self._left -= 1
        return True


class Client:
    """Works through its questions, one job at a time, until there are no more."""

    def __init__(self, address: tuple[str, int], questions: Iterator[bytes], limit: Limit) -> None:
        self._address, self._questions, self._limit = address, questions, limit
        self._loop = asyncio.get_running_loop()
        self._lane: Lane | None = None
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.latencies: list[float] = []
        self.errors = 0

    async def connect(self) -> Lane:
        _, self._lane = await self._loop.create_connection(Lane, *self._address)
        return self._lane

    def disconnect(self) -> None:
        if self._lane:
            self._lane.close()
        self._lane = None

    def submit(self) -> None:
        if not self._limit.one_more():
            self.ended.set_result(None)
            return
        question = next(self._questions)
        self._started = time.perf_counter()
        self._send(question, self._on_accepted)

    def _send(self, request: bytes, then: Callable[[Answer], None]) -> None:
        def told(answer: Answer) -> None:
            # Werkzeug's server ends every connection with its first answer.
            if not answer.status or LAST.search(answer.head):
                self.disconnect()
            then(answer)

        if self._lane:
            self._lane.send(request, told)
        else:
            self._reconnecting = self._loop.create_task(self._send_anew(request, told))

    async def _send_anew(self, request: bytes, told: Callable[[Answer], None]) -> None:
        try:
            lane = await self.connect()
        except OSError:
            told(LOST)
        else:
            lane.send(request, told)

    def _on_accepted(self, answer: Answer) -> None:
        if found := JOB_ID.search(answer.body):
            self._poll = result(found[1].decode())
            self._ask()
        else:
            self._finish(good=False)

    def _ask(self) -> None:
        self._send(self._poll, self._on_result)

    def _on_result(self, answer: Answer) -> None:
        found = STATUS.search(answer.body)
        word = found[1] if found else b""
        if word == b"running" and time.perf_counter() - self._started < LOST_AFTER:
            self._loop.call_later(PAUSE, self._ask)
        else:
            self._finish(good=word == b"done")

    def _finish(self, good: bool) -> None:
        self.latencies.append(time.perf_counter() - self._started)
        self.errors += not good
        self.submit()


def draw(pairs: Sequence[Pair], seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Statistic and inputs, for ever."""
    choice, names = random.Random(seed).choice, sorted(STATISTICS)
    while True:
        name, inputs = choice(names), choice(pairs)
        yield name, dict(zip(STATISTICS[name].parameters, inputs, strict=False))


def requests(pairs: Sequence[Pair], seed: int) -> Iterator[bytes]:
    return (post(f"/api/{name}", body) for name, body in draw(pairs, seed))
