"""Requests over raw sockets: malformed heads, routing, and conversations on one connection."""

import re
import socket
import time

import pytest
import requests

from tests.support.processes import until
from tests.support.raw import CLOSE, POST, QUESTION, connect, number_of_jobs, post, receive, talk

GET = b"GET /api/num_jobs HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def url(one_server: str) -> str:
    return one_server


# --- malformed heads ------------------------------------------------------------------------


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
def test_ambiguous_head_is_400_and_closes_the_connection(url: str, head: bytes) -> None:
    (response,) = talk(url, POST + head + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")

    assert response.status == 400


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"GET",
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
def test_malformed_request_line_is_400_without_traceback(url: str, line: bytes) -> None:
    (response,) = talk(url, line + b"\r\nHost: localhost\r\n\r\n")

    assert response.status == 400
    assert "Traceback" not in response.body


def test_malformed_request_leaves_no_traceback_in_the_log(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        talk(url, POST + b"Content-Length: five\r\n\r\n")

    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
    ],
)
def test_head_over_the_limits_is_400(url: str, head: bytes) -> None:
    with connect(url) as connection:
        connection.sendall(head)

        assert connection.recv(12).endswith(b" 400")


def test_line_of_a_head_may_have_16_kb(url: str) -> None:
    assert talk(url, GET + CLOSE + b"A: " + b"a" * 16_000 + b"\r\n\r\n")[0].status == 200


def test_missing_host_is_400_in_http_1_1_only(url: str) -> None:
    assert talk(url, b"GET /api/num_jobs HTTP/1.1\r\n\r\n")[0].status == 400
    assert talk(url, b"GET /api/num_jobs HTTP/1.0\r\n\r\n")[0].status == 200


# --- routing --------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ÿ".encode("latin-1")}])
def test_unknown_path_is_404_in_json_that_names_it(url: str, headers: dict[str, bytes]) -> None:
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
def test_wrong_method_is_405_with_allow(url: str, method: str, path: str, allow: str) -> None:
    response = requests.request(method, url + path, timeout=5)

    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) <= set(allow.split(", "))
    assert "OPTIONS" in response.headers["Allow"]
    assert method in response.text


def test_options_is_204_with_allow_and_no_body(url: str) -> None:
    response = requests.options(f"{url}/api/num_jobs", timeout=5)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "Content-Length" not in response.headers


@pytest.mark.parametrize("target", [b"CONNECT x:1", b"OPTIONS *"])
def test_target_without_a_path_is_404(url: str, target: bytes) -> None:
    assert talk(url, target + b" HTTP/1.1\r\nHost: localhost\r\n" + CLOSE + b"\r\n")[0].status == 404


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://127.0.0.1:81/api/num_jobs", b"evil.example", 200),
        (b"http://evil.example/api/num_jobs", b"localhost", 421),
        (b"/api/num_jobs", b"evil.example", 421),
        (b"/api/num_jobs", b"localhost.evil.example", 421),
        (b"/api/num_jobs", b"192.168.1.5", 421),
        (b"/nowhere", b"evil.example", 421),
        (b"/api/num_jobs", b"localhost, evil.example", 400),
        (b"/api/num_jobs", b"LOCALHOST.:8000", 200),
        (b"/api/num_jobs", b"[::1]:8000", 200),
    ],
)
def test_only_hosts_that_name_loopback_are_answered(
    url: str, target: bytes, host: bytes, status: int
) -> None:
    head = b"GET %b HTTP/1.1\r\nHost: %b\r\n" % (target, host)

    (response,) = talk(url, head + CLOSE + b"\r\n")

    assert response.status == status


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/api/best5", "/jobs", "/"])
@pytest.mark.parametrize("mark", ["//evil.example", "///evil.example", "/\\evil.example", "/x"])
def test_path_that_begins_with_another_host_is_404(url: str, mark: str, path: str) -> None:
    method, body = ("POST", QUESTION) if path == "/api/best5" else ("GET", b"")
    head = f"{method} {mark}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n".encode()

    (response,) = talk(url, head + CLOSE + b"\r\n" + body)

    assert response.status == 404
    assert "location" not in response.headers


def test_query_reaches_the_view(url: str) -> None:
    assert requests.get(f"{url}/jobs?limit=none", timeout=5).status_code == 400
    assert requests.get(f"{url}/jobs?limit=1", timeout=5).status_code == 200


def test_repeated_header_counts_as_one_list(url: str) -> None:
    """Either line alone would not match."""
    job_id = post(url, QUESTION).body["job_id"]
    until(lambda: result(url, job_id)["status"] != "running")
    etag = requests.get(f"{url}/api/get_results/{job_id}", timeout=5).headers["ETag"].encode()
    head = f"GET /api/get_results/{job_id} HTTP/1.1\r\nHost: localhost\r\n".encode() + CLOSE
    for order in (b'If-None-Match: "x"\r\nIf-None-Match: %b', b'If-None-Match: %b\r\nIf-None-Match: "x"'):
        with connect(url) as connection:
            connection.sendall(head + order % etag + b"\r\n\r\n")
            assert connection.makefile("rb").read().startswith(b"HTTP/1.1 304 ")


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
def test_strange_job_id_is_404_and_makes_no_header(url: str, job_id: str) -> None:
    post(url, QUESTION)
    line = f"GET /api/get_results/{job_id} HTTP/1.1\r\nHost: localhost\r\n".encode()

    (response,) = talk(url, line + CLOSE + b"\r\n")

    assert response.status == 404
    assert "set-cookie" not in response.headers


def test_percent_encoded_job_id_is_decoded(url: str) -> None:
    job_id = post(url, QUESTION).body["job_id"]
    line = f"GET /api/get_results/%6a{job_id[1:]} HTTP/1.1\r\nHost: localhost\r\n".encode()

    assert talk(url, line + CLOSE + b"\r\n")[0].status == 200


# --- conversations --------------------------------------------------------------------------


def test_head_has_the_headers_of_get_and_no_body(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(GET.replace(b"GET", b"HEAD") + b"\r\n" + GET + CLOSE + b"\r\n")
        received = connection.makefile("rb").read()

    first, second = received.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n\r\n")
    assert b"Content-Length: " in first
    assert b'{"num_jobs": ' in second


def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    heads = [b"GET /nowhere/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in range(1000)]

    responses = talk(url, b"".join(heads) + GET + CLOSE + b"\r\n")

    named = [re.findall(r"/nowhere/([0-9]+);", response.reason) for response in responses[:-1]]
    assert named == [[str(number)] for number in range(1000)]
    assert responses[-1].status == 200


def test_request_in_single_bytes_is_read(url: str) -> None:
    with connect(url) as connection:
        for byte in POST + CLOSE + b"Content-Length: %d\r\n\r\n" % len(QUESTION) + QUESTION:
            connection.send(bytes([byte]))

        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 200 OK")


def test_expect_100_continue_is_answered_before_the_body(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(
            POST + CLOSE + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(QUESTION)
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(QUESTION)

        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("sent", [b"", b"GET", POST + b"Content-Length: 50\r\n\r\n{"])
def test_hang_up_in_a_request_disturbs_no_other_client(url: str, sent: bytes) -> None:
    with connect(url) as connection:
        connection.sendall(sent)

    assert requests.get(f"{url}/api/num_jobs", timeout=5).status_code == 200


def test_job_of_a_client_that_hung_up_is_finished(url: str) -> None:
    before = number_of_jobs(url)
    with connect(url) as connection:
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(QUESTION) + QUESTION)
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset

    assert number_of_jobs(url) == before + 1
    (job_id,) = requests.get(f"{url}/api/jobs", timeout=5).json()["data"][-1]
    until(lambda: result(url, job_id)["status"] != "running")
    assert result(url, job_id) == {"status": "done", "data": {"Hessen": 4.0, "Bayern": 2.0}}


def result(url: str, job_id: str) -> dict[str, object]:
    return requests.get(f"{url}/api/get_results/{job_id}", timeout=5).json()


def test_kept_connection_does_not_wait_for_acknowledgements(url: str) -> None:
    """With Nagle's algorithm each response would take 40 ms."""
    start = time.monotonic()
    with connect(url) as connection:
        for _ in range(50):
            connection.sendall(GET + b"\r\n")
            receive(connection)

    assert time.monotonic() - start < 50 * 0.040
