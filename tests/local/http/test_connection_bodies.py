"""Bodies as hostile or careless clients send them, over raw sockets."""

import pytest

from tests.support.raw import CLOSE, POST, QUESTION, accepted, connect, post, talk


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
def test_a_body_that_is_no_question(url: str, body: bytes, reason: str) -> None:
    """400 with the reason, and no job."""
    before = accepted(url)
    answer = post(url, body)
    assert answer.status == 400
    assert reason in answer.reason
    assert accepted(url) == before


@pytest.mark.parametrize("kind", [b"text/plain", b"application/x-www-form-urlencoded", b"\xff", b";;", b""])
def test_the_content_type_decides_nothing(url: str, kind: bytes) -> None:
    """Neither for a body nor for a GET that has none."""
    assert post(url, QUESTION, b"Content-Type: " + kind).status == 200
    got = talk(url, b"GET /api/jobs HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"Content-Type: " + kind + b"\r\n\r\n")
    assert got[0].status == 200


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10_000_000, 10**18 - 1])
def test_a_body_that_says_it_is_too_large(url: str, size: int) -> None:
    """413, at once: nobody has to send it first."""
    (answer,) = talk(url, POST + b"Content-Length: %d\r\n\r\n" % size)
    assert answer.status == 413
    assert "65536" in answer.reason


def test_the_largest_body(url: str) -> None:
    """64 KiB are read, and judged as a question."""
    assert post(url, b" " * (64 * 1024 - len(QUESTION)) + QUESTION).status == 200


def test_why_a_body_is_refused_can_be_read_while_it_is_sent(url: str) -> None:
    """The connection is not reset under a client that goes on sending."""
    with connect(url) as connection:
        connection.sendall(POST + b"Content-Length: 1000000\r\n\r\n" + b"x" * 200_000)
        connection.sendall(b"x" * 200_000)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_chunked_body(url: str, step: int) -> None:
    """Read like any other, however it is cut; trailers change nothing."""
    chunks = [QUESTION[at : at + step] for at in range(0, len(QUESTION), step)]
    body = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    head = POST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    (answer,) = talk(url, head + body + b"0\r\nHost: y\r\n\r\n")
    assert answer.status == 200
    assert answer.body["job_id"].startswith("job_id_")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"zz\r\nhello\r\n0\r\n\r\n", 400),
        (b"-5\r\nhello\r\n0\r\n\r\n", 400),
        (b"5\r\nhello world\r\n0\r\n\r\n", 400),
        (b"ffffffffffffffffff\r\nhello", 400),
        (b"10001\r\n" + b"x" * 0x10001 + b"\r\n0\r\n\r\n", 413),
        (b"1;" + b"e" * 900_000, 413),
    ],
)
def test_a_chunked_body_that_is_none(url: str, body: bytes, status: int) -> None:
    """Or that has no end: one answer, and the connection is closed."""
    (answer,) = talk(url, POST + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    assert answer.status == status
