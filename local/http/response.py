"""An HTTP response on its way from the gateway to either server."""

from typing import NamedTuple


class Response(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]
