"""Plain `chalice local`: which of the gateway's promises hold on Chalice's own server."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event, Lock

import pytest
import requests
from chalice.app import Chalice
from chalice.config import Config

from local.http.chalice_local import ConnectionGateway
from tests.support.processes import ServerProcess, chalice_local, until
from tests.support.raw import CLOSE, connect, receive, talk
from tests.support.samples import write_soil

ORIGIN = "https://pages.example"
GET = b"GET /api/num_jobs HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("home")
    write_soil(home)
    with chalice_local(home, STATLINE_CORS_ORIGIN=ORIGIN) as server:
        yield server


@pytest.fixture
def url(server: ServerProcess) -> str:
    return server.url


def test_kept_connection_does_not_wait_for_acknowledgements(url: str) -> None:
    """With Nagle's algorithm each response would take 40 ms."""
    start = time.monotonic()
    with connect(url) as connection:
        for _ in range(50):
            connection.sendall(GET + b"\r\n")
            receive(connection)

    assert time.monotonic() - start < 50 * 0.040


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/api/jobs/nothing", 404), ("PUT", "/api/best5", 405)],
)
def test_unknown_path_and_method_are_errors_in_json_with_cors(
    url: str, method: str, path: str, status: int
) -> None:
    response = requests.request(method, url + path, headers={"Origin": ORIGIN}, timeout=5)

    assert response.status_code == status
    assert path in response.text or method in response.text
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        (b"GET", b"/api/num_jobs", b"Host: evil.example", 421),
        (b"GET", b"http://evil.example/api/num_jobs", b"Host: localhost", 421),
        (b"GET", b"//evil.example/docs", b"Host: localhost", 404),
        (b"GET", b"/api/graceful_shutdown", b"Host: localhost\r\nSec-Fetch-Site: cross-site", 403),
        (b"GET", b"/api/num_jobs", b"Host: localhost\r\nSec-Fetch-Site: cross-site", 200),
    ],
)
def test_foreign_hosts_paths_and_pages_are_refused(
    url: str, method: bytes, target: bytes, headers: bytes, status: int
) -> None:
    (response,) = talk(url, b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, headers) + CLOSE + b"\r\n")

    assert response.status == status


def test_body_over_64_kb_is_413(url: str) -> None:
    assert requests.post(f"{url}/api/best5", data=b"x" * 70_000, timeout=5).status_code == 413


def test_preflight_is_answered(url: str) -> None:
    response = requests.options(f"{url}/api/best5", headers={"Origin": ORIGIN}, timeout=5)

    assert (response.status_code, response.content) == (204, b"")
    assert "POST" in response.headers["Access-Control-Allow-Methods"]


def test_head_has_no_body_and_keeps_the_connection_in_step(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(GET.replace(b"GET", b"HEAD") + b"\r\n" + GET + CLOSE + b"\r\n")
        first, second = connection.makefile("rb").read().split(b"HTTP/1.1 200 OK\r\n")[1:]

    assert first.endswith(b"\r\n\r\n")
    assert b'{"num_jobs": ' in second


def test_percent_encoded_job_id_is_decoded(url: str) -> None:
    job_id = requests.post(f"{url}/api/best5", json={"question": "S1"}, timeout=5).json()["job_id"]
    line = f"GET /api/get_results/%6a{job_id[1:]} HTTP/1.1\r\nHost: localhost\r\n".encode()

    assert talk(url, line + CLOSE + b"\r\n")[0].status == 200


def test_large_response_is_compressed(url: str) -> None:
    response = requests.get(f"{url}/", timeout=5)

    assert response.headers["Content-Encoding"] == "gzip"
    assert response.json()["title"] == "Statline"


def test_hundred_connections_at_once_are_all_served(server: ServerProcess) -> None:
    """The server is stopped meanwhile, so that it accepts none before all have come."""
    with ExitStack() as connections:
        os.killpg(server.process.pid, signal.SIGSTOP)
        try:
            opened = [connections.enter_context(connect(server.url)) for _ in range(100)]
        finally:
            os.killpg(server.process.pid, signal.SIGCONT)
        for connection in opened:
            connection.sendall(GET + b"\r\n")

        assert all(receive(connection).status == 200 for connection in opened)


def test_views_that_end_at_once_take_turns_and_waiting_ones_do_not() -> None:
    """Threads that all compute responses at once would leave none of the processor to the jobs' threads."""
    app, trace, turn, pause = Chalice("views", configure_logs=False), list[str](), Lock(), Event()

    @app.route("/brief")
    def brief() -> str:
        trace.append("in")
        pause.wait(0.005)  # another thread would begin now
        trace.append("out")
        return ""

    @app.route("/long")
    def long() -> str:
        return "waited" if turn.locked() else ""

    vars(long).update(lane="views")
    config = Config.create(project_dir=".", app_name="views")
    gateway = ConnectionGateway(app, config, "127.0.0.1", "127.0.0.1", turn)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: gateway.handle_request("GET", "/brief", {}, None), range(16)))
    with turn:
        response = gateway.handle_request("GET", "/long", {}, None)

    assert trace == ["in", "out"] * 16
    assert response["body"] == b"waited"


def test_child_ends_when_its_parent_is_killed(server: ServerProcess) -> None:
    """The last test of the module: the child would go on listening."""
    server.process.kill()

    until(lambda: not listens(server.url))


def listens(url: str) -> bool:
    try:
        connect(url).close()
    except OSError:
        return False
    return True
