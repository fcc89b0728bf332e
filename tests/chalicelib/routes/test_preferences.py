"""Headers by which clients say how they want to be answered, over real HTTP."""

import pytest
import requests

from tests.chalicelib.routes.test_processes import ASYNC, HUMUS, execute, problem

ONE = {"processID": "global_mean", "inputs": {"question": "S1"}}


def test_a_key_by_either_interface(url: str, http: requests.Session) -> None:
    """The first answer again: the same id, the same result."""
    body, key = {"question": "S1"}, {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    answers = [http.post(f"{url}/api/global_mean", json=body, headers=key, timeout=5) for _ in range(2)]
    assert answers[0].json() == answers[1].json() == {"job_id": "job_id_1"}
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    results = [execute(http, url, "best5", HUMUS, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert results[0].content == results[1].content
    assert results[0].headers["Link"] == results[1].headers["Link"]
    status = execute(http, url, "best5", HUMUS, **ASYNC, **{"Idempotency-Key": "k"})
    assert (status.status_code, status.json()["jobID"]) == (201, "job_id_2")


def test_a_key_for_another_request(url: str, http: requests.Session) -> None:
    """422, in the words of the interface that was asked."""
    key = {"Idempotency-Key": "k"}
    http.post(f"{url}/api/global_mean", json={"question": "S1"}, headers=key, timeout=5)
    refused = http.post(f"{url}/api/global_mean", json={"question": "S2"}, headers=key, timeout=5)
    assert (refused.status_code, refused.json()["status"]) == (422, "error")
    assert "Idempotency-Key" in refused.json()["reason"]
    assert problem(execute(http, url, "global_mean", HUMUS, **key))[0] == 422


@pytest.mark.parametrize("key", ["", "a b", "a, b", "x" * 256, "é", '"tab\t"'])
def test_what_cannot_be_a_key(url: str, http: requests.Session, key: str) -> None:
    """400, and no job."""
    headers = {"Idempotency-Key": key.encode("latin-1")}
    body = {"question": "S1"}
    assert http.post(f"{url}/api/global_mean", json=body, headers=headers, timeout=5).status_code == 400
    assert http.get(f"{url}/api/jobs", timeout=5).json()["data"] == []


def test_a_batch(url: str, http: requests.Session) -> None:
    """One answer with a status document for each, in order, whose links lead to the results."""
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


def test_a_batch_with_something_wrong_in_it(url: str, http: requests.Session) -> None:
    """400, and it says in which execution."""
    body = {"executions": [ONE, ONE | {"inputs": {"question": "S9"}}]}
    refused = http.post(f"{url}/batch", json=body, timeout=5)
    assert problem(refused) == (400, "InvalidParameterValue")
    assert refused.json()["detail"].startswith("executions[1]: ")
