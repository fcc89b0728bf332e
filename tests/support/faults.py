"""A proxy before AWS that fails calls on request, over real sockets: faults reach the code as AWS's would."""

import http.client
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

# How each service says it: status and code.
REFUSALS: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "throttle": {
        "dynamodb": (400, "ProvisionedThroughputExceededException"),
        "sqs": (400, "RequestThrottled"),
        "s3": (503, "SlowDown"),
    },
    "error": {
        "dynamodb": (500, "InternalServerError"),
        "sqs": (500, "InternalFailure"),
        "s3": (500, "InternalError"),
    },
    "expired": {
        "dynamodb": (400, "ExpiredTokenException"),
        "sqs": (403, "ExpiredToken"),
        "s3": (400, "ExpiredToken"),
    },
    "denied": {
        "dynamodb": (400, "AccessDeniedException"),
        "sqs": (403, "AccessDenied"),
        "s3": (403, "AccessDenied"),
    },
    "missing": {
        "dynamodb": (400, "ResourceNotFoundException"),
        "sqs": (400, "QueueDoesNotExist"),
        "s3": (404, "NoSuchBucket"),
    },
}
# Seconds by which an answer is late that is `late`.
LATE = 0.4
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "server", "date"}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: bytes


class Call(NamedTuple):
    """A request to AWS."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def service(self) -> str:
        target = self.headers.get("X-Amz-Target", "")
        return "dynamodb" if target.startswith("DynamoDB") else "sqs" if target else "s3"

    @property
    def operation(self) -> str:
        _, _, name = self.headers.get("X-Amz-Target", "").rpartition(".")
        return name or f"{self.method.capitalize()}Object"


Upstream = Callable[[Call], Answer]


class Faults:
    """How many of the next calls of an operation fail, and how: a key of REFUSALS, or one of the below.

    `reset` and `lose` end the connection before and after the call is applied, `hang` answers nothing,
    `late` answers after a while, `cut` sends half an answer, `foreign` one of something in between, and
    `hold` keeps the call until `release`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[str, tuple[str, int]] = {}
        self.held, self.release = threading.Event(), threading.Event()
        self.met: list[tuple[str, str]] = []

    def plan(self, kind: str, operation: str, count: int = 1) -> None:
        with self._lock:
            self._planned[operation] = (kind, count)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
            self.met.clear()

    def take(self, operation: str) -> str:
        """The kind of fault that meets a call; empty for none."""
        with self._lock:
            kind, left = self._planned.get(operation, ("", 0))
            if not left:
                return ""
            self._planned[operation] = (kind, left - 1)
            self.met.append((kind, operation))
            return kind


def refusal(call: Call, kind: str) -> Answer:
    status, code = REFUSALS[kind][call.service]
    if call.service == "s3":
        text = f"<Error><Code>{code}</Code><Message>as planned</Message></Error>"
        return Answer(status, {"Content-Type": "application/xml"}, text.encode())
    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": "as planned"})
    return Answer(status, {"Content-Type": "application/x-amz-json-1.0"}, body.encode())


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, upstream: Upstream, faults: Faults) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.upstream, self.faults = upstream, faults


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(self.command, self.path, dict(self.headers), body)
        kind = self.server.faults.take(call.operation)
        if kind in REFUSALS:
            self.answer(refusal(call, kind))
        elif kind == "foreign":
            self.answer(Answer(502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>"))
        elif kind in ("reset", "hang", "hold"):
            self.leave(kind)
        else:
            self.pass_on(call, kind)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815 - http.server asks for these names

    def leave(self, kind: str) -> None:
        """End the connection; the call is not applied."""
        if kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif kind == "hang":
            self.rfile.read(1)  # until whoever asked hangs up
        else:
            self.server.faults.held.set()
            self.server.faults.release.wait(20)  # whoever asked is dead by then
        self.close_connection = True

    def pass_on(self, call: Call, kind: str) -> None:
        if kind == "late":
            threading.Event().wait(LATE)
        answer = self.server.upstream(call)
        if kind != "lose":
            self.answer(answer, cut=kind == "cut")
        self.close_connection = kind in ("lose", "cut")

    def answer(self, answer: Answer, cut: bool = False) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content[: len(answer.content) // 2] if cut else answer.content)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests say what failed."""


def at_port(port: int) -> Upstream:
    """An emulator on this machine."""

    def pass_on(call: Call) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(call.method, call.path, call.body, dict(call.headers))
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        connection.close()
        return answer

    return pass_on


@contextmanager
def proxy(upstream: Upstream, port: int = 0) -> Iterator[tuple[Faults, str]]:
    """The faults to plan, and the address to call AWS at."""
    faults = Faults()
    with Proxy(port, upstream, faults) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield faults, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
