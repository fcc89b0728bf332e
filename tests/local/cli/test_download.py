"""The download of the real survey, against a server that behaves and one that does not."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.cli.download import DESCRIPTION, MIN_ROWS, DownloadFailed, download, run

COLUMNS = list(json.loads(DESCRIPTION.read_text())["columns"].values())
HEADER = ",".join(COLUMNS) + "\n"
ROW = 'A question,Q1,"Islands, the",IS,12.5,Total,Total\n'
GOOD = (HEADER + ROW * 200).encode()
HTML = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        ANSWERS[self.path](self)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the output of a test is its failures."""


Answer = Callable[[Handler], None]


def sends(body: bytes, status: int = 200, promised: int | None = None, kind: str = "text/csv") -> Answer:
    """Answer with a Content-Length, which may promise more than comes."""

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(promised or len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return answer


def sends_chunked(body: bytes, end: bytes = b"0\r\n\r\n") -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(body), 1000):
            piece = body[start : start + 1000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(end)
        handler.close_connection = True

    return answer


def sends_until_closed(body: bytes) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def redirects(to: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def hangs_up(handler: Handler) -> None:
    handler.close_connection = True


ANSWERS: dict[str, Answer] = {
    "/good": sends(GOOD),
    "/good-chunked": sends_chunked(GOOD),
    "/good-until-closed": sends_until_closed(GOOD),
    "/good-marked": sends(b"\xef\xbb\xbf" + GOOD),
    "/good-crlf": sends(GOOD.replace(b"\n", b"\r\n")),
    "/moved": redirects("/good"),
    "/round": redirects("/round"),
    "/large": sends((HEADER + ROW * MIN_ROWS).encode()),
    "/cut": sends(GOOD[: len(GOOD) // 2], promised=len(GOOD)),
    "/cut-at-line": sends((HEADER + ROW * 150).encode(), promised=len(GOOD)),
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
    "/hangs-up": hangs_up,
}

FAILURES = {
    "/cut": "was cut off after",
    "/cut-at-line": "was cut off after",
    "/cut-chunked": "was cut off after",
    "/cut-in-row": "row 200 has 6 fields where the header has 7",
    "/cut-in-quotes": "cut off or damaged: unexpected end of data",
    "/cut-in-last-field": "its last line does not end",
    "/cut-before-newline": "its last line does not end",
    "/damaged": "cut off or damaged: 'utf-8' codec",
    "/ragged": "row 201 has 2 fields where the header has 7",
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
    """The address of a server that gives `ANSWERS`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nothing listens, held so that nothing else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.mark.parametrize("path", ["/good", "/good-chunked", "/good-until-closed", "/moved"])
def test_whole_file_appears_byte_for_byte(server: str, tmp_path: Path, path: str) -> None:
    """However it is sent, and nothing beside it."""
    target = tmp_path / "brfss.csv"
    assert download(server + path, target, min_rows=100) == 200
    assert target.read_bytes() == GOOD
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("path", ["/good-marked", "/good-crlf"])
def test_other_ways_to_write_csv_are_accepted(server: str, tmp_path: Path, path: str) -> None:
    """A byte order mark, and CRLF."""
    assert download(server + path, tmp_path / "brfss.csv", min_rows=100) == 200


@pytest.mark.parametrize("path", FAILURES)
def test_failure_says_why_and_leaves_nothing(server: str, tmp_path: Path, path: str) -> None:
    """Neither target nor temporary file."""
    with pytest.raises(DownloadFailed) as failure:
        download(server + path, tmp_path / "brfss.csv", min_rows=100)
    assert FAILURES[path] in str(failure.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/cut", "/html", "/500", "/few"])
def test_failure_keeps_the_file_that_was_there(server: str, tmp_path: Path, path: str) -> None:
    """Its content untouched."""
    target = tmp_path / "brfss.csv"
    target.write_text("kept")
    with pytest.raises(DownloadFailed):
        download(server + path, target, min_rows=100)
    assert target.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [target]


def test_new_file_replaces_the_old(server: str, tmp_path: Path) -> None:
    """When all of it is right."""
    target = tmp_path / "brfss.csv"
    target.write_text("old")
    download(f"{server}/good", target, min_rows=100)
    assert target.read_bytes() == GOOD


def test_no_network_names_the_host_and_the_way_out(nobody: str, tmp_path: Path) -> None:
    """The bundled sample."""
    with pytest.raises(
        DownloadFailed, match=r"could not reach 127\.0\.0\.1:\d+: .*refused.*sample still works"
    ):
        download(nobody, tmp_path / "brfss.csv")
    assert list(tmp_path.iterdir()) == []


def test_address_that_is_none_is_refused(tmp_path: Path) -> None:
    """In words, not by a traceback."""
    with pytest.raises(DownloadFailed, match="could not download"):
        download("brfss.csv", tmp_path / "brfss.csv")


def test_run_reports_the_rows(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With status 0."""
    target = tmp_path / "brfss.csv"
    assert run(f"{server}/large", target) == 0
    assert capsys.readouterr().out == f"{target}: 50,000 rows\n"


def test_run_reports_failure_on_stderr(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With status 1."""
    assert run(f"{server}/few", tmp_path / "brfss.csv") == 1
    assert capsys.readouterr() == (
        "",
        f"error: {server[7:]} sent 99 rows where at least 50,000 are expected: try again\n",
    )


def test_run_reports_a_place_it_cannot_write(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With status 1, too."""
    assert run(f"{server}/good", tmp_path / "nowhere" / "brfss.csv") == 1
    assert "No such file" in capsys.readouterr().err
