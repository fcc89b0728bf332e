"""A subscriber: a real HTTP server on its own port that records callbacks and responds as a test plans."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Received(NamedTuple):
    """A callback, and when it came, in seconds since the epoch."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class Receiver(ThreadingHTTPServer):
    """`received` has the callbacks, `answers` the statuses of the responses; the last one repeats."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[Received] = []
        self.answers = [200]
        self.more: dict[str, str] = {}
        self.arrival = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, count: int) -> list[Received]:
        """Wait for so many callbacks and return them."""
        with self.arrival:
            assert self.arrival.wait_for(lambda: len(self.received) >= count, 20), self.received
            return list(self.received)


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.arrival:
            self.server.received.append(Received(self.path, dict(self.headers), body, time.time()))
            answers = self.server.answers
            status = answers.pop(0) if len(answers) > 1 else answers[0]
            self.server.arrival.notify_all()
        self.send_response(status)
        for name, value in self.server.more.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


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
