"""A fuzzer of the laptop's HTTP, guided by what of the code its bytes reach: `make fuzz`.

Whatever bytes come, cut wherever the network likes: no exception, no answer that is not HTTP, no 5xx,
nothing left hanging, and the same answers as if they had come in one piece.
"""

import asyncio
import itertools
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["local.http.connection", "local.http.gateway", "chalicelib"]):
    from chalice.config import Config

    import app
    from chalicelib.bootstrap import get_service
    from local.http.connection import PATIENCE, Connection
    from local.http.gateway import Gateway, Request, Response

from tests.support.simulated_cloud import SimulatedCloud

LONGEST, PLACES = 4096, 4


def post(statistic: bytes, body: bytes) -> bytes:
    head = b"POST /api/%b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    return head % (statistic, len(body)) + body


SEEDS = [
    post(b"state_mean", b'{"question": "S1", "state": "Hessen"}'),
    post(b"best5", b'{"question": "\\ud83d\\ude00 \\u0000"}'),
    post(b"best5", b'{"question": "\\ud83d"}'),
    post(b"best5", b"[" * 900 + b"]" * 900),
    b"POST /api/best5 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n"
    b'{"question": "S1"}\r\n0\r\nA: b\r\n\r\n',
    b"GET /api/get_results/job_id_1 HTTP/1.1\r\nHost: x\r\n\r\nGET /api/num_jobs HTTP/1.0\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"OPTIONS /api/jobs?limit=5 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
    b"GET /api/graceful_shutdown HTTP/1.1\r\nHost: x\r\n\r\n" + post(b"best5", b'{"question": "S1"}'),
    b"GET http://x:80/api/%71uestions;a#b HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
]
WORDS = [
    *("GET ", "POST ", "HEAD ", "OPTIONS ", "DELETE ", " HTTP/1.1", " HTTP/1.0", "\\x0d\\x0a", "Host: x"),
    *("Content-Length: ", "Transfer-Encoding: chunked", "Content-Type: ", "Expect: 100-continue", "Accept: "),
    *("Connection: close", "Connection: Upgrade", "Upgrade: h2c", "0\\x0d\\x0a\\x0d\\x0a", "Prefer: "),
    *(
        "question",
        "state",
        "S1",
        "Humus",
        "Hessen",
        "NaN",
        "\\xff",
        "\\x00",
        "ud800",
        "%2e%2e%2f",
        "%00",
        "%0d%0a",
    ),
    *("/api/best5", "/api/state_mean", "/api/get_results/job_id_1", "/api/jobs", "/api/num_jobs"),
    *("/api/graceful_shutdown", "/api/questions", "traceparent: 00-"),
]


class Wire(asyncio.Transport):
    """A transport to nowhere that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: Any) -> None:
        assert not self.closing, "written after the end"
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closing = True

    abort = close

    def is_closing(self) -> bool:
        return self.closing

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.closing = True

    def pause_reading(self) -> None:
        """The fuzzer sends all it has anyway."""

    def resume_reading(self) -> None:
        """As above."""


class Server:
    """What a connection needs of its server, without sockets."""

    patience = PATIENCE

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.asked: list[Request] = []

    def opened(self, connection: Connection) -> None:
        """Nobody counts them here."""

    def closed(self, connection: Connection) -> None:
        """As above."""

    def answer(self, request: Request, done: Callable[[Response], None]) -> None:
        self.asked.append(request)
        call = self.gateway.call(request)
        response = call if isinstance(call, Response) else self.gateway.run(call)
        # Overload and outages are told with a time to come back; nothing else is the server's fault.
        assert response.status < 500 or "Retry-After" in response.headers, f"{response.status} to {request}"
        done(response)


def statuses(written: list[bytes], asked: list[Request]) -> list[int]:
    """What the client reads, if it is HTTP: an answer for each request, and one more for what was none."""
    answers = [one for one in written if not one.startswith(b"HTTP/1.1 100 ")]
    assert len(asked) <= len(answers) <= len(asked) + 1
    for answer, request in itertools.zip_longest(answers, asked):
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: ([0-9]+)", head)
        if length is None:
            assert head.startswith(b"HTTP/1.1 204 ")
        else:
            assert len(body) == (0 if request is not None and request.method == "HEAD" else int(length[1]))
        assert b"Traceback" not in body
        assert all(re.fullmatch(rb"[!-9;-~]+: [^\r\n\0]*", line) for line in head.split(b"\r\n")[1:]), head
    return [int(answer.split(b" ", 2)[1]) for answer in answers]


async def converse(gateway: Gateway, pieces: list[bytes]) -> list[int]:
    """What a client is answered who sends these pieces to a service of its own and closes its half."""
    cloud = SimulatedCloud()
    get_service.use(lambda: cloud.process().service)
    server, wire = Server(gateway), Wire()
    connection = Connection(server)
    connection.connection_made(wire)
    for piece in pieces:
        connection.data_received(piece)
        await asyncio.sleep(0)
    open_still = connection.eof_received()
    for _ in range(len(server.asked) + LONGEST):
        if wire.closing or not open_still:
            break
        await asyncio.sleep(0)
    assert wire.closing or not open_still, "the connection hangs"
    connection.connection_lost(None)
    return statuses(wire.written, server.asked)


def cut(data: bytes, places: bytes) -> list[bytes]:
    bounds = [0, *sorted(place * len(data) // 256 for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


def target(gateway: Gateway, loop: asyncio.AbstractEventLoop) -> Callable[[bytes], None]:
    def one_input(data: bytes) -> None:
        # The input's first bytes say where the rest is cut.
        places, sent = data[:PLACES], data[PLACES:]
        whole = loop.run_until_complete(converse(gateway, [sent]))
        assert loop.run_until_complete(converse(gateway, cut(sent, places))) == whole

    return one_input


def write_seeds(folder: Path) -> None:
    """Requests that get far, for the fuzzer to begin with."""
    folder.mkdir(parents=True, exist_ok=True)
    places = bytes(range(10, 10 + 40 * PLACES, 40))
    for number, seed in enumerate(SEEDS):
        (folder / f"seed-{number}").write_bytes(places + seed)


def main() -> None:
    """Arguments: a folder for what it finds interesting, then options of libFuzzer."""
    corpus = Path(sys.argv[1])
    write_seeds(corpus)
    logging.disable()
    loop = asyncio.new_event_loop()
    gateway = Gateway(app.app, Config())
    words = corpus.with_suffix(".words")
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-max_len={LONGEST}",
            f"-dict={words}",
            "-len_control=0",
            "-verbosity=0",
            "-print_final_stats=1",
            f"-artifact_prefix={corpus.parent}/",
            *sys.argv[2:],
        ],
        target(gateway, loop),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
