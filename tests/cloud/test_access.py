"""Access of callers, operators and functions, on an emulator that enforces IAM over TLS."""

import time

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local.cloud.stages import StageError
from tests.cloud.deployed import Deployed, eventually, private_callbacks
from tests.support.processes import free_port

LARGE = "Q036"  # by category its answer is more than a record takes, in the sample and in the survey
SHUTDOWN = "/api/graceful_shutdown"


def signed(deployed: Deployed, path: str, method: str = "GET") -> requests.Response:
    """A request with the operator's signature, without a key."""
    url, host = f"{deployed.url}{path}", deployed.http.headers["Host"]
    request = AWSRequest(method, url, headers={"Host": host})
    SigV4Auth(boto3.Session().get_credentials(), "execute-api", "us-east-1").add_auth(request)
    headers = {**request.headers, "x-api-key": None}
    return deployed.http.request(method, url, headers=headers, timeout=60)


@pytest.mark.parametrize("key", [None, "wrong" * 8])
def test_request_without_the_key_is_403_and_makes_no_job(secured: Deployed, key: str | None) -> None:
    headers = {"x-api-key": key}
    body = {"question": "S1"}
    posted = secured.http.post(f"{secured.url}/api/global_mean", json=body, headers=headers, timeout=60)
    read = secured.get("/api/jobs", headers=headers)
    assert (posted.status_code, read.status_code) == (403, 403)
    assert secured.service.num_jobs() == 0


def test_policies_grant_each_function_what_it_needs(keyed: Deployed) -> None:
    for statistic in ("global_mean", "mean_by_category"):
        answered = keyed.result(keyed.submit(statistic, question=LARGE))
        assert answered.json()["status"] == "done"
    stored = keyed.stack.aws.s3.list_objects_v2(Bucket=keyed.outputs["Bucket"], Prefix="results/")
    assert stored["KeyCount"] >= 1
    assert len(keyed.get("/api/jobs").json()["data"]) >= 2
    assert keyed.get("/api/num_jobs").json() == {"num_jobs": 0}
    keyed.invoke("Sweeper")


def test_policies_let_callbacks_be_sent_and_retried(keyed: Deployed) -> None:
    """To a port where nobody listens. The emulator does not know that the action covers SQS batches."""
    start = int(time.time() * 1000) - 1000
    url = f"http://localhost:{free_port()}/"
    one = {"inputs": {"question": LARGE}, "subscriber": {"successUri": url}}
    with private_callbacks(keyed):
        accepted = keyed.http.post(
            f"{keyed.url}/processes/global_mean/execution",
            json=one,
            headers={"Prefer": "respond-async"},
            timeout=60,
        )
        failure = f"callback of {accepted.json()['jobID']} failed"
        lines = eventually(
            lambda: "\n".join(line for _, line in keyed.stack.log_lines(start)),
            lambda text: text.count(failure) >= 2,
        )
    assert "AccessDenied" not in lines


def test_unknown_id_is_404_not_403(keyed: Deployed) -> None:
    assert keyed.get("/api/get_results/job_id_999999").status_code == 404


def test_health_needs_no_key_and_metrics_does(secured: Deployed) -> None:
    """Load balancers have no key."""
    keyless = {"x-api-key": None}
    assert secured.get("/health", headers=keyless).json() == {"status": "ready", "reasons": []}
    assert secured.get("/metrics", headers=keyless).status_code == 403
    told = secured.get("/metrics", headers={"x-api-key": secured.key})
    assert (told.status_code, "CloudWatch" in told.json()["reason"]) == (404, True)


def test_docs_page_needs_no_key_and_openapi_json_does(secured: Deployed) -> None:
    """The page asks for the key."""
    keyless = {"x-api-key": None}
    assert secured.get("/docs", headers=keyless).status_code == 200
    assert secured.get("/docs/page.js", headers=keyless).status_code == 200
    assert secured.get("/openapi.json", headers=keyless).status_code == 403
    described = secured.get("/openapi.json", headers={"x-api-key": secured.key}).json()
    assert described["security"] == [{"key": []}]


def test_graceful_shutdown_needs_a_signed_request(keyed: Deployed) -> None:
    assert keyed.get(SHUTDOWN).status_code == 403
    assert not keyed.control.read().draining
    assert signed(keyed, SHUTDOWN).json() == {"status": "running", "num_jobs": 0}
    done = eventually(lambda: signed(keyed, SHUTDOWN), lambda one: one.json() == {"status": "done"})
    assert done.status_code == 200
    keyed.service.reopen()
    keyed.await_state()


def test_protected_stage_is_not_removed(keyed: Deployed) -> None:
    with pytest.raises(StageError, match=r'protected: set "Protected": false'):
        keyed.stack.destroy()
    table = keyed.stack.aws.dynamodb.describe_table(TableName=keyed.outputs["JobTable"])["Table"]
    assert table["DeletionProtectionEnabled"]
    assert keyed.get("/health").status_code == 200
