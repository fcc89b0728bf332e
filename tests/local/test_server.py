"""The laptop's HTTP server, spoken to over raw sockets."""

import socket
from urllib.parse import urlsplit

import pytest
import requests

from local.server import Handler


def talk(url: str, request: bytes) -> bytes:
    """Everything the server says until it closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(request)
        said = b""
        while block := connection.recv(65536):
            said += block
    return said


def test_a_keep_alive_client_never_waits_for_an_acknowledgement() -> None:
    """Nagle's algorithm is off and answers leave in one piece."""
    assert Handler.disable_nagle_algorithm
    assert Handler.wbufsize != 0


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: -5", b"400"),
        (b"Content-Length: five", b"400"),
        (b"Content-Length: 1\r\nContent-Length: 2", b"400"),
        (b"Content-Length: 99999999", b"413"),
        (b"Content-Length: 99999999999999999999", b"413"),
        (b"Transfer-Encoding: chunked", b"411"),
    ],
)
def test_a_body_of_unclear_length_is_refused(url: str, head: bytes, status: bytes) -> None:
    """In JSON, and the connection closed: what follows cannot be told from a body."""
    said = talk(url, b"POST /api/best5 HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 " + status)
    assert b'"status": "error"' in said
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("request_line", [b"garbage", b"GET / HTTP/9.9", b"BREW /api/best5 HTTP/1.1", b"GET"])
def test_what_is_no_request_is_answered_in_json(url: str, request_line: bytes) -> None:
    """Not with a page, nor with a traceback."""
    said = talk(url, request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b'"status": "error"' in said
    assert b"<html" not in said.lower()


def test_an_unknown_route_is_not_found(url: str, http: requests.Session) -> None:
    """404, with and without authorization; API Gateway's 403 would help nobody here."""
    for headers in ({}, {"Authorization": "Bearer ÿ".encode("latin-1")}):
        response = http.get(f"{url}/api/best5/more", headers=headers, timeout=5)
        assert response.status_code == 404
        assert "/api/best5/more" in response.json()["reason"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("GET", "/api/best5", "POST"), ("DELETE", "/api/jobs", "GET"), ("PUT", "/", "GET")],
)
def test_a_wrong_method_is_told_the_right_one(
    url: str, http: requests.Session, method: str, path: str, allow: str
) -> None:
    """405 with Allow."""
    response = http.request(method, url + path, timeout=5)
    assert (response.status_code, response.headers["Allow"]) == (405, allow)


def test_head_has_no_body(url: str) -> None:
    """The headers of GET, and a connection that stays in step."""
    said = talk(
        url,
        b"HEAD /api/jobs HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /api/num_jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    first, second = said.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n\r\n")
    assert second.endswith(b'{"num_jobs": 0}')


def test_a_client_that_hangs_up_disturbs_nobody(url: str, http: requests.Session) -> None:
    """In the middle of a request."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(b"POST /api/best5 HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
    assert http.get(f"{url}/api/num_jobs", timeout=5).status_code == 200
