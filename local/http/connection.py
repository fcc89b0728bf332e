"""One client's connection: its bytes become requests, in order, and answers become bytes.

httptools (the parser of Node.js) reads the protocol; the limits are ours.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, Protocol

import httptools

from chalicelib import __version__
from chalicelib.routes.endpoint import LARGEST_BODY
from local.http.gateway import Request, Response, failure

LARGEST_HEAD = 16 * 1024
# With a body in chunks of one byte, which are legal, each byte takes six.
LARGEST_REQUEST = LARGEST_HEAD + 8 * LARGEST_BODY
PIPELINE = 32  # requests read ahead of their answers
LINGER_SECONDS = 2.0

SERVER = f"Statline/{__version__}"


class Refused(Exception):
    """Raised for a request that is not worth reading on; its connection is closed after the answer."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


class Patience(NamedTuple):
    """Seconds that a connection may idle, take to send a request whole, and leave an answer unread."""

    idle: float = 120.0
    request: float = 20.0
    stalled: float = 20.0


PATIENCE = Patience()


class Application(Protocol):
    """What a connection needs of its server."""

    patience: Patience

    def opened(self, connection: "Connection") -> None: ...

    def closed(self, connection: "Connection") -> None: ...

    def answer(self, request: Request, done: Callable[[Response], None]) -> None:
        """Call `done` with the answer: at once, or later and on the event loop."""


class Connection(asyncio.Protocol):
    """Reads requests, has them answered one at a time, writes the answers in order.

    `deadline` is the time (`time.monotonic`) at which whoever holds it up has had long enough: `expire` then.
    """

    _transport: asyncio.Transport

    def __init__(self, application: Application) -> None:
        self._application = application
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Request | Refused] = deque()
        self._busy = self._stalled = self._closing = self._reading = False
        self._received = 0  # bytes of the request that is being read
        self._forget_request()
        self._wait_for_more()

    # --- what asyncio calls ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # of a stream it is one for both ways
        self._application.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._waiting.clear()
        self._application.closed(self)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return  # lingering: read, so that the client gets to read why
        self._received += len(data)
        try:
            self._parser.feed_data(data)
            self._check_length()
        except Refused as refusal:
            self._refuse(refusal)
        except httptools.HttpParserCallbackError as error:
            self._refuse(error.__context__)
        except httptools.HttpParserUpgrade:
            self._closing = True  # nothing here to upgrade to: it is answered as if it had not asked
        except httptools.HttpParserError as error:
            self._refuse(Refused(400, f"this is no HTTP request: {error}"))
        if len(self._waiting) > PIPELINE:
            self._transport.pause_reading()
        self._serve()

    def eof_received(self) -> bool:
        """A client that has said all it wants to still gets its answers."""
        self._closing = True
        if self._is_idle():
            return False
        self._serve()
        return True

    def pause_writing(self) -> None:
        self._stalled = True
        self.deadline = time.monotonic() + self._application.patience.stalled

    def resume_writing(self) -> None:
        self._stalled = False
        self._wait_for_more()
        self._serve()

    # --- what httptools calls -------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._reading = True
        self._forget_request()
        if not self._busy:
            self._wait_for_more()

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_is_read:
            return  # after a chunked body; nothing that was decided by the head changes any more
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        self._head_is_read = True
        version = self._parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise Refused(505, f"HTTP/{version} is not spoken here; HTTP/1.1 is")
        if version == "1.1" and "host" not in self._headers:
            raise Refused(400, "the header Host is missing")
        length = self._headers.get("content-length", "0")
        if int(length) > LARGEST_BODY:
            raise Refused(413, f"the body has {length} bytes; at most {LARGEST_BODY} are taken")
        if len(self._target) + sum(map(len, self._headers.values())) > LARGEST_HEAD:
            raise head_too_large()
        if self._headers.get("expect", "").lower() == "100-continue" and not self._waiting:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > LARGEST_BODY:
            raise Refused(413, f"the body has more than {LARGEST_BODY} bytes, which is all that is taken")

    def on_message_complete(self) -> None:
        self._reading, self._received = False, 0
        self._waiting.append(
            Request(
                self._parser.get_method().decode("latin-1"),
                self._target.decode("latin-1"),
                self._headers,
                self._body or None,
                self._parser.should_keep_alive(),
            )
        )

    # --- ours -----------------------------------------------------------------------------------

    def expire(self) -> None:
        """Called when `deadline` has passed."""
        if self._stalled or self._closing or not self._reading:
            self._transport.abort()
        else:
            patience = self._application.patience.request
            self._refuse(Refused(408, f"the request was not here whole after {patience:g} seconds"))
            self._serve()

    def close_when_idle(self) -> None:
        """Take no further request; what is being answered still is."""
        self._closing = True
        if self._is_idle():
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def _is_idle(self) -> bool:
        return not self._busy and not self._waiting

    def _check_length(self) -> None:
        if not self._head_is_read and self._received > LARGEST_HEAD:
            raise head_too_large()
        if self._received > LARGEST_REQUEST:
            raise Refused(
                413, f"the request has more than {LARGEST_REQUEST} bytes, which is all that is taken"
            )

    def _refuse(self, refusal: BaseException | None) -> None:
        if not isinstance(refusal, Refused):
            raise refusal or AssertionError("a callback failed without an error")
        self._closing = True
        self._waiting.append(refusal)

    def _serve(self) -> None:
        if self._busy or self._stalled or not self._waiting or self._transport.is_closing():
            return
        next_one = self._waiting.popleft()
        if isinstance(next_one, Refused):
            self._transport.write(encoded(failure(next_one.status, next_one.reason), "close"))
            self._linger()
            return
        self._busy, self.deadline = True, math.inf
        self._application.answer(next_one, lambda response: self._answered(next_one, response))

    def _answered(self, request: Request, response: Response) -> None:
        self._busy = False
        if self._transport.is_closing():
            return
        last = not request.keep_alive or (self._closing and not self._waiting)
        self._transport.write(encoded(response, "close" if last else "keep-alive", request.method != "HEAD"))
        if last:
            self._closing = True
            self._transport.close()
        elif self._waiting:
            # At a later turn: a client that sends a thousand requests at once holds up no other.
            asyncio.get_running_loop().call_soon(self._serve)
        else:
            self._transport.resume_reading()
            self._wait_for_more()

    def _forget_request(self) -> None:
        self._target, self._body, self._head_is_read = b"", b"", False
        self._headers: dict[str, str] = {}

    def _wait_for_more(self) -> None:
        # Set when a request begins and not with each of its bytes: one a second is too slow.
        patience = self._application.patience
        self.deadline = time.monotonic() + (patience.request if self._reading else patience.idle)

    def _linger(self) -> None:
        # Closing with bytes unread would reset the connection, and the client might never see the answer.
        self.deadline = time.monotonic() + LINGER_SECONDS
        if self._transport.can_write_eof():
            self._transport.write_eof()


def head_too_large() -> Refused:
    return Refused(431, f"the request line and headers have more than {LARGEST_HEAD} bytes")


def encoded(response: Response, connection: str, with_body: bool = True) -> bytes:
    lines = [
        status_line(response.status),
        f"Date: {http_date(int(time.time()))}",
        f"Connection: {connection}",
    ]
    if response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        lines.append(f"Content-Length: {len(response.body)}")
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head + response.body if with_body else head


@lru_cache(maxsize=64)
def status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nServer: {SERVER}"


@lru_cache(maxsize=2)
def http_date(second: int) -> str:
    return formatdate(second, usegmt=True)
