"""Request bodies over raw sockets: malformed JSON, sizes, chunks."""

import pytest
import requests

from tests.support.raw import CLOSE, POST, QUESTION, connect, number_of_jobs, post, talk


@pytest.fixture
def url(one_server: str) -> str:
    return one_server


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"[" * 60_000, "nested too deeply"),
        (b'{"a":' * 10_000, "nested too deeply"),
        (b'{"question": "S1", "question": "S2"}', 'field "question" is given twice'),
        (b'{"question": NaN}', "NaN"),
        (b'{"question": -Infinity}', "Infinity"),
        (b'{"question": "S\xff1"}', "not UTF-8"),
        ('{"question": "S1"}'.encode("utf-16"), "not UTF-8"),
        (b'{"question": "a\x00b"}', "not JSON"),
        (b'{"question": "a\nb"}', "not JSON"),
        (b'{"question": "\\ud800"}', "half a character"),
        (b'{"question": 1e999}', "must be a non-empty string"),
        (b'{"question": ' + b"9" * 60_000 + b"}", "integer"),
        (b'\xef\xbb\xbf{"question": "S1"}', "not JSON"),
        (b"question=S1", "not JSON"),
    ],
)
def test_malformed_question_is_400_and_makes_no_job(url: str, body: bytes, reason: str) -> None:
    before = number_of_jobs(url)

    response = post(url, body)

    assert response.status == 400
    assert reason in response.reason
    assert number_of_jobs(url) == before


@pytest.mark.parametrize("kind", [b"text/plain", b"application/x-www-form-urlencoded", b"\xff", b";;", b""])
def test_content_type_is_ignored(url: str, kind: bytes) -> None:
    get = b"GET /api/jobs HTTP/1.1\r\nHost: localhost\r\n" + CLOSE + b"Content-Type: " + kind + b"\r\n\r\n"

    assert post(url, QUESTION, b"Content-Type: " + kind).status == 200
    assert talk(url, get)[0].status == 200


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10_000_000, 10**18 - 1])
def test_content_length_over_64_kb_is_413_at_once(url: str, size: int) -> None:
    (response,) = talk(url, POST + b"Content-Length: %d\r\n\r\n" % size)

    assert response.status == 413
    assert "65536" in response.reason


def test_body_of_64_kb_is_read(url: str) -> None:
    assert post(url, b" " * (64 * 1024 - len(QUESTION)) + QUESTION).status == 200


def test_413_can_be_read_while_the_body_is_still_sent(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(POST + b"Content-Length: 1000000\r\n\r\n" + b"x" * 200_000)
        connection.sendall(b"x" * 200_000)

        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_chunked_body_is_read_and_its_trailers_are_ignored(url: str, step: int) -> None:
    chunks = [QUESTION[at : at + step] for at in range(0, len(QUESTION), step)]
    body = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    head = POST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"

    (response,) = talk(url, head + body + b"0\r\nHost: y\r\n\r\n")

    assert response.status == 200
    assert response.body["job_id"].startswith("job_id_")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"zz\r\nhello\r\n0\r\n\r\n", 400),
        (b"-5\r\nhello\r\n0\r\n\r\n", 400),
        (b"5\r\nhello world\r\n0\r\n\r\n", 400),
        (b"ffffffffffffffffff\r\nhello", 400),
        (b"10001\r\n" + b"x" * 0x10001 + b"\r\n0\r\n\r\n", 413),
    ],
)
def test_malformed_chunks_are_refused_and_close_the_connection(url: str, body: bytes, status: int) -> None:
    (response,) = talk(url, POST + b"Transfer-Encoding: chunked\r\n\r\n" + body)

    assert response.status == status


@pytest.mark.parametrize(
    ("path", "kind"), [("/api/best5", "application/json"), ("/jobs", "application/problem+json")]
)
def test_413_has_the_form_of_its_interface(url: str, path: str, kind: str) -> None:
    response = requests.post(url + path, data=b"x" * 70_000, timeout=5)

    assert (response.status_code, response.headers["Content-Type"]) == (413, kind)
