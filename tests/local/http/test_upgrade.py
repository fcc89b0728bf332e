"""Requests that offer another protocol: each is answered in HTTP/1.1, body included."""

import shutil
import socket
import subprocess
import threading

import pytest

from tests.support.raw import POST, QUESTION, connect, receive

GET = b"GET /api/num_jobs HTTP/1.1\r\nHost: localhost\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
WEBSOCKET = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
SIZED = b"Content-Length: %d\r\n\r\n" % len(QUESTION), QUESTION
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(QUESTION), QUESTION)


@pytest.fixture
def url(one_server: str) -> str:
    return one_server


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
@pytest.mark.parametrize(("end_of_head", "body"), [SIZED, CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize("packets", [1, 2, 3])
def test_post_that_offers_upgrade_keeps_its_body_and_its_connection(
    url: str, offer: bytes, end_of_head: bytes, body: bytes, packets: int
) -> None:
    head = POST + offer + end_of_head
    with connect(url) as connection:
        for _ in range(2):
            match packets:
                case 1:
                    connection.sendall(head + body)
                case 2:
                    send_apart(connection, head, body)
                case 3:
                    send_apart(connection, head, body[:5], body[5:])
            response = receive(connection)
            assert response.status == 200
            assert response.body["job_id"].startswith("job_id_")

        connection.sendall(GET + b"\r\n")
        assert receive(connection).status == 200


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
@pytest.mark.parametrize("end_of_head", [b"\r\n", b"Content-Length: 0\r\n\r\n"])
def test_get_that_offers_upgrade_is_answered_and_so_is_the_next(
    url: str, offer: bytes, end_of_head: bytes
) -> None:
    with connect(url) as connection:
        for _ in range(2):
            connection.sendall(GET + offer + end_of_head)
            assert receive(connection).status == 200
        connection.sendall(GET + b"\r\n")

        assert receive(connection).status == 200


def test_pipelined_request_behind_an_offer_of_websocket_is_answered(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(POST + WEBSOCKET + b"".join(SIZED) + GET + b"\r\n")

        assert "job_id" in receive(connection).body
        assert "num_jobs" in receive(connection).body


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("more", [[], ["-H", "Transfer-Encoding: chunked"]], ids=["sized", "chunked"])
def test_curl_http2_gets_a_job(url: str, more: list[str]) -> None:
    command = ["curl", "--silent", "--show-error", "--http2", "--data", QUESTION.decode(), *more]

    # Twice in one command, so on one connection.
    done = subprocess.run(
        [*command, f"{url}/api/best5", f"{url}/api/best5"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )

    assert done.stdout.count('"job_id"') == 2, done.stdout


def send_apart(connection: socket.socket, *parts: bytes) -> None:
    """Send in packets of their own, far enough apart that the server reads each by itself."""
    for part in parts:
        connection.sendall(part)
        threading.Event().wait(0.02)
