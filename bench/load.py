"""HTTP/1.1 with as little work as possible, so that the server and not its client is measured."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
END_OF_HEAD = b"\r\n\r\n"
RUNNING = b'{"status": "running"}'
RESPONSE_SECONDS = 60.0


class Answer(NamedTuple):
    """A response; a status of 0 is a connection that ended before it."""

    status: int
    head: bytes
    body: bytes


LOST = Answer(0, b"", b"")


class Lane(asyncio.Protocol):
    """One connection, kept alive. Requests may be pipelined; responses come in their order."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = b""
        self._waiting: deque[Callable[[Answer], None]] = deque()
        self.lost = False

    @property
    def outstanding(self) -> int:
        return len(self._waiting)

    def send(self, request: bytes, on_answer: Callable[[Answer], None]) -> None:
        if self.lost:
            return on_answer(LOST)
        self._waiting.append(on_answer)
        return self._transport.write(request)

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for the response. Raises TimeoutError."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.send(request, lambda received: None if answer.done() else answer.set_result(received))
        async with asyncio.timeout(RESPONSE_SECONDS):
            return await answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # asyncio types it without write, which a stream's transport has

    def data_received(self, data: bytes) -> None:
        self._received += data
        start = 0
        while (end := self._received.find(END_OF_HEAD, start)) >= 0:
            head = self._received[start:end]
            length, body = LENGTH.search(head), end + len(END_OF_HEAD)
            if length is None or len(self._received) < body + int(length[1]):
                break
            start = body + int(length[1])
            self._waiting.popleft()(Answer(int(head[9:12]), head, self._received[body:start]))
        self._received = self._received[start:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        while self._waiting:
            self._waiting.popleft()(LOST)

    def close(self) -> None:
        self._transport.abort()


async def connect(url: str) -> Lane:
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, lane = await loop.create_connection(Lane, address.hostname or "", address.port or 80)
    return lane


@asynccontextmanager
async def lanes(url: str, count: int) -> AsyncIterator[list[Lane]]:
    """Connections to a server, closed at the end."""
    opened = [await connect(url) for _ in range(count)]
    try:
        yield opened
    finally:
        for lane in opened:
            lane.close()


async def all_answered(opened: Sequence[Lane]) -> None:
    """Wait until nothing is outstanding on any connection. Raises TimeoutError."""
    async with asyncio.timeout(RESPONSE_SECONDS):
        while any(lane.outstanding for lane in opened):
            await asyncio.sleep(0.005)


async def wait_until_idle(lane: Lane, seconds: float) -> bool:
    """Whether every accepted job was finished within that time."""
    end = time.monotonic() + seconds
    while (await lane.ask(get("/api/num_jobs"))).body != b'{"num_jobs": 0}':
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.1)
    return True


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, body: object, more: str = "") -> bytes:
    """`more` has header lines, each with its end."""
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{more}Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def result(job_id: str) -> bytes:
    return get(f"/api/get_results/{job_id}")
