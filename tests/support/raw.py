"""HTTP as bytes: requests that no HTTP library sends, and the responses to them."""

import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

POST = b"POST /api/best5 HTTP/1.1\r\nHost: localhost\r\n"
QUESTION = b'{"question": "S1"}'
CLOSE = b"Connection: close\r\n"


class RawResponse(NamedTuple):
    """A parsed response; `body` is a JSON value, or the text of any other type."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def reason(self) -> str:
        """The message of an error document of either interface, or the text of a plain one."""
        match self.headers["content-type"]:
            case "application/problem+json":
                return str(self.body["detail"])
            case "application/json":
                assert self.body["status"] == "error"
                return str(self.body["reason"])
            case _:
                return str(self.body)


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def talk(url: str, sent: bytes) -> list[RawResponse]:
    """Every response until the server closes the connection, which it must do within 10 s."""
    with connect(url) as connection:
        connection.sendall(sent)
        return parsed(connection.makefile("rb").read())


def parsed(received: bytes) -> list[RawResponse]:
    responses = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        body = json.loads(rest[:length]) if "json" in headers["content-type"] else rest[:length].decode()
        responses.append(RawResponse(int(status.split()[1]), headers, body))
        received = rest[length:]
    return responses


def receive(connection: socket.socket) -> RawResponse:
    """Exactly one response of a connection that stays open."""
    with connection.makefile("rb", 0) as stream:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.read(1)
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
        body = b""
        while len(body) < length:
            body += stream.read(length - len(body))
    return parsed(head + body)[0]


def number_of_jobs(url: str) -> int:
    return len(requests.get(f"{url}/api/jobs", timeout=5).json()["data"])


def post(url: str, body: bytes, *headers: bytes) -> RawResponse:
    length = b"Content-Length: %d" % len(body)
    head = b"".join(header + b"\r\n" for header in (*headers, length))
    return talk(url, POST + CLOSE + head + b"\r\n" + body)[0]
