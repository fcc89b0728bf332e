"""HTTP/1.1 as light as one process can make it, so that the server and not its client is measured."""

import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from chalicelib.documents.result_table import frozen_json_of
from chalicelib.domain.dataset_description import Description, find_description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import STATISTICS, compute_result
from local.settings import DEFAULT_DESCRIPTION, SAMPLE

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
END_OF_HEAD = b"\r\n\r\n"
RUNNING = b'{"status": "running"}'
ANSWER_SECONDS = 60.0


class Answer(NamedTuple):
    """A status of 0 is a connection that was lost before the answer came."""

    status: int
    head: bytes
    body: bytes


class Question(NamedTuple):
    """A request that asks it, and the body of get_results that is due for it."""

    request: bytes
    due: bytes


LOST = Answer(0, b"", b"")


class Lane(asyncio.Protocol):
    """One connection, kept alive. Requests may follow each other before they are answered, in their order."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = b""
        self._waiting: deque[Callable[[Answer], None]] = deque()
        self._lost = False

    @property
    def outstanding(self) -> int:
        return len(self._waiting)

    def send(self, request: bytes, told: Callable[[Answer], None]) -> None:
        if self._lost:
            return told(LOST)
        self._waiting.append(told)
        return self._transport.write(request)

    async def ask(self, request: bytes) -> Answer:
        """Raises TimeoutError."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def told(found: Answer) -> None:
            if not answered.done():
                answered.set_result(found)

        self.send(request, told)
        return await asyncio.wait_for(answered, ANSWER_SECONDS)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # of a stream it is one for both ways

    def data_received(self, data: bytes) -> None:
        self._received += data
        start = 0
        while (end := self._received.find(END_OF_HEAD, start)) >= 0:
            head = self._received[start:end]
            length = LENGTH.search(head)
            body = end + len(END_OF_HEAD)
            if length is None or len(self._received) < body + int(length[1]):
                break
            start = body + int(length[1])
            self._waiting.popleft()(Answer(int(head[9:12]), head, self._received[body:start]))
        self._received = self._received[start:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        while self._waiting:
            self._waiting.popleft()(LOST)

    def close(self) -> None:
        self._transport.abort()


@asynccontextmanager
async def lanes(url: str, count: int) -> AsyncIterator[list[Lane]]:
    """Connections to a server, closed at the end."""
    loop, address = asyncio.get_running_loop(), urlsplit(url)
    host, port = address.hostname or "", address.port or 80
    opened = [(await loop.create_connection(Lane, host, port))[1] for _ in range(count)]
    try:
        yield opened
    finally:
        for lane in opened:
            lane.close()


async def all_answered(opened: Sequence[Lane]) -> None:
    """Return when nothing is outstanding on any connection. Raises TimeoutError."""
    async with asyncio.timeout(ANSWER_SECONDS):
        while any(lane.outstanding for lane in opened):
            await asyncio.sleep(0.005)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def post(path: str, body: object, more: str = "") -> bytes:
    """`more` has header lines, each with its end."""
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\n{more}Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def result(job_id: str) -> bytes:
    return get(f"/api/get_results/{job_id}")


def questions() -> list[Question]:
    """Every statistic of every question of the sample, for two states; answered here, without a server."""
    data = DataIngestor.from_csv(SAMPLE, Description.load(find_description(SAMPLE, DEFAULT_DESCRIPTION)))
    catalogue = data.catalogue()
    asked = [one["id"] for one in catalogue["questions"]]
    states = [one["name"] for one in catalogue["states"]][:2]
    return list(dict.fromkeys(_questions(data, asked, states)))


def _questions(data: DataIngestor, asked: Sequence[str], states: Sequence[str]) -> Iterator[Question]:
    for name, question, state in itertools.product(STATISTICS, asked, states):
        values = {"question": question, "state": state}
        inputs = {field: values[field] for field in STATISTICS[name].parameters}
        found = frozen_json_of(name, compute_result(data, name, inputs)).decode()
        due = f'{{"status": "done", "data": {found}}}'
        yield Question(post(f"/api/{name}", inputs), due.encode())


async def wait_until_idle(lane: Lane, seconds: float) -> bool:
    """Whether every accepted job was finished within that time."""
    end = time.monotonic() + seconds
    while (await lane.ask(get("/api/num_jobs"))).body != b'{"num_jobs": 0}':
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.1)
    return True
