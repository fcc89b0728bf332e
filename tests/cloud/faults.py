"""A proxy before AWS that fails calls on request, so that faults reach the code inside the functions."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

THROTTLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "slow down",
}
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "server", "date"}


class Faults:
    """How many of the next calls of a DynamoDB operation are throttled, lose their answer, or are held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[tuple[str, str], int] = {}
        self.held, self.release = threading.Event(), threading.Event()
        self.met: list[tuple[str, str]] = []

    def plan(self, kind: str, operation: str, count: int = 1) -> None:
        with self._lock:
            self._planned[kind, operation] = count

    def take(self, kind: str, operation: str) -> bool:
        with self._lock:
            left = self._planned.get((kind, operation), 0)
            if left:
                self._planned[kind, operation] = left - 1
                self.met.append((kind, operation))
            return left > 0


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, upstream_port: int, faults: Faults) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.upstream_port, self.faults = upstream_port, faults


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def forward(self) -> None:
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.faults.take("throttle", operation):
            self.answer(400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(THROTTLED).encode())
            return
        if self.server.faults.take("hold", operation):
            self.server.faults.held.set()
            self.server.faults.release.wait(20)
            self.close_connection = True  # not applied: whoever asked is dead by now
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream_port, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers))
        response = upstream.getresponse()
        content, headers = response.read(), dict(response.getheaders())
        upstream.close()
        if self.server.faults.take("lose", operation):
            self.close_connection = True  # applied, and nobody is told
            return
        self.answer(response.status, headers, content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815 - http.server asks for these names

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests say what failed."""


@contextmanager
def proxy(port: int, upstream_port: int) -> Iterator[Faults]:
    faults = Faults()
    with Proxy(port, upstream_port, faults) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield faults
        server.shutdown()
        thread.join()
