"""Idempotency keys, batches, cached results and callbacks on the deployed service."""

from typing import Any

from tests.cloud.deployed import Deployed, eventually
from tests.cloud.test_access import LARGE

ONE: dict[str, Any] = {"processID": "best5", "inputs": {"question": LARGE}}


def test_repeated_key_of_a_batch_returns_its_jobs(deployed: Deployed) -> None:
    headers = {"Idempotency-Key": "a-batch"}

    def batch(count: int) -> Any:
        body = {"executions": [ONE] * count}
        return deployed.http.post(f"{deployed.url}/batch", json=body, headers=headers, timeout=60)

    first = batch(12)
    assert first.status_code == 201
    ids = [job["jobID"] for job in first.json()["jobs"]]
    assert len(set(ids)) == 12
    assert [job["jobID"] for job in batch(12).json()["jobs"]] == ids
    assert batch(11).status_code == 422
    answers = {
        eventually(lambda job_id=job_id: deployed.result(job_id), lambda one: b"done" in one.content).content
        for job_id in ids
    }
    assert len(answers) == 1


def test_known_result_is_304_through_the_gateway(deployed: Deployed) -> None:
    done = deployed.http.post(
        f"{deployed.url}/processes/best5/execution", json={"inputs": ONE["inputs"]}, timeout=60
    )
    job_id = done.links["monitor"]["url"].rpartition("/")[2]
    tag = deployed.get(f"/jobs/{job_id}/results").headers["ETag"]
    again = deployed.http.get(
        f"{deployed.url}/jobs/{job_id}/results", headers={"If-None-Match": tag}, timeout=60
    )
    assert (again.status_code, again.content) == (304, b"")


def test_subscriber_with_a_private_address_is_refused(deployed: Deployed) -> None:
    """By its address at once; by its name when the callback is sent, and the job is finished."""
    body = {"executions": [ONE | {"subscriber": {"successUri": "http://169.254.169.254/latest/meta-data"}}]}
    refused = deployed.http.post(f"{deployed.url}/batch", json=body, timeout=60)
    assert (refused.status_code, "public" in refused.json()["detail"]) == (400, True)
    body = {"executions": [ONE | {"subscriber": {"successUri": "http://localhost:9999/"}}]}
    accepted = deployed.http.post(f"{deployed.url}/batch", json=body, timeout=60).json()["jobs"][0]
    eventually(lambda: deployed.result(accepted["jobID"]), lambda one: b"done" in one.content)
