"""Callbacks of real servers to a real receiver, over SIGKILL."""

import json
import select
import signal
import socket
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.local.emulator.test_crashes import dead_store
from tests.support.processes import python_m_local, until
from tests.support.receiver import receiving
from tests.support.samples import GLOBAL_HUMUS

COUNT = 10
ENVIRON = {"STATLINE_CALLBACK_PRIVATE": "yes", "STATLINE_LOG_LEVEL": "error"}


def one(url: str) -> dict[str, Any]:
    return {"processID": "global_mean", "inputs": {"question": "S1"}, "subscriber": {"successUri": url}}


def callback_pending(home: Path) -> set[str]:
    """Return the jobs with a pending callback in the database of a server."""
    with dead_store(home) as store:
        return set(store.pending_callbacks_before(10**15))


def test_callbacks_are_delivered_after_sigkill(home: Path, http: requests.Session) -> None:
    with receiving() as receiver:
        receiver.answers = [503]
        body = {"executions": [one(f"{receiver.url}/{number}") for number in range(COUNT)]}
        with python_m_local(home, **ENVIRON) as server:
            assert http.post(f"{server.url}/batch", json=body, timeout=10).status_code == 201
            receiver.wait_for(3)
            server.signal(signal.SIGKILL)
            server.wait()
        due = callback_pending(home)
        assert due, "everything was told before the kill: it proves nothing"
        receiver.answers = [200]
        before = len(receiver.received)
        with python_m_local(home, **ENVIRON) as server:
            until(lambda: {one.path for one in receiver.received[before:]} >= {f"/{n}" for n in range(COUNT)})
            until(lambda: not callback_pending(home))
    for told in receiver.received:
        assert json.loads(told.body)["result"]["value"] == json.loads(GLOBAL_HUMUS)


def test_callback_to_this_machine_is_refused_by_default(url: str, http: requests.Session) -> None:
    with receiving() as receiver:
        for host in ("127.0.0.1", "[::1]"):
            body = {"executions": [one(f"http://{host}:{receiver.server_port}/")]}
            refused = http.post(f"{url}/batch", json=body, timeout=10)
            assert (refused.status_code, "public" in refused.json()["detail"]) == (400, True)
        body = {"executions": [one(f"http://localhost:{receiver.server_port}/")]}
        assert http.post(f"{url}/batch", json=body, timeout=10).status_code == 201
        until(lambda: 'outcome="refused"' in http.get(f"{url}/metrics", timeout=5).text)
        assert receiver.received == []


@pytest.mark.parametrize("media_type", ["application/json", "text/csv"])
def test_execution_calls_back_in_its_form_and_in_progress(
    home: Path, http: requests.Session, media_type: str
) -> None:
    with receiving() as receiver, python_m_local(home, **ENVIRON) as server:
        body = {
            "inputs": {"question": "S1"},
            "outputs": {"result": {"format": {"mediaType": media_type}}},
            "subscriber": {"successUri": receiver.url + "/ok", "inProgressUri": receiver.url + "/busy"},
        }
        job = http.post(
            f"{server.url}/processes/best5/execution",
            json=body,
            headers={"Prefer": "respond-async"},
            timeout=10,
        ).json()
        told = {one.path: one for one in receiver.wait_for(2)}
    assert {one.headers["Statline-Job"] for one in told.values()} == {job["jobID"]}
    assert json.loads(told["/busy"].body)["status"] == "running"
    assert json.loads(told["/ok"].body)["result"]["mediaType"] == media_type


@pytest.mark.parametrize("uri", ["successUri", "inProgressUri"])
def test_silent_receiver_of_100_callbacks_delays_neither_jobs_nor_another_host(
    home: Path, http: requests.Session, uri: str
) -> None:
    """The good one is called while the silent host is still at one of its first attempts."""
    with receiving() as receiver, socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        good = f"http://localhost:{receiver.server_port}/good"
        hung = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        asked = one(good) | {"subscriber": {"successUri": hung, uri: hung}}
        with python_m_local(home, **ENVIRON) as server:
            for body in ({"executions": [asked] * 100}, {"executions": [one(good)]}):
                assert http.post(f"{server.url}/batch", json=body, timeout=10).status_code == 201
            receiver.wait_for(1)
            silent.setblocking(False)
            attempts = 0
            with suppress(BlockingIOError):
                while True:
                    silent.accept()[0].close()
                    attempts += 1
            assert attempts < 4
            until(lambda: http.get(f"{server.url}/api/num_jobs", timeout=5).json() == {"num_jobs": 0})


def test_first_callbacks_to_100_silent_hosts_do_not_delay_a_good_one(
    home: Path, http: requests.Session
) -> None:
    with receiving() as receiver, ExitStack() as stack:
        good = f"http://localhost:{receiver.server_port}/good"
        silent = [
            stack.enter_context(socket.create_server((f"127.0.1.{number}", 0))) for number in range(1, 101)
        ]
        hung = [one("http://{}:{}/".format(*server.getsockname())) for server in silent]
        with python_m_local(home, **ENVIRON) as server:
            for body in ({"executions": hung}, {"executions": [one(good)]}):
                jobs = http.post(f"{server.url}/batch", json=body, timeout=10).json()["jobs"]
            came = receiver.wait_for(1)[0].at
            called, _, _ = select.select(silent, [], [], 0)
            status = http.get(f"{server.url}/jobs/{jobs[0]['jobID']}", timeout=10).json()
    waited = came - datetime.fromisoformat(status["finished"]).timestamp()
    assert len(called) > 50, "it was sent before the others: it proves nothing"
    assert waited < 2
