"""The download of the real survey, from servers that work and servers that fail."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.cli.download import MIN_ROWS, DownloadFailed, download, run
from local.settings import DEFAULT_DESCRIPTION

COLUMNS = list(json.loads(DEFAULT_DESCRIPTION.read_text())["columns"].values())
HEADER = ",".join(COLUMNS) + "\n"
ROW = 'A question,Q1,"Islands, the",IS,12.5,Total,Total,2020,2020,900,12.0,13.0\n'
GOOD = (HEADER + ROW * 200).encode()
HTML = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        RESPONSES[self.path](self)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


Respond = Callable[[Handler], None]


def sends(
    body: bytes, status: int = 200, content_length: int | None = None, kind: str = "text/csv"
) -> Respond:
    """Respond with a Content-Length, which may be larger than the body."""

    def respond(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(content_length or len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return respond


def sends_chunked(body: bytes, end: bytes = b"0\r\n\r\n") -> Respond:
    def respond(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(body), 1000):
            chunk = body[start : start + 1000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        handler.wfile.write(end)
        handler.close_connection = True

    return respond


def sends_until_closed(body: bytes) -> Respond:
    def respond(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def redirects(to: str) -> Respond:
    def respond(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return respond


def sends_nothing(handler: Handler) -> None:
    handler.close_connection = True


RESPONSES: dict[str, Respond] = {
    "/good": sends(GOOD),
    "/good-chunked": sends_chunked(GOOD),
    "/good-until-closed": sends_until_closed(GOOD),
    "/good-marked": sends(b"\xef\xbb\xbf" + GOOD),
    "/good-crlf": sends(GOOD.replace(b"\n", b"\r\n")),
    "/moved": redirects("/good"),
    "/round": redirects("/round"),
    "/large": sends((HEADER + ROW * MIN_ROWS).encode()),
    "/cut": sends(GOOD[: len(GOOD) // 2], content_length=len(GOOD)),
    "/cut-at-line": sends((HEADER + ROW * 150).encode(), content_length=len(GOOD)),
    "/cut-chunked": sends_chunked(GOOD[: len(GOOD) // 2], end=b""),
    "/cut-in-row": sends_until_closed(GOOD[:-10]),
    "/cut-in-quotes": sends_until_closed(GOOD[: -len(ROW) + 15]),
    "/cut-in-last-field": sends_until_closed(GOOD[:-3]),
    "/cut-before-newline": sends_until_closed(GOOD[:-1]),
    "/damaged": sends(GOOD.replace(b"Islands", b"Is\xffands", 1)),
    "/ragged": sends(GOOD + b"one,two\n" + GOOD),
    "/html": sends(HTML, kind="text/html"),
    "/html-as-csv": sends(b"\n  " + HTML),
    "/nothing": sends(b""),
    "/renamed": sends(GOOD.replace(b"Data_Value", b"Value").replace(b"LocationAbbr", b"State")),
    "/few": sends((HEADER + ROW * 99).encode()),
    "/500": sends(GOOD, status=500),
    "/404": sends(HTML, status=404),
    "/hangs-up": sends_nothing,
}

FAILURES = {
    "/cut": "was cut off after",
    "/cut-at-line": "was cut off after",
    "/cut-chunked": "was cut off after",
    "/cut-in-row": "row 200 has 11 fields where the header has 12",
    "/cut-in-quotes": "cut off or damaged: unexpected end of data",
    "/cut-in-last-field": "its last line does not end",
    "/cut-before-newline": "its last line does not end",
    "/damaged": "cut off or damaged: 'utf-8' codec",
    "/ragged": "row 201 has 2 fields where the header has 12",
    "/html": "sent a web page",
    "/html-as-csv": "sent a web page",
    "/nothing": "lacks the columns",
    "/renamed": 'lacks the columns "LocationAbbr", "Data_Value"',
    "/few": "sent 99 rows where at least 100 are expected",
    "/500": "answered 500 Internal Server Error",
    "/404": "answered 404 Not Found",
    "/hangs-up": "could not reach",
    "/round": "Exceeded 30 redirects",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server that sends `RESPONSES`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.fixture
def unused_url() -> Iterator[str]:
    """A URL where nothing listens, on a port that is bound so that nothing else can use it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.parametrize("path", ["/good", "/good-chunked", "/good-until-closed", "/moved"])
def test_complete_file_is_saved_byte_for_byte(server: str, tmp_path: Path, path: str) -> None:
    target = tmp_path / "brfss.csv"
    assert download(server + path, target, min_rows=100) == 200
    assert target.read_bytes() == GOOD
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("path", ["/good-marked", "/good-crlf"])
def test_byte_order_mark_and_crlf_are_accepted(server: str, tmp_path: Path, path: str) -> None:
    assert download(server + path, tmp_path / "brfss.csv", min_rows=100) == 200


@pytest.mark.parametrize("path", FAILURES)
def test_failed_download_raises_the_reason_and_leaves_no_file(server: str, tmp_path: Path, path: str) -> None:
    with pytest.raises(DownloadFailed) as failure:
        download(server + path, tmp_path / "brfss.csv", min_rows=100)
    assert FAILURES[path] in str(failure.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/cut", "/html", "/500", "/few"])
def test_failed_download_keeps_the_existing_file(server: str, tmp_path: Path, path: str) -> None:
    target = tmp_path / "brfss.csv"
    target.write_text("kept")

    with pytest.raises(DownloadFailed):
        download(server + path, target, min_rows=100)
    assert target.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [target]


def test_complete_file_replaces_the_existing_one(server: str, tmp_path: Path) -> None:
    target = tmp_path / "brfss.csv"
    target.write_text("old")
    download(f"{server}/good", target, min_rows=100)
    assert target.read_bytes() == GOOD


def test_unreachable_host_is_named_and_the_sample_recommended(unused_url: str, tmp_path: Path) -> None:
    with pytest.raises(
        DownloadFailed, match=r"could not reach 127\.0\.0\.1:\d+: .*refused.*sample still works"
    ):
        download(unused_url, tmp_path / "brfss.csv")
    assert list(tmp_path.iterdir()) == []


def test_invalid_url_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="could not download"):
        download("brfss.csv", tmp_path / "brfss.csv")


def test_run_prints_the_rows_and_returns_0(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "brfss.csv"
    assert run(f"{server}/large", target) == 0
    assert capsys.readouterr().out == f"{target}: 50,000 rows\n"


def test_run_prints_a_failure_on_stderr_and_returns_1(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"{server}/few", tmp_path / "brfss.csv") == 1
    assert capsys.readouterr() == (
        "",
        f"error: {server[7:]} sent 99 rows where at least 50,000 are expected: try again\n",
    )


def test_run_prints_an_unwritable_path_and_returns_1(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"{server}/good", tmp_path / "nowhere" / "brfss.csv") == 1
    assert "No such file" in capsys.readouterr().err
