"""HTTP as bytes: what a client that knows no manners sends, and what it is told."""

import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit


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
