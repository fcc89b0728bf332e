"""A keep-alive HTTP connection that costs its process next to nothing: requests and answers as bytes."""

import re
import socket

SILENT_AFTER = 30.0  # seconds without an answer: the server hangs

LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
LAST = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)


class Connection:
    """One keep-alive connection, with at most one request under way."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._received = b""

    def fileno(self) -> int:
        return self._socket.fileno() if self._socket else -1

    def send(self, request: bytes) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, SILENT_AFTER)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)

    def receive(self) -> bytes | None:
        """The body of the answer, or None while it is incomplete. Raises ConnectionError."""
        assert self._socket, "nothing was asked"
        if not (piece := self._socket.recv(1 << 18)):
            raise ConnectionError("the server hung up")
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        if not (length := LENGTH.search(head)):
            raise ConnectionError("an answer without a length")
        if len(body) < int(length[1]):
            return None
        self._received = b""
        if LAST.search(head):
            self.close()
        return body

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket, self._received = None, b""
