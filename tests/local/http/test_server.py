"""The server of `make run`: views that wait, slow and idle clients, and its end."""

import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from chalice.app import Chalice, Response

from chalicelib.routes.endpoint import CHECKS, EXECUTIONS, POLLS, VIEWS
from local.http.handler import BODY_SECONDS
from local.http.lanes import MOST_WAITING, QUEUE, WORKERS
from local.http.process import raise_file_limit
from local.http.server import Server
from tests.support.processes import python_m_local, until
from tests.support.raw import connect, receive, talk

GET = b"GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n"
WAITING = b"GET /waiting HTTP/1.1\r\nHost: localhost\r\n\r\n"
MANY, SPARE = 10_000, 200


def refuses(url: str) -> bool:
    try:
        connect(url).close()
    except OSError:
        return True
    return False


class Views:
    """An application of its own: a quick view, a broken one, and one that waits until it is released."""

    def __init__(self) -> None:
        self.entered, self.release = threading.Event(), threading.Event()
        self.lock, self.running, self.most_running = threading.Lock(), 0, 0
        self.app = Chalice("views", configure_logs=False)
        self.app.route("/quick", methods=["GET", "POST"])(lambda: Response("1"))
        self.app.route("/broken")(self.broken)
        for lane in (POLLS, EXECUTIONS, VIEWS, CHECKS):
            self.app.route("/waiting" if lane == POLLS else f"/{lane}")(self.waiting(lane))

    def waiting(self, lane: str) -> Callable[[], Response]:
        def view() -> Response:
            with self.lock:
                self.running += 1
                self.most_running = max(self.running, self.most_running)
            self.entered.set()
            assert self.release.wait(10)
            with self.lock:
                self.running -= 1
            return Response('"waited"')

        view.lane = lane  # type: ignore[attr-defined] # as the decorator of views marks them
        return view

    def broken(self) -> Response:
        return Response("x", headers={"A": 5})  # type: ignore[dict-item] # an error inside Chalice


@pytest.fixture
def views() -> Views:
    return Views()


@contextmanager
def serving(views: Views, config: object, body_seconds: float = BODY_SECONDS) -> Iterator[tuple[Server, str]]:
    server = Server(views.app, config, "127.0.0.1", 0, body_seconds)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.port}"
    finally:
        views.release.set()
        server.shutdown()
        thread.join(10)
    assert not thread.is_alive()


def test_view_that_waits_delays_no_other_client(views: Views, chalice_config: object) -> None:
    with serving(views, chalice_config) as (_, url), connect(url) as waiting:
        waiting.sendall(WAITING)
        assert views.entered.wait(10)

        assert requests.get(f"{url}/quick", timeout=5).text == "1"
        views.release.set()
        assert receive(waiting).body == "waited"


def test_requests_behind_a_view_that_waits_stay_in_order(views: Views, chalice_config: object) -> None:
    with serving(views, chalice_config) as (_, url), connect(url) as client:
        client.sendall(WAITING + GET + GET)
        assert views.entered.wait(10)
        views.release.set()

        assert [receive(client).body for _ in range(3)] == ["waited", 1, 1]


def test_requests_over_the_limit_of_waiting_ones_are_503(views: Views, chalice_config: object) -> None:
    with serving(views, chalice_config) as (_, url), ExitStack() as held:
        waiting = [held.enter_context(connect(url)) for _ in range(MOST_WAITING)]
        for client in waiting:
            client.sendall(WAITING)
        until(lambda: requests.get(f"{url}/waiting", timeout=5).status_code == 503)
        refused = requests.get(f"{url}/waiting", timeout=5)
        assert refused.headers["Retry-After"] == "1"

        views.release.set()
        assert all(receive(client).body == "waited" for client in waiting)
        assert requests.get(f"{url}/waiting", timeout=5).json() == "waited"


@pytest.mark.parametrize(("lane", "places"), [(VIEWS, WORKERS + QUEUE), ("waiting", MOST_WAITING)])
def test_full_lane_holds_up_no_poll_and_no_other_lane(
    views: Views, chalice_config: object, lane: str, places: int
) -> None:
    others = [GET.replace(b"quick", name.encode()) for name in (CHECKS, EXECUTIONS)]
    with serving(views, chalice_config) as (_, url), ExitStack() as held:
        held_places = [held.enter_context(connect(url)) for _ in range(places)]
        for client in held_places:
            client.sendall(GET.replace(b"quick", lane.encode()))
        until(lambda: requests.get(f"{url}/{lane}", timeout=5).status_code == 503)
        other_lanes = [held.enter_context(connect(url)) for _ in others]
        for client, request in zip(other_lanes, others, strict=True):
            client.sendall(request)

        assert requests.get(f"{url}/quick", timeout=5).text == "1"
        assert requests.post(f"{url}/quick", timeout=5).text == "1"
        assert requests.get(f"{url}/{lane}", timeout=5).headers["Retry-After"] == "1"
        views.release.set()
        assert all(receive(client).body == "waited" for client in (*held_places, *other_lanes))


def test_views_that_compute_have_two_workers(views: Views, chalice_config: object) -> None:
    request = GET.replace(b"quick", VIEWS.encode())
    with serving(views, chalice_config) as (_, url), ExitStack() as held:
        clients = [held.enter_context(connect(url)) for _ in range(WORKERS + 5)]
        for client in clients:
            client.sendall(request)
        until(lambda: views.running == WORKERS)
        assert requests.get(f"{url}/quick", timeout=5).text == "1"
        views.release.set()
        assert all(receive(client).body == "waited" for client in clients)

    assert views.most_running == WORKERS


def test_thread_that_cannot_start_is_503_and_frees_its_place(views: Views, chalice_config: object) -> None:
    views.release.set()
    with serving(views, chalice_config) as (_, url):
        threading.stack_size(1 << 47)  # more than the address space: no thread starts
        try:
            refused = [requests.get(f"{url}/views", timeout=5) for _ in range(WORKERS + QUEUE + 1)]
        finally:
            threading.stack_size(0)

        assert {response.status_code for response in refused} == {503}
        assert all("no thread" in response.text for response in refused)
        assert requests.get(f"{url}/views", timeout=5).json() == "waited"


def test_unforeseen_error_is_500_in_json_and_the_connection_stays(
    views: Views, chalice_config: object
) -> None:
    with serving(views, chalice_config) as (_, url), requests.Session() as http:
        response = http.get(f"{url}/broken", timeout=5)

        assert (response.status_code, response.headers["Content-Type"]) == (500, "application/json")
        assert "Traceback" not in response.text
        assert http.get(f"{url}/quick", timeout=5).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 5\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ],
)
def test_body_that_does_not_arrive_is_408(views: Views, chalice_config: object, body: bytes) -> None:
    with serving(views, chalice_config, body_seconds=0.1) as (_, url):
        (response,) = talk(url, b"POST /quick HTTP/1.1\r\nHost: localhost\r\n" + body)

    assert response.status == 408


def test_malformed_chunk_in_a_later_packet_ends_the_connection(views: Views, chalice_config: object) -> None:
    head = b"POST /quick HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
    with serving(views, chalice_config, body_seconds=0.3) as (_, url), connect(url) as client:
        client.sendall(head)
        threading.Event().wait(0.1)
        client.sendall(b"zz\r\n")

        assert client.makefile("rb").read().startswith((b"HTTP/1.1 400", b"HTTP/1.1 408"))


def test_shutdown_waits_for_responses_and_accepts_no_connection(views: Views, chalice_config: object) -> None:
    with serving(views, chalice_config) as (server, url), connect(url) as client:
        client.sendall(WAITING)
        assert views.entered.wait(10)
        stopping = threading.Thread(target=server.shutdown)
        stopping.start()
        until(lambda: refuses(url))
        views.release.set()

        assert receive(client).body == "waited"
        stopping.join(10)


def test_shutdown_closes_idle_connections(views: Views, chalice_config: object) -> None:
    with serving(views, chalice_config) as (server, url), connect(url) as client:
        client.sendall(GET)
        receive(client)
        server.shutdown()

        assert client.recv(1) == b""


def test_ten_thousand_idle_connections_are_all_served(home: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + SPARE:
        pytest.skip(f"this machine lets a process open {hard} files, not {MANY + SPARE}")
    raise_file_limit()
    get = b"GET /api/num_jobs HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with python_m_local(home, STATLINE_LOG_LEVEL="warning") as server, ExitStack() as held:
        idle = [held.enter_context(connect(server.url)) for _ in range(MANY)]
        for client in (*idle[::1000], connect(server.url)):
            client.sendall(get)
            assert client.recv(65536).endswith(b'{"num_jobs": 0}')
        accepted = requests.post(f"{server.url}/api/best5", json={"question": "S1"}, timeout=5)
        assert accepted.status_code == 200

        for client in idle:
            client.sendall(get)
        assert all(client.recv(65536).startswith(b"HTTP/1.1 200 OK") for client in idle)
        assert "Traceback" not in server.said
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
