"""The fuzzer's check on its own seeds: it passes on them, and it notices faults."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.fuzz.conversation import SEEDS, check, converse, cut, post, statuses

MALFORMED = [
    b"garbage\r\n\r\n",
    post(b"best5", b"x" * 100)[:-50],
    b"POST /api/best5 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00",
]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.mark.parametrize("data", [*SEEDS, *MALFORMED])
@pytest.mark.parametrize("places", [b"", b"\x01\x40\x80\xc0", bytes(range(0, 256, 5))])
def test_seed_passes_however_it_is_cut(loop: asyncio.AbstractEventLoop, data: bytes, places: bytes) -> None:
    check(loop, data, places)


def test_each_pipelined_request_has_a_status(loop: asyncio.AbstractEventLoop) -> None:
    get, put = (
        b"%b /api/num_jobs HTTP/1.1\r\nHost: localhost\r\n\r\n" % method for method in (b"GET", b"PUT")
    )

    outcome = loop.run_until_complete(converse([get + put + get]))

    assert (outcome.statuses, outcome.malformed) == ([200, 405, 200], False)


def test_malformed_request_is_marked(loop: asyncio.AbstractEventLoop) -> None:
    outcome = loop.run_until_complete(converse([b"garbage\r\n\r\n"]))

    assert (outcome.statuses, outcome.malformed) == ([400], True)


@pytest.mark.parametrize(
    "written",
    [
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nbad header\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTraceback",
    ],
)
def test_faulty_response_is_noticed(written: bytes) -> None:
    with pytest.raises(AssertionError):
        statuses(written, ["GET"])


def test_cut_loses_no_byte() -> None:
    assert cut(b"abcdef", b"\x80\x20") == [b"", b"abc", b"def"]
