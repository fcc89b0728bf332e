"""A client's bytes put to the HTTP edge in memory, without sockets, threads or timers that run out."""

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from chalice.config import Config

import app
from chalicelib.bootstrap import get_service
from local.http.handler import BODY_SECONDS, Handler
from local.http.lanes import Lane
from local.http.response import Response
from tests.support.simulated_cloud import SimulatedCloud

QUIET_TURNS, MOST_TURNS = 20, 20_000
HEADER = re.compile(rb"[!-9;-~]+: [^\r\n\0]*")


def post(statistic: bytes, body: bytes) -> bytes:
    head = b"POST /api/%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    return head % (statistic, len(body)) + body


SEEDS = [
    post(b"state_mean", b'{"question": "S1", "state": "Hessen"}'),
    post(b"best5", b'{"question": "\\ud83d\\ude00 \\u0000"}'),
    post(b"best5", b'{"question": "\\ud83d"}'),
    post(b"best5", b"[" * 900 + b"]" * 900),
    b"POST /api/best5 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n"
    b'{"question": "S1"}\r\n0\r\nA: b\r\n\r\n',
    b"GET /api/get_results/job_id_1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/num_jobs HTTP/1.0\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"OPTIONS /api/jobs?limit=5 HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n",
    b"GET /api/graceful_shutdown HTTP/1.1\r\nHost: localhost\r\n\r\n" + post(b"best5", b'{"question": "S1"}'),
    b"GET http://[::1]/api/%71uestions;a#b HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
    b"\r\n",
]


class Wire(asyncio.Transport):
    """A transport to nowhere that keeps the written bytes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = b""
        self.protocol: asyncio.Protocol | None = None
        self._loop, self._closing = loop, False

    def write(self, data: Any) -> None:
        if not self._closing:  # an asyncio transport ignores it too
            self.written += data

    def close(self) -> None:
        if not self._closing and self.protocol:
            self._closing = True
            self._loop.call_soon(self.protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        """The fuzzer sends everything anyway."""

    def resume_reading(self) -> None:
        """As above."""


class OnTheLoop(Lane):
    async def run(self, work: Callable[[], Response]) -> Response:
        return work()


class RecordingHandler(Handler):
    """Runs every view on the event loop, and counts the requests."""

    def __init__(self) -> None:
        super().__init__(app.app, Config(), "127.0.0.1", BODY_SECONDS)
        self._lanes = dict.fromkeys(self._lanes, OnTheLoop(1))
        self.methods: list[str] = []
        self.unfinished = 0

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.methods.append(request.method)
        self.unfinished += 1
        try:
            return await super().handle(request)
        finally:
            self.unfinished -= 1


class Outcome:
    """The statuses that a client reads, and whether the server saw more than well-formed requests."""

    def __init__(self, written: bytes, handler: RecordingHandler) -> None:
        self.statuses = statuses(written, handler.methods)
        # aiohttp itself answers a malformed head; the handler sees nothing of it.
        self.malformed = len(self.statuses) > len(handler.methods)


async def converse(pieces: list[bytes]) -> Outcome:
    """Send these pieces to a new service, hang up when nothing more happens, and check what came back."""
    cloud = SimulatedCloud()
    get_service.use(lambda: cloud.process().service)
    handler, wire = RecordingHandler(), Wire(asyncio.get_running_loop())
    wire.protocol = handler.web_server()()
    wire.protocol.connection_made(wire)
    for piece in pieces:
        wire.protocol.data_received(piece)
        await until_quiet(wire, handler)
    answered = len(handler.methods) - handler.unfinished
    outcome = Outcome(wire.written, handler)
    assert answered <= len(outcome.statuses) <= answered + 1, f"{answered} answered: {outcome.statuses}"
    wire.close()
    await until_quiet(wire, handler)
    assert not handler.unfinished, "a request outlives its client"
    assert len(asyncio.all_tasks()) == 1, "a task outlives its connection"
    return outcome


async def until_quiet(wire: Wire, handler: RecordingHandler) -> None:
    """Run the loop until nothing is written and no request begins or ends."""
    before, quiet = None, 0
    for _ in range(MOST_TURNS):
        now = len(wire.written), len(handler.methods), handler.unfinished
        quiet = quiet + 1 if now == before else 0
        if quiet == QUIET_TURNS:
            return
        before = now
        await turn()
    raise AssertionError("the connection never comes to rest")


def turn() -> Awaitable[None]:
    return asyncio.sleep(0)


def statuses(written: bytes, methods: list[str]) -> list[int]:
    """The status of each response, if all of it is HTTP and none is the server's fault."""
    found: list[int] = []
    while written:
        head, end, rest = written.partition(b"\r\n\r\n")
        line, *headers = head.split(b"\r\n")
        status = int(line.split(b" ")[1])
        assert end
        assert all(HEADER.fullmatch(header) for header in headers), head
        if status == 100:
            written = rest
            continue
        fields = dict(header.split(b": ", 1) for header in headers)
        # Overload and outages name a time to come back.
        assert status < 500 or b"Retry-After" in fields, head
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        length = 0 if method == "HEAD" or status in (204, 304) else int(fields[b"Content-Length"])
        body, written = rest[:length], rest[length:]
        assert len(body) == length
        assert b"Traceback" not in body
        found.append(status)
    return found


def cut(data: bytes, places: bytes) -> list[bytes]:
    """The data in pieces; a place is a position in 256ths of its length."""
    bounds = [0, *sorted(place * len(data) // 256 for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


def check(loop: asyncio.AbstractEventLoop, data: bytes, places: bytes) -> None:
    """Raise AssertionError if the responses are not HTTP, or depend on where the network cuts the bytes."""
    whole = loop.run_until_complete(converse([data]))
    pieces = loop.run_until_complete(converse(cut(data, places)))
    # aiohttp drops the requests before a malformed one, and those behind an offer of another protocol,
    # if they come in the same packet.
    if not whole.malformed and b"upgrade" not in data.lower():
        assert pieces.statuses == whole.statuses, f"{pieces.statuses} in pieces, {whole.statuses} in one"
