"""A stop under load: what was accepted is finished, or left for the next start; nothing is lost."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.support.processes import ServerProcess, python_m_local, slow_local
from tests.support.samples import GLOBAL_HUMUS

QUESTION = {"question": "S1"}
RUNNING = b'{"status": "running"}'
DONE = b'{"status": "done", "data": %b}' % GLOBAL_HUMUS
CLIENTS = 6


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A pipe that jobs of `wait` wait for."""
    os.mkfifo(tmp_path / "gate")
    return tmp_path / "gate"


def let_one_through(gate: Path) -> None:
    gate.write_bytes(b"")


def open_for_good(gate: Path) -> None:
    gate.unlink()
    gate.touch()


def post(url: str, statistic: str) -> requests.Response:
    return requests.post(f"{url}/api/{statistic}", json=QUESTION, timeout=10)


def accepted(url: str, statistic: str) -> str:
    return str(post(url, statistic).json()["job_id"])


def result(url: str, job_id: str) -> bytes:
    return requests.get(f"{url}/api/get_results/{job_id}", timeout=10).content


def wait_for(url: str, path: str, body: dict[str, object]) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if requests.get(f"{url}{path}", timeout=10).json() == body:
            return
        pause.wait(0.01)
    raise AssertionError(f"{path} is not {body} after 20 s")


def wait_until_refused(url: str) -> None:
    """Until the drain has begun; what is accepted before is nobody's concern."""
    while post(url, "global_mean").status_code != 503:
        pass


@dataclass
class Crowd:
    """Clients that post and poll until they are refused, and from then on poll until nobody answers."""

    url: str
    told: list[str] = field(default_factory=list)
    refused: list[requests.Response] = field(default_factory=list)
    answered: dict[str, bytes] = field(default_factory=dict)
    wrong: list[object] = field(default_factory=list)
    busy: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int) -> None:
        own: list[str] = []
        with requests.Session() as http:
            try:
                while self._post(http, own):
                    self._poll(http, own[-1])
                while True:
                    for job_id in own:
                        self._poll(http, job_id)
            except requests.ConnectionError:
                return

    def _post(self, http: requests.Session, own: list[str]) -> bool:
        response = http.post(f"{self.url}/api/global_mean", json=QUESTION, timeout=10)
        if response.status_code == 200:
            own.append(response.json()["job_id"])
            self.told.append(own[-1])
            if len(self.told) > 100:
                self.busy.set()
            return True
        self.refused.append(response)
        return False

    def _poll(self, http: requests.Session, job_id: str) -> None:
        response = http.get(f"{self.url}/api/get_results/{job_id}", timeout=10)
        if response.content == DONE:
            self.answered[job_id] = DONE
        elif response.content != RUNNING or job_id in self.answered:
            self.wrong.append((job_id, response.status_code, response.content))


def stop_under_load(server: ServerProcess) -> tuple[Crowd, int]:
    """SIGTERM in the middle of a crowd's questions; returns it and the exit status."""
    crowd = Crowd(server.url)
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(crowd.run, number) for number in range(CLIENTS)]
        assert crowd.busy.wait(60)
        server.signal(signal.SIGTERM)
        status = server.wait()
        for client in clients:
            client.result(30)
    return crowd, status


def check_all_answered(home: Path, ids: list[str]) -> None:
    with python_m_local(home) as server:
        wait_for(server.url, "/api/num_jobs", {"num_jobs": 0})
        assert {result(server.url, job_id) for job_id in ids} == {DONE}


def test_sigterm_under_load_finishes_what_was_accepted(home: Path) -> None:
    """Every id is done at exit, new questions are refused with a time, and polls are right to the end."""
    with python_m_local(home, TP_NUM_OF_THREADS="1") as server:
        crowd, status = stop_under_load(server)
        assert (status, server.said.count("Drained.")) == (0, 1)
        assert "Traceback" not in server.said
    assert {(home / "results" / job_id).read_bytes() for job_id in crowd.told} == {GLOBAL_HUMUS}
    assert {(found.status_code, found.headers["Retry-After"]) for found in crowd.refused} <= {(503, "30")}
    assert crowd.wrong == []
    check_all_answered(home, crowd.told)


def test_jobs_left_by_the_deadline_are_finished_by_the_next_start(home: Path) -> None:
    with python_m_local(home, TP_NUM_OF_THREADS="0", STATLINE_DRAIN_SECONDS="0") as server:
        crowd, status = stop_under_load(server)
        assert status == 0
        assert f"{len(crowd.told)} jobs left for the next start." in server.said
        assert "Traceback" not in server.said
    assert crowd.wrong == []
    check_all_answered(home, crowd.told)


def test_polls_are_answered_while_a_slow_job_delays_the_drain(home: Path, gate: Path) -> None:
    with slow_local(home, gate, TP_NUM_OF_THREADS="2") as server:
        slow, quick = accepted(server.url, "wait"), accepted(server.url, "global_mean")
        wait_for(server.url, "/api/num_jobs", {"num_jobs": 1})
        server.signal(signal.SIGTERM)
        wait_until_refused(server.url)
        refused = post(server.url, "global_mean")
        assert refused.json() == {"status": "error", "reason": "shutting down"}
        assert refused.headers["Retry-After"] == "30"
        assert (result(server.url, slow), result(server.url, quick)) == (RUNNING, DONE)
        let_one_through(gate)
        assert server.wait() == 0
        assert "Drained." in server.said
    assert (home / "results" / slow).read_bytes() == GLOBAL_HUMUS


def test_endless_job_does_not_delay_the_exit_beyond_the_deadline(home: Path, gate: Path) -> None:
    with slow_local(home, gate, TP_NUM_OF_THREADS="1", STATLINE_DRAIN_SECONDS="1") as server:
        ids = [accepted(server.url, "wait"), accepted(server.url, "global_mean")]
        before = time.monotonic()
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert time.monotonic() - before < 15  # the job takes for ever, the machine may be slow
        assert "2 jobs left for the next start." in server.said
        assert "Traceback" not in server.said
    open_for_good(gate)
    with slow_local(home, gate) as server:
        wait_for(server.url, "/api/num_jobs", {"num_jobs": 0})
        assert {result(server.url, job_id) for job_id in ids} == {DONE}


def test_second_signal_ends_the_process_and_loses_nothing(home: Path, gate: Path) -> None:
    with slow_local(home, gate, TP_NUM_OF_THREADS="1", STATLINE_DRAIN_SECONDS="600") as server:
        ids = [accepted(server.url, "wait"), accepted(server.url, "global_mean")]
        server.signal(signal.SIGTERM)
        wait_until_refused(server.url)
        server.signal(signal.SIGTERM)
        assert server.wait() == 128 + signal.SIGTERM
    open_for_good(gate)
    with slow_local(home, gate) as server:
        wait_for(server.url, "/api/num_jobs", {"num_jobs": 0})
        assert {result(server.url, job_id) for job_id in ids} == {DONE}


def test_sigterm_after_a_finished_graceful_shutdown_ends_at_once(home: Path, gate: Path) -> None:
    with slow_local(home, gate, TP_NUM_OF_THREADS="2", STATLINE_DRAIN_SECONDS="600") as server:
        url, slow = server.url, accepted(server.url, "wait")
        quick = [accepted(url, "global_mean") for _ in range(20)]
        assert requests.get(f"{url}/api/graceful_shutdown", timeout=10).json()["status"] == "running"
        assert post(url, "global_mean").status_code == 503
        wait_for(url, "/api/graceful_shutdown", {"status": "running", "num_jobs": 1})
        assert {result(url, job_id) for job_id in quick} == {DONE}
        let_one_through(gate)
        wait_for(url, "/api/graceful_shutdown", {"status": "done"})
        assert result(url, slow) == DONE
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "Drained." in server.said
