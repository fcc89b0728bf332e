"""The CallbackSender port over HTTP: posts to the URLs that clients name, on the public internet alone.

A client could otherwise make the service post to hosts that only the service reaches: its own machine, its
network, the cloud's metadata. So the sender resolves a name once, checks its addresses, and connects to them
in turn. It follows no redirect, uses no proxy, and reads only the status of a response.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chalicelib.adapters.public_addresses import is_public
from chalicelib.application.callbacks import LONGEST_URL
from chalicelib.application.job import Job
from chalicelib.documents.job_documents import callback_body, callback_headers
from chalicelib.errors import CallbackFailed, CallbackRefused, InvalidRequest, shown

SECONDS = 2.0
PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024  # below it are services that HTTP could attack, such as mail
URL = re.compile(r"[!-~]+", re.ASCII)
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}", re.ASCII)
LONGEST_CAUSE = 200  # characters of a receiver's own words in a log line

# (family, type, protocol, name, address), as socket.getaddrinfo returns them.
AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
Resolve = Callable[..., list[AddressInfo]]


class Target(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str


def parse(url: str) -> Target:
    """Return the parts of a URL. Raises InvalidRequest for one that callbacks never go to."""
    if len(url) > LONGEST_URL or not URL.fullmatch(url):
        raise InvalidRequest(f"a callback's address has at most {LONGEST_URL} characters, and no blanks")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidRequest(f"{shown(url)} is no address: {error}") from None
    if parts.scheme not in PORTS or not HOST.fullmatch(host):
        raise InvalidRequest(
            f"a callback's address is http://… or https://… and names a host, not {shown(url)}"
        )
    if "@" in parts.netloc:
        raise InvalidRequest("a callback's address holds no user and no password")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port < FIRST_FREE_PORT:
        raise InvalidRequest(f"callbacks go to port 80, 443, or {FIRST_FREE_PORT} and above, not {port}")
    return Target(parts.scheme, host, port, (parts.path or "/") + ("?" + parts.query if parts.query else ""))


class HttpCallbackSender:
    """Posts callbacks; with `private` to any address: for tests and internal services."""

    def __init__(
        self, private: bool = False, seconds: float = SECONDS, resolve: Resolve = socket.getaddrinfo
    ) -> None:
        self.private, self.seconds, self.resolve = private, seconds, resolve

    def check(self, url: str) -> None:
        """Raises InvalidRequest for a URL that callbacks never go to; does not resolve its name yet."""
        host = parse(url).host
        with suppress(ValueError):
            if not self.private and not is_public(host):
                raise InvalidRequest(f"callbacks go to public addresses, not to {shown(host)}")

    def send(self, job: Job) -> None:
        """Post the job's results or status to its callback URL. Raises CallbackFailed."""
        if job.callback is not None:
            self.post(job.callback, callback_body(job), callback_headers(job))

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises CallbackFailed unless a 2xx response comes in time."""
        exchange = Exchange(self, url, body, headers)
        exchange.start()
        exchange.join(self.seconds)
        if exchange.is_alive():
            exchange.abandon()
            raise CallbackFailed(f"no answer within {self.seconds:g} s")
        if exchange.error is not None:
            raise exchange.error
        if not 200 <= exchange.status < 300:
            raise CallbackFailed(f"it answered {exchange.status}")


class Exchange(threading.Thread):
    """One POST on a thread of its own, so that a hanging resolver or server blocks no other callback.

    Nothing is sent after its deadline, or after `abandon`.
    """

    def __init__(self, rules: HttpCallbackSender, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(name="Callback", daemon=True)
        self._rules, self._url, self._body, self._headers = rules, url, body, headers
        self._deadline = time.monotonic() + rules.seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._abandoned = False
        self.status = 0
        self.error: CallbackFailed | None = None

    def run(self) -> None:
        try:
            target = parse(self._url)
            connect = {"http": HTTPConnection, "https": HTTPSConnection}[target.scheme]
            connection = connect(target.host, target.port)
            connection.sock = self._connected(target)  # so that http.client resolves and connects nothing
            connection.request("POST", target.path, self._body, dict(self._headers))
            self.status = connection.getresponse().status
        except CallbackFailed as error:
            self.error = error
        except (OSError, HTTPException, ValueError, InvalidRequest) as error:
            self.error = CallbackFailed(f"{type(error).__name__}: {cleaned(str(error))}")
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the connection, which ends any wait on it; a later one is closed before it is used."""
        with self._lock:
            self._abandoned = True
            if self._socket is not None:
                close(self._socket)

    def _connected(self, target: Target) -> socket.socket:
        """Connect to the first address that takes the connection; each has an equal share of the time."""
        infos = self._rules.resolve(target.host, target.port, type=socket.SOCK_STREAM)
        for *_, address in infos:
            if not self._rules.private and not is_public(address[0]):
                raise CallbackRefused(f"{target.host} is {address[0]}, which is not public")
        last: OSError = OSError("the name has no address")
        for index, info in enumerate(infos):
            try:
                return self._connect(target, info, self._left() / (len(infos) - index))
            except OSError as error:
                last = error
        raise last

    def _connect(self, target: Target, info: AddressInfo, seconds: float) -> socket.socket:
        connection = self._adopt(socket.socket(info[0], socket.SOCK_STREAM))
        connection.settimeout(seconds)
        connection.connect(info[4])
        if target.scheme == "https":
            connection = secured = ssl.create_default_context().wrap_socket(
                connection, server_hostname=target.host, do_handshake_on_connect=False
            )
            self._adopt(secured)
            secured.do_handshake()
        connection.settimeout(self._left())
        return connection

    def _adopt(self, connection: socket.socket) -> socket.socket:
        """Make this the connection that `abandon` closes. Raises CallbackFailed if that has been called."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = connection
            if self._abandoned:
                close(connection)
        self._left()
        return connection

    def _left(self) -> float:
        """Return the seconds until the deadline. Raises CallbackFailed when none are left."""
        left = self._deadline - time.monotonic()
        if left <= 0 or self._abandoned:
            raise CallbackFailed(f"no answer within {self._rules.seconds:g} s")
        return left


def close(connection: socket.socket) -> None:
    """Close a socket, and end any wait on it in another thread."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def cleaned(text: str) -> str:
    """Return a receiver's words, such as its status line, on one short line without control characters."""
    return "".join(character if character.isprintable() else "?" for character in text[:LONGEST_CAUSE])
