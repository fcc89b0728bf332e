"""The laptop's server: many connections, slow ones, waiting views, and its end."""

import contextlib
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from chalice.app import Chalice, Response

from local.http.connection import PATIENCE, Patience
from local.http.server import MOST_BLOCKED, Server, possible_connections
from tests.support.processes import python_m_local, until
from tests.support.raw import connect, talk

GET = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
MANY, SPARE = 10_000, 200


def refuses(url: str) -> bool:
    try:
        connect(url).close()
    except OSError:
        return True
    return False


class Views:
    """An application of its own: a quick view, a large one, and one that waits until it is let go."""

    def __init__(self) -> None:
        self.entered, self.release = threading.Event(), threading.Event()
        self.app = Chalice("views", configure_logs=False)
        self.app.route("/quick")(lambda: Response("1"))
        self.app.route("/large")(lambda: Response("x" * 10_000_000))
        self.app.route("/broken")(self.broken)
        self.app.route("/waiting")(self.waiting())

    def waiting(self) -> Callable[[], Response]:
        def view() -> Response:
            self.entered.set()
            assert self.release.wait(10)
            return Response("waited")

        view.runs_in_thread = True  # type: ignore[attr-defined] # as the decorator of views marks them
        return view

    def broken(self) -> Response:
        return Response("x", headers={"A": 5})  # type: ignore[dict-item] # what Chalice trips over


@pytest.fixture
def views() -> Views:
    return Views()


@contextmanager
def serving(
    views: Views, config: object, patience: Patience = PATIENCE, most: int | None = None
) -> Iterator[tuple[Server, str]]:
    server = Server(views.app, config, "127.0.0.1", 0, patience, most)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.port}"
    finally:
        views.release.set()
        server.shutdown()
        thread.join(10)
    assert not thread.is_alive()


def test_a_view_that_waits_holds_up_nobody(views: Views, chalice_config: object) -> None:
    """It has a thread of its own, and its client its answer in the end."""
    with serving(views, chalice_config) as (_, url), connect(url) as waiting:
        waiting.sendall(b"GET /waiting HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert views.entered.wait(10)
        assert requests.get(f"{url}/quick", timeout=5).text == "1"
        views.release.set()
        assert waiting.makefile("rb").read().endswith(b"waited")


def test_behind_a_view_that_waits_the_order_stays(views: Views, chalice_config: object) -> None:
    """On one connection a later request is answered later, however quick."""
    with serving(views, chalice_config) as (_, url), connect(url) as client:
        client.sendall(b"GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n" + GET + GET)
        assert views.entered.wait(10)
        views.release.set()
        said = b""
        while said.count(b"HTTP/1.1 200") < 3 or not said.endswith(b"\r\n\r\n1"):
            said += client.recv(65536)
        assert said.index(b"waited") < said.index(b"\r\n\r\n1")


def test_too_many_who_wait_are_refused(views: Views, chalice_config: object) -> None:
    """503 beyond the number of threads, and served again when one is let go."""
    with serving(views, chalice_config) as (_, url), ExitStack() as held:
        waiting = [held.enter_context(connect(url)) for _ in range(MOST_BLOCKED)]
        for client in waiting:
            client.sendall(b"GET /waiting HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        until(lambda: requests.get(f"{url}/waiting", timeout=5).status_code == 503)
        views.release.set()
        assert all(client.makefile("rb").read().endswith(b"waited") for client in waiting)
        assert requests.get(f"{url}/waiting", timeout=5).text == "waited"


def test_what_nobody_foresaw_is_500_in_json(views: Views, chalice_config: object) -> None:
    """And the next request is answered as if nothing had been."""
    with serving(views, chalice_config) as (_, url), requests.Session() as http:
        response = http.get(f"{url}/broken", timeout=5)
        assert response.status_code == 500
        assert "Traceback" not in response.text
        assert http.get(f"{url}/quick", timeout=5).status_code == 200


def test_a_request_that_takes_too_long(views: Views, chalice_config: object) -> None:
    """408, however regularly its bytes drip in."""
    with serving(views, chalice_config, Patience(request=0.3)) as (_, url), connect(url) as client:
        client.settimeout(0.02)
        client.sendall(b"GET /quick HTTP/1.1\r\n")
        for number in range(500):
            with contextlib.suppress(TimeoutError):
                said = client.recv(65536)
                break
            client.sendall(b"A%d: b\r\n" % number)
        assert said.startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_idles_too_long(views: Views, chalice_config: object) -> None:
    """Is closed, without a word: its client may just be writing."""
    with serving(views, chalice_config, Patience(idle=0.1)) as (server, url):
        assert talk(url, b"") == []
        assert not server.connections


def test_a_client_that_does_not_read(views: Views, chalice_config: object) -> None:
    """Gets no second answer built while the first one lies there, and is hung up on at last."""
    with serving(views, chalice_config, Patience(stalled=0.2)) as (server, url), connect(url) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        until(lambda: server.connections)
        until(lambda: not server.connections)
        assert requests.get(f"{url}/quick", timeout=5).status_code == 200


def test_beyond_the_most_connections_the_idlest_goes(views: Views, chalice_config: object) -> None:
    """A newcomer is always served."""
    with serving(views, chalice_config, most=3) as (_, url), ExitStack() as held:
        idle = [held.enter_context(connect(url)) for _ in range(3)]
        for client in idle:
            client.sendall(GET)
            client.recv(65536)
        assert requests.get(f"{url}/quick", timeout=5).status_code == 200
        assert idle[0].recv(1) == b""
        idle[2].sendall(GET)
        assert idle[2].recv(65536).startswith(b"HTTP/1.1 200")


def test_the_end_waits_for_answers(views: Views, chalice_config: object) -> None:
    """A view that is at work when the server stops gets its answer through; nobody new is let in."""
    with serving(views, chalice_config) as (server, url), connect(url) as client:
        client.sendall(b"GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n")
        assert views.entered.wait(10)
        stopping = threading.Thread(target=server.shutdown)
        stopping.start()
        until(lambda: refuses(url))
        views.release.set()
        assert client.makefile("rb").read().endswith(b"waited")
        stopping.join(10)


def test_ten_thousand_idle_connections(home: Path) -> None:
    """Each stays open, none of them slows the rest, and every one is still served."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + SPARE:
        pytest.skip(f"this machine lets a process open {hard} files, not {MANY + SPARE}")
    possible_connections()
    get = b"GET /api/num_jobs HTTP/1.1\r\nHost: x\r\n\r\n"
    with python_m_local(home, STATLINE_LOG_LEVEL="warning") as server, ExitStack() as held:
        idle = [held.enter_context(connect(server.url)) for _ in range(MANY)]
        for client in (*idle[::1000], connect(server.url)):
            client.sendall(get)
            assert client.recv(65536).endswith(b'{"num_jobs": 0}')
        answered = requests.post(f"{server.url}/api/best5", json={"question": "S1"}, timeout=5)
        assert answered.status_code == 200
        for client in idle:
            client.sendall(get)
        assert all(client.recv(65536).startswith(b"HTTP/1.1 200 OK") for client in idle)
        assert "Traceback" not in server.said
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
