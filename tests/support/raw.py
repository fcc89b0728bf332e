"""HTTP as bytes: what a client that knows no manners sends, and what it is told."""

import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

POST = b"POST /api/best5 HTTP/1.1\r\nHost: x\r\n"
QUESTION = b'{"question": "S1"}'
CLOSE = b"Connection: close\r\n"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def reason(self) -> str:
        """What an error says, in either interface's form; anything else has none."""
        if self.headers["content-type"] == "application/problem+json":
            return str(self.body["detail"])
        assert self.body["status"] == "error"
        return str(self.body["reason"])


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def talk(url: str, sent: bytes) -> list[Answer]:
    """Every answer until the server closes the connection, which it must do within 10 s."""
    with connect(url) as connection:
        connection.sendall(sent)
        return answers(connection.makefile("rb").read())


def answers(said: bytes) -> list[Answer]:
    found = []
    while said:
        head, _, rest = said.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        found.append(Answer(int(status.split()[1]), headers, json.loads(rest[:length])))
        said = rest[length:]
    return found


def accepted(url: str) -> int:
    return len(requests.get(f"{url}/api/jobs", timeout=5).json()["data"])


def post(url: str, body: bytes, *headers: bytes) -> Answer:
    length = b"Content-Length: %d" % len(body)
    head = b"".join(header + b"\r\n" for header in (*headers, length))
    return talk(url, POST + CLOSE + head + b"\r\n" + body)[0]
