"""The server of `make run`: aiohttp reads HTTP, one handler passes each request to the gateway."""

import asyncio
import logging

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError
from chalice.app import Chalice
from chalice.config import Config

from chalicelib import __version__
from chalicelib.routes.request.body import LARGEST_BODY
from local.http.gateway import Gateway, as_accepted, refusal
from local.http.lanes import LaneFull, lanes
from local.http.response import Response

SERVER = f"Statline/{__version__}"
KEEP_ALIVE_SECONDS = 75.0
BODY_SECONDS = 20.0
# After a refused body: closing with bytes unread would reset the connection before the client reads why.
LINGER_SECONDS = 2.0
LARGEST_LINE = 16 * 1024  # of a head


class BodyRefused(Exception):
    """Raised for a body that is too large, too slow or breaks the rules of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


class Handler:
    """Answers requests: on the event loop, or on a thread of its lane where the view waits or computes."""

    def __init__(self, application: Chalice, config: Config, bound: str, body_seconds: float) -> None:
        self._gateway = Gateway(application, config, bound)
        self._body_seconds = body_seconds
        self._lanes = lanes()

    def web_server(self) -> web.Server:
        """The protocol side, for the running event loop."""
        protocol_log = logging.getLogger("statline.http.protocol")
        protocol_log.addFilter(is_not_the_clients_fault)
        return web.Server(
            self.handle,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            lingering_time=LINGER_SECONDS,
            max_line_size=LARGEST_LINE,
            max_field_size=LARGEST_LINE,
            auto_decompress=False,
            access_log=None,
            logger=protocol_log,
        )

    async def handle(self, request: web.BaseRequest) -> web.Response:
        try:
            response, close = await self._respond(request, await self._read_body(request)), False
        except BodyRefused as error:
            response, close = refusal(request.raw_path, error.status, error.reason), True
        headers = {**response.headers, "Server": SERVER}
        reply = web.Response(status=response.status, headers=headers, body=response.body or None)
        if close:
            reply.force_close()
        return reply

    async def _read_body(self, request: web.BaseRequest) -> bytes | None:
        """Raises BodyRefused, at once where Content-Length already says that the body is too large."""
        if not request.body_exists:
            return None
        if (length := request.content_length or 0) > LARGEST_BODY:
            raise BodyRefused(413, f"the body has {length} bytes; at most {LARGEST_BODY} are taken")
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # as aiohttp's own handler of Expect: no response has begun
        if request.content.is_eof():  # the usual question: it came whole, with the head
            return within_limit(request.content.read_nowait()) or None
        try:
            # Also ends the wait for the rest of a malformed body, which aiohttp does not report.
            async with asyncio.timeout(self._body_seconds):
                return await read_limited(request.content) or None
        except TimeoutError:
            raise BodyRefused(
                408, f"the request was not here whole after {self._body_seconds:g} seconds"
            ) from None
        except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
            raise BodyRefused(400, f"this is no HTTP request: {error}") from error

    async def _respond(self, request: web.BaseRequest, body: bytes | None) -> Response:
        headers, peer = joined(request.raw_headers), request.remote or ""
        call = self._gateway.call(request.method, request.raw_path, headers, body, peer)
        if isinstance(call, Response):
            return call
        if call.lane is None:
            return self._gateway.run(call)
        try:
            return await self._lanes[call.lane].run(lambda: self._gateway.run(call))
        except LaneFull as error:
            return as_accepted(refusal(request.raw_path, 503, str(error), {"Retry-After": "1"}), headers)


async def read_limited(content: StreamReader) -> bytes:
    body = b""
    async for part in content.iter_any():
        body = within_limit(body + part)
    return body


def within_limit(body: bytes) -> bytes:
    if len(body) > LARGEST_BODY:
        raise BodyRefused(413, f"the body has more than {LARGEST_BODY} bytes, which is all that is taken")
    return body


def joined(raw_headers: tuple[tuple[bytes, bytes], ...]) -> dict[str, str]:
    """Headers by lower-case name; commas join the values of a repeated one."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def is_not_the_clients_fault(record: logging.LogRecord) -> bool:
    """Keep the traceback of a malformed request out of the log: its sender got a 400."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
