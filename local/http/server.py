"""A listening socket, its event loop and their end."""

import asyncio
import contextlib
import socket
import threading

from aiohttp import web
from chalice.app import Chalice
from chalice.config import Config

from local.http.handler import BODY_SECONDS, Handler

BACKLOG = 2048
CLOSE_SECONDS = 5.0


class Server:
    """Serves an application. `serve_forever` runs on one thread, `shutdown` on another.

    Raises OSError when it cannot listen on the address.
    """

    def __init__(
        self, application: Chalice, config: Config, host: str, port: int, body_seconds: float = BODY_SECONDS
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=BACKLOG)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self._handler = Handler(application, config, host, body_seconds)
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._ended = threading.Event()

    def serve_forever(self) -> None:
        """Serve until `shutdown`."""
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        finally:
            self._ended.set()

    def shutdown(self) -> None:
        """Accept no further connection; return when the requests that have arrived are answered."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._stop.set)
        self._ended.wait(3 * CLOSE_SECONDS)

    async def _serve(self) -> None:
        # Signals are ours: a drain answers polls before the server closes.
        runner = web.ServerRunner(
            self._handler.web_server(), handle_signals=False, shutdown_timeout=CLOSE_SECONDS
        )
        await runner.setup()
        await web.SockSite(runner, self._socket, backlog=BACKLOG).start()
        await self._stop.wait()
        await runner.cleanup()
