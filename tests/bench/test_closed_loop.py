"""Closed-loop load: each client waits for its job before it submits the next."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.closed_loop import PAUSE, drive, requests
from chalicelib.documents.schemas import parse_inputs
from chalicelib.domain.statistics.registry import MEANS, statistic

PAIRS = [("Humus", "Bayern"), ("Sand", "Hessen")]


class Scripted(ThreadingHTTPServer):
    """Ends each job at its poll of number `polls`, with `word`; hangs up at job number `breaks_at`.

    Keeps what each connection asked, and when.
    """

    daemon_threads = True

    def __init__(
        self, polls: int = 1, word: str = "done", accept: int = 200, breaks_at: int = 0, last: bool = False
    ) -> None:
        self.polls, self.word, self.accept = polls, word, accept
        self.breaks_at, self.last = breaks_at, last
        self.states: list[str | None] = []
        self.numbers, self.asked = itertools.count(1), Counter[str]()
        self.log: dict[object, list[tuple[float, str]]] = {}
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def submitted(self) -> int:
        return next(self.numbers) - 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Scripted

    def do_POST(self) -> None:
        self.note("POST")
        name, body = self.path.removeprefix("/api/"), self.rfile.read(int(self.headers["Content-Length"]))
        self.server.states.append(parse_inputs(statistic(name), json.loads(body)).get("state"))
        number = next(self.server.numbers)
        if number == self.server.breaks_at:
            self.close_connection = True
            return
        job_id = f"job_id_{number}"
        self.answer(
            self.server.accept, {"job_id": job_id} if self.server.accept == 200 else {"status": "error"}
        )

    def do_GET(self) -> None:
        self.note("GET")
        job_id = self.path.removeprefix("/api/get_results/")
        self.server.asked[job_id] += 1
        ended = self.server.asked[job_id] >= self.server.polls
        # A word that an answer happens to hold is not the job's.
        self.answer(200, {"status": self.server.word if ended else "running", "data": {"status": "running"}})

    def note(self, what: str) -> None:
        self.server.log.setdefault(self.client_address, []).append((time.perf_counter(), what))

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(content)}\r\n"
        if self.server.last:
            self.close_connection, head = True, head + "Connection: close\r\n"
        self.wfile.write(f"{head}\r\n".encode() + content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def scripted(**script: object) -> Iterator[Scripted]:
    with Scripted(**script) as server:  # type: ignore[arg-type] # as Scripted takes them
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_every_job_is_submitted_once_on_one_connection_for_each_client() -> None:
    with scripted() as server:
        outcome = drive(server.url, 3, PAIRS, jobs=50)
        assert (len(outcome.latencies), outcome.errors, outcome.clients) == (50, 0, 3)
        assert server.asked == {f"job_id_{number}": 1 for number in range(1, 51)}
        assert len(server.log) == 3
        assert server.submitted() == 50


def test_client_submits_nothing_while_its_job_runs() -> None:
    with scripted(polls=3) as server:
        outcome = drive(server.url, 2, PAIRS, jobs=20)
        for lines in server.log.values():
            words = [word for _, word in lines]
            assert words == ["POST", "GET", "GET", "GET"] * (len(words) // 4)
            for (before, one), (after, other) in itertools.pairwise(lines):
                assert (one, other) != ("GET", "GET") or after - before >= PAUSE
        assert min(outcome.latencies) >= 2 * PAUSE


def test_last_jobs_are_finished_after_the_time() -> None:
    with scripted(polls=2) as server:
        outcome = drive(server.url, 4, PAIRS, seconds=0.2)
        assert 0.2 <= outcome.seconds < 5
        assert len(outcome.latencies) == server.submitted() == len(server.asked)
        assert set(server.asked.values()) == {2}


@pytest.mark.parametrize("script", [{"word": "error"}, {"accept": 503}])
def test_failed_and_refused_jobs_are_errors(script: dict[str, object]) -> None:
    with scripted(**script) as server:
        outcome = drive(server.url, 2, PAIRS, jobs=10)
        assert (len(outcome.latencies), outcome.errors) == (10, 10)


def test_broken_connection_costs_one_job() -> None:
    with scripted(breaks_at=3) as server:
        outcome = drive(server.url, 1, PAIRS, jobs=6)
        assert (len(outcome.latencies), outcome.errors) == (6, 1)
        assert len(server.log) == 2


def test_connection_closed_by_the_server_is_opened_again() -> None:
    with scripted(polls=2, last=True) as server:
        assert drive(server.url, 2, PAIRS, jobs=5).errors == 0
        assert len(server.log) == 15


def test_each_client_and_seed_has_its_own_questions() -> None:
    with scripted() as server:
        drive(server.url, 2, [("Humus", str(number)) for number in range(10_000)], jobs=400)
        drive(server.url, 2, [("Humus", str(number)) for number in range(10_000)], jobs=400, seed=2)
        states = [state for state in server.states if state]
        assert len(states) > 20
        assert len(set(states)) > 0.9 * len(states)


def test_server_that_is_gone_is_an_error_of_each_job() -> None:
    with scripted() as server:
        url = server.url
    assert drive(url, 1, PAIRS, jobs=2).errors == 2


def test_requests_draw_uniformly_and_repeatably_from_statistics_and_pairs() -> None:
    drawn = list(itertools.islice(requests(PAIRS, seed=1), 1800))
    assert drawn == list(itertools.islice(requests(PAIRS, seed=1), 1800))
    assert drawn != list(itertools.islice(requests(PAIRS, seed=2), 1800))
    names = Counter(request.split()[1].removeprefix(b"/api/").decode() for request in drawn)
    assert set(names) == set(MEANS)
    assert all(120 < count < 280 for count in names.values())
    assert all(700 < sum(text in request for request in drawn) < 1100 for text in (b"Humus", b"Sand"))


def test_summary_has_rates_and_percentiles() -> None:
    with scripted() as server:
        outcome = drive(server.url, 1, PAIRS, jobs=5)._replace(
            seconds=2.0, cpu=0.5, latencies=[0.1, 0.2, 0.3, 0.4, 0.5]
        )
    summary = outcome.summary()
    assert (summary["jobs"], summary["jobs/s"], summary["clients"]) == (5, 2.5, 1)
    assert summary["load, % of a core"] == 25
    assert (summary["p50 ms"], summary["p99 ms"]) == pytest.approx((300, 496))
