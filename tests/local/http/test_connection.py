"""The laptop's HTTP, spoken to over raw sockets: heads that mean harm, and how conversations go."""

import re
import socket

import pytest
import requests

from tests.support.processes import until
from tests.support.raw import CLOSE, POST, QUESTION, accepted, connect, post, talk


@pytest.fixture
def url(one_server: str) -> str:
    return one_server


# --- heads ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -5",
        b"Content-Length: five",
        b"Content-Length: +5",
        b"Content-Length: 5, 5",
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Content-Length: 99999999999999999999",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked, identity",
        b"Content-Length : 5",
        b"A: b\x00c",
        b"A: b\r\n folded",
        b"\xff: b",
        b": b",
        b"A\r\n",
    ],
)
def test_a_head_that_could_be_read_two_ways(url: str, head: bytes) -> None:
    """One answer, 400, in JSON; what follows cannot be told from a body, so the connection is closed."""
    (answer,) = talk(url, POST + head + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert "no HTTP request" in answer.reason


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"GET",
        b"GET /",
        b"GET / HTTP/9.9",
        b"GET /a b HTTP/1.1",
        b"BREW /api/best5 HTTP/1.1",
        b"get / HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_request(url: str, line: bytes) -> None:
    """Answered in JSON, not with a page or a traceback: TLS and HTTP/2 on the wrong port, for example."""
    (answer,) = talk(url, line + b"\r\nHost: x\r\n\r\n")
    assert answer.status in (400, 505)
    assert answer.reason


def test_the_host_is_needed(url: str) -> None:
    """By HTTP/1.1; its elder knew none."""
    assert talk(url, b"GET /api/num_jobs HTTP/1.1\r\n\r\n")[0].status == 400
    assert talk(url, b"GET /api/num_jobs HTTP/1.0\r\n\r\n")[0].status == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 400_000,
    ],
)
def test_a_head_without_end(url: str, head: bytes) -> None:
    """431 beyond 16 KiB, before memory is filled with it."""
    (answer,) = talk(url, head)
    assert answer.status == 431


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ÿ".encode("latin-1")}])
def test_an_unknown_route(url: str, headers: dict[str, bytes]) -> None:
    """404 in JSON that names it; API Gateway's 403 would help nobody here."""
    response = requests.get(f"{url}/api/best5/more", headers=headers, timeout=5)
    assert response.status_code == 404
    assert "/api/best5/more" in response.json()["reason"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/best5", "OPTIONS, POST"),
        ("DELETE", "/api/jobs", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/", "GET, HEAD, OPTIONS"),
        ("TRACE", "/", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method(url: str, method: str, path: str, allow: str) -> None:
    """405, with the right ones in Allow."""
    response = requests.request(method, url + path, timeout=5)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) <= set(allow.split(", "))
    assert "OPTIONS" in response.headers["Allow"]
    assert method in response.text


def test_options(url: str) -> None:
    """What is possible, and no body."""
    response = requests.options(f"{url}/api/num_jobs", timeout=5)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("target", [b"CONNECT x:1", b"OPTIONS *"])
def test_a_target_that_is_no_path(url: str, target: bytes) -> None:
    """Is nowhere."""
    assert talk(url, target + b" HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"\r\n")[0].status == 404


@pytest.mark.parametrize(
    "job_id",
    [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "..",
        "job_id_1%00",
        "job_id_1%0d%0aSet-Cookie:x",
        "job_id_%31%20",
        "%FF%FE",
        "job_id_%EF%BC%91",
        "job_id_1;x",
        "%",
        "%zz",
        "job_id_" + "9" * 5_000,
    ],
)
def test_an_id_that_leads_elsewhere(url: str, job_id: str) -> None:
    """404: no file is opened by it, no header is made of it."""
    post(url, QUESTION)
    line = f"GET /api/get_results/{job_id} HTTP/1.1\r\nHost: x\r\n".encode()
    (answer,) = talk(url, line + CLOSE + b"\r\n")
    assert answer.status == 404
    assert "set-cookie" not in answer.headers


def test_an_encoded_id_is_the_id(url: str) -> None:
    """The same path, written otherwise."""
    job_id = post(url, QUESTION).body["job_id"]
    line = f"GET /api/get_results/%6a{job_id[1:]} HTTP/1.1\r\nHost: x\r\n".encode()
    assert talk(url, line + CLOSE + b"\r\n")[0].status == 200


def test_an_upgrade_is_not_taken_up(url: str) -> None:
    """A client that asks for WebSocket or HTTP/2 is answered as if it had not, and that is all."""
    head = b"GET /api/num_jobs HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    (answer,) = talk(url, head)
    assert answer.status == 200


# --- conversations --------------------------------------------------------------------------


def test_head_has_no_body(url: str) -> None:
    """The headers of GET, and a connection that stays in step."""
    with connect(url) as connection:
        connection.sendall(
            b"HEAD /api/num_jobs HTTP/1.1\r\nHost: x\r\n\r\n"
            b"GET /api/num_jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        said = connection.makefile("rb").read()
    first, second = said.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n\r\n")
    assert b"Content-Length: " in first
    assert b'{"num_jobs": ' in second


def test_requests_that_come_at_once_are_answered_in_order(url: str) -> None:
    """A thousand of them in one go, on one connection."""
    heads = [b"GET /api/%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(1000)]
    last = b"GET /api/num_jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = talk(url, b"".join(heads) + last)
    assert len(answers) == 1001
    named = [re.findall(r"GET is not possible", answer.reason) for answer in answers[:-1]]
    assert all(named)
    assert answers[-1].status == 200


def test_a_request_in_single_bytes(url: str) -> None:
    """However the network cuts it."""
    with connect(url) as connection:
        for byte in POST + CLOSE + b"Content-Length: %d\r\n\r\n" % len(QUESTION) + QUESTION:
            connection.send(bytes([byte]))
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_waits_to_be_told_to_go_on(url: str) -> None:
    """As curl does with a body that is not short."""
    with connect(url) as connection:
        connection.sendall(
            POST + CLOSE + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(QUESTION)
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(QUESTION)
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_has_said_all_it_wants_to(url: str) -> None:
    """And has closed its half of the connection: it still hears the answer."""
    with connect(url) as connection:
        connection.sendall(b"GET /api/num_jobs HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("sent", [b"", b"GET", POST + b"Content-Length: 50\r\n\r\n{"])
def test_a_client_that_hangs_up_disturbs_nobody(url: str, sent: bytes) -> None:
    """In the middle of a request, or before one."""
    with connect(url) as connection:
        connection.sendall(sent)
    assert requests.get(f"{url}/api/num_jobs", timeout=5).status_code == 200


def test_a_client_that_hangs_up_while_its_job_runs(url: str) -> None:
    """Loses nothing: the answer is there when it comes back."""
    before = accepted(url)
    with connect(url) as connection:
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(QUESTION) + QUESTION)
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
    assert accepted(url) == before + 1
    (job_id,) = requests.get(f"{url}/api/jobs", timeout=5).json()["data"][-1]
    until(lambda: result(url, job_id)["status"] != "running")
    assert result(url, job_id) == {"status": "done", "data": {"Hessen": 4.0, "Bayern": 2.0}}


def result(url: str, job_id: str) -> dict[str, object]:
    return requests.get(f"{url}/api/get_results/{job_id}", timeout=5).json()


def test_a_keep_alive_client_never_waits_for_an_acknowledgement(url: str) -> None:
    """Answers leave in one piece: a second packet would wait 40 ms for the first one's."""
    with connect(url) as connection:
        for _ in range(20):
            connection.sendall(b"GET /api/questions HTTP/1.1\r\nHost: x\r\n\r\n")
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            assert b"Content-Length: %d" % len(body) in head


def test_open_connections_are_counted(url: str) -> None:
    """In /metrics, and no longer when they are gone."""

    def counted() -> int:
        text = requests.get(f"{url}/metrics", timeout=5).text
        return int(re.findall(r"^statline_http_connections_open ([0-9]+)", text, re.MULTILINE)[0])

    before = counted()
    with connect(url), connect(url):
        until(lambda: counted() == before + 2)
    until(lambda: counted() == before)
