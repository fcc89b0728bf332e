"""Idempotency-Key and Prefer, over real HTTP."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from local.emulator.emulator import Emulator
from tests.chalicelib.routes.test_processes import ASYNC, HUMUS, execute, problem
from tests.support.samples import GLOBAL_HUMUS

ONE = {"processID": "global_mean", "inputs": {"question": "S1"}}


def test_repeated_key_returns_the_same_job_on_both_interfaces(url: str, http: requests.Session) -> None:
    body, key = {"question": "S1"}, {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    answers = [http.post(f"{url}/api/global_mean", json=body, headers=key, timeout=5) for _ in range(2)]
    assert answers[0].json() == answers[1].json() == {"job_id": "job_id_1"}
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    results = [execute(http, url, "best5", HUMUS, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert results[0].content == results[1].content
    assert results[0].headers["Link"] == results[1].headers["Link"]
    status = execute(http, url, "best5", HUMUS, **ASYNC, **{"Idempotency-Key": "k"})
    assert (status.status_code, status.json()["jobID"]) == (201, "job_id_2")


def test_reused_key_with_other_body_is_422(url: str, http: requests.Session) -> None:
    key = {"Idempotency-Key": "k"}
    http.post(f"{url}/api/global_mean", json={"question": "S1"}, headers=key, timeout=5)
    refused = http.post(f"{url}/api/global_mean", json={"question": "S2"}, headers=key, timeout=5)
    assert (refused.status_code, refused.json()["status"]) == (422, "error")
    assert "Idempotency-Key" in refused.json()["reason"]
    assert problem(execute(http, url, "global_mean", HUMUS, **key))[0] == 422


@pytest.mark.parametrize("key", ["", "a b", "a, b", "x" * 256, "é", '"tab\t"'])
def test_invalid_key_is_400_and_makes_no_job(url: str, http: requests.Session, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    body = {"question": "S1"}
    assert http.post(f"{url}/api/global_mean", json=body, headers=headers, timeout=5).status_code == 400
    assert http.get(f"{url}/api/jobs", timeout=5).json()["data"] == []


def test_batch_returns_a_status_for_each_execution_in_order(url: str, http: requests.Session) -> None:
    body = {"executions": [ONE, ONE | {"processID": "best5"}]}
    answer = http.post(f"{url}/batch", json=body, headers={"Idempotency-Key": "k"}, timeout=5)
    assert answer.status_code == 201
    jobs = answer.json()["jobs"]
    assert [job["processID"] for job in jobs] == ["global_mean", "best5"]
    for job in jobs:
        where = next(link["href"] for link in job["links"] if link["rel"] == "self")
        assert http.get(where, timeout=5).json()["jobID"] == job["jobID"]
    again = http.post(f"{url}/batch", json=body, headers={"Idempotency-Key": "k"}, timeout=5)
    assert [job["jobID"] for job in again.json()["jobs"]] == [job["jobID"] for job in jobs]


def test_invalid_batch_is_400_and_names_the_execution(url: str, http: requests.Session) -> None:
    body = {"executions": [ONE, ONE | {"inputs": {"question": "S9"}}]}
    refused = http.post(f"{url}/batch", json=body, timeout=5)
    assert problem(refused) == (400, "InvalidParameterValue")
    assert refused.json()["detail"].startswith("executions[1]: ")


@pytest.fixture
def idle(emulator: Emulator) -> Iterator[Emulator]:
    """An emulator whose runners do nothing until the test lets them."""
    process, go = emulator.pool.process, threading.Event()

    def late(job_id: str) -> None:
        go.wait(10)
        process(job_id)

    emulator.pool.process = late
    emulator.go = go  # type: ignore[attr-defined] # for the test alone
    yield emulator
    go.set()


def test_poll_with_wait_returns_when_the_job_ends(url: str, idle: Emulator, http: requests.Session) -> None:
    job_id = http.post(f"{url}/api/global_mean", json={"question": "S1"}, timeout=5).json()["job_id"]
    paths = [f"/jobs/{job_id}", f"/jobs/{job_id}/results", f"/api/get_results/{job_id}"]

    def poll(path: str) -> requests.Response:
        return requests.get(url + path, headers={"Prefer": "wait=18"}, timeout=25)

    start = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        polls = [pool.submit(poll, path) for path in paths]
        assert http.get(f"{url}/jobs/{job_id}", timeout=5).json()["status"] == "accepted"
        assert not any(one.done() for one in polls)
        idle.go.set()  # type: ignore[attr-defined] # as above
        status, results, original = (one.result(20) for one in polls)
    assert time.monotonic() - start < 10
    assert status.json()["status"] == "successful"
    assert results.content == GLOBAL_HUMUS
    assert original.json()["status"] == "done"


def test_poll_returns_the_open_job_after_its_wait(url: str, idle: Emulator, http: requests.Session) -> None:
    """A wait that is not a number is ignored."""
    job_id = http.post(f"{url}/api/global_mean", json={"question": "S1"}, timeout=5).json()["job_id"]
    for wait in ("wait=1", "wait=0", "wait=x", "wait=-1", "wait"):
        start = time.monotonic()
        found = http.get(f"{url}/api/get_results/{job_id}", headers={"Prefer": wait}, timeout=5)
        assert (found.json(), found.headers["Cache-Control"]) == ({"status": "running"}, "no-store")
        assert (time.monotonic() - start > 0.9) == (wait == "wait=1")


def test_execution_waits_as_long_as_prefer_says(url: str, idle: Emulator, http: requests.Session) -> None:
    start = time.monotonic()
    late = execute(http, url, "global_mean", HUMUS, Prefer="wait=1")
    assert (late.status_code, late.json()["status"]) == (201, "accepted")
    assert 0.9 < time.monotonic() - start < 5
    both = execute(http, url, "global_mean", HUMUS, Prefer="respond-async, wait=1")
    assert (both.status_code, both.headers["Preference-Applied"]) == (201, "respond-async")
    idle.go.set()  # type: ignore[attr-defined] # as above
    for prefer in ("wait=15", "respond-async, wait=15"):
        in_time = execute(http, url, "global_mean", HUMUS, Prefer=prefer)
        assert (in_time.status_code, in_time.content) == (200, GLOBAL_HUMUS)
        assert in_time.headers["Preference-Applied"] == "wait=15"
