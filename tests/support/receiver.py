"""Somebody who is called back: a real HTTP server on a port of its own, that answers as it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """`received` has what came, `answers` the statuses to give, the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[Received] = []
        self.answers = [200]
        self.more: dict[str, str] = {}
        self.came = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, count: int) -> list[Received]:
        """What came, when it is that much."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.received) >= count, 20), self.received
            return list(self.received)


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.came:
            self.server.received.append(Received(self.path, dict(self.headers), body))
            answers = self.server.answers
            status = answers.pop(0) if len(answers) > 1 else answers[0]
            self.server.came.notify_all()
        self.send_response(status)
        for name, value in self.server.more.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests say themselves what they want to know."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
