"""The HTTP server of a laptop, the same under `make run` and `chalice local`.

One thread reads, answers and writes for every connection; a view that may wait has a thread of its own.
"""

import asyncio
import contextlib
import gc
import os
import resource
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

import chalice.local
from chalice.app import Chalice
from chalice.config import Config

from chalicelib.errors import StatlineError
from chalicelib.observability.metrics import read_gauge
from local.cli.console import say
from local.http.connection import PATIENCE, Connection, Patience
from local.http.gateway import Call, Gateway, Request, Response, failure

BACKLOG = 2048
SPARE_FILES = 64  # descriptors that files, logs and pipes need beside the connections
MOST_BLOCKED = 256  # views that wait, each on a thread of its own
EXPIRY_SECONDS = 0.5
CLOSE_SECONDS = 5.0
PARENT_POLL_SECONDS = 0.2


class Server:
    """A listening socket, and what happens on it. `serve_forever` runs on one thread, `shutdown` on another.

    Raises OSError when the address cannot be had.
    """

    def __init__(
        self,
        application: Chalice,
        config: Config,
        host: str,
        port: int,
        patience: Patience = PATIENCE,
        most_connections: int | None = None,
    ) -> None:
        self.patience = patience
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=BACKLOG)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self.connections: set[Connection] = set()
        self._most = most_connections or possible_connections()
        self._gateway = Gateway(application, config)
        read_gauge("statline_http_connections_open", "Connections of clients.", lambda: len(self.connections))
        self._blocked = 0
        self._posting, self._posts = False, deque[tuple[Request, Callable[[Response], None]]]()
        self._loop = asyncio.new_event_loop()
        self._stop, self._deserted = asyncio.Event(), asyncio.Event()
        self._ended = threading.Event()

    def serve_forever(self) -> None:
        """Serve until `shutdown`."""
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()
            self._ended.set()

    def shutdown(self) -> None:
        """Take no further request; return when those that were taken are answered, or too slow at reading."""
        with contextlib.suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._stop.set)
        self._ended.wait(2 * CLOSE_SECONDS)

    # --- what a connection calls ----------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        if len(self.connections) >= self._most:
            # Whoever is nearest to being too slow makes room; one that is being answered never does.
            min(self.connections, key=lambda other: other.deadline).expire()
        self.connections.add(connection)

    def closed(self, connection: Connection) -> None:
        self.connections.discard(connection)
        if not self.connections:
            self._deserted.set()

    def answer(self, request: Request, done: Callable[[Response], None]) -> None:
        if request.method != "POST":
            self._answer(request, done)
        elif self._posting:
            self._posts.append((request, done))
        else:
            self._posting = True
            self._answer(request, done)
            self._loop.call_soon(self._next_post)

    def _next_post(self) -> None:
        """One POST a turn of the loop: in a storm of them, who reads waits for one and not for all."""
        if self._posts:
            self._answer(*self._posts.popleft())
            self._loop.call_soon(self._next_post)
        else:
            self._posting = False

    def _answer(self, request: Request, done: Callable[[Response], None]) -> None:
        call = self._gateway.call(request)
        if isinstance(call, Response):
            done(call)
        elif call.runs_in_thread:
            self._answer_on_a_thread(call, done)
        else:
            done(self._gateway.run(call))

    def _answer_on_a_thread(self, call: Call, done: Callable[[Response], None]) -> None:
        if self._blocked >= MOST_BLOCKED:
            done(failure(503, f"{MOST_BLOCKED} requests wait already; ask again", {"Retry-After": "1"}))
            return
        self._blocked += 1

        def ended(response: Response) -> None:
            self._blocked -= 1
            done(response)

        def run() -> None:
            response = self._gateway.run(call)
            with contextlib.suppress(RuntimeError):  # the loop is closed: so is the connection
                self._loop.call_soon_threadsafe(ended, response)

        # A daemon, unlike an executor's thread: the end of the process waits for nobody who waits.
        threading.Thread(target=run, name="Blocking", daemon=True).start()

    # --- the event loop -------------------------------------------------------------------------

    async def _serve(self) -> None:
        server = await self._loop.create_server(lambda: Connection(self), sock=self._socket, backlog=BACKLOG)
        expiry = self._loop.create_task(self._expire())
        await self._stop.wait()
        server.close()
        expiry.cancel()
        await self._close_connections()

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            now = time.monotonic()
            for connection in [one for one in self.connections if one.deadline < now]:
                connection.expire()

    async def _close_connections(self) -> None:
        self._deserted.clear()
        for connection in list(self.connections):
            connection.close_when_idle()
        if self.connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._deserted.wait(), CLOSE_SECONDS)
        for connection in list(self.connections):
            connection.abort()


class DevServer(Server):
    """The Server whose service runs before the first request: unfinished jobs wait for nobody."""

    def serve_forever(self) -> None:
        if os.environ.get("CHALICE_WORKER"):
            threading.Thread(target=die_with_parent, args=(os.getppid(),), daemon=True).start()
        try:
            start_service()
        except StatlineError as error:
            print(f"statline: {error}", file=sys.stderr, flush=True)
            # Under autoreload this is not the main thread, and the main one would wait for ever.
            os._exit(1)
        # What is imported and made by now stays: looking through it for garbage would hold up every client.
        gc.collect()
        gc.freeze()
        say(f"Serving on http://{self.host}:{self.port}")
        super().serve_forever()


def possible_connections() -> int:
    """How many connections the process can hold open; asks the system for as many as it gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # macOS names "no limit" and then refuses it, so what was there before has to do.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return sys.maxsize if soft == resource.RLIM_INFINITY else max(soft - SPARE_FILES, SPARE_FILES)


def start_service() -> None:
    from local.emulator.emulator import laptop

    laptop()


def replace_chalices_own() -> None:
    """Let `chalice local` make our server: it looks this name up when it makes one."""
    setattr(chalice.local, "LocalDevServer", DevServer)  # noqa: B010 - mypy refuses a plain assignment


def die_with_parent(parent: int) -> None:
    """Under autoreload the server is a child; a parent that is killed would leave it with the port."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_POLL_SECONDS)
    os._exit(0)
