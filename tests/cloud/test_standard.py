"""The standard interface on the deployed service: the same jobs, the same bytes, behind a stage's prefix."""

from urllib.parse import urlsplit

import requests

from tests.cloud.deployed import Deployed, eventually
from tests.cloud.test_access import LARGE
from tests.support.ogc_schemas import check

HUMAN = {"Accept": "text/html"}
ASYNC = {"Prefer": "respond-async"}


def execute(stage: Deployed, name: str, **headers: str) -> requests.Response:
    body = {"inputs": {"question": LARGE}}
    return stage.http.post(f"{stage.url}/processes/{name}/execution", json=body, headers=headers, timeout=60)


def follow(stage: Deployed, link: str, method: str = "GET", **headers: str) -> requests.Response:
    """Ask for a link of the service: its name is one that only the emulator knows."""
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc) == ("http", stage.http.headers["Host"])
    assert parts.path.startswith("/v1/")
    where = stage.url + parts.path.removeprefix("/v1") + (f"?{parts.query}" if parts.query else "")
    return stage.http.request(method, where, headers=headers, timeout=60)


def test_links_lead_from_the_landing_page_to_a_result(deployed: Deployed) -> None:
    """The result has the bytes of the other interface."""
    root = deployed.get("/").json()
    check("landingPage", root)
    processes = next(one["href"] for one in root["links"] if one["rel"].endswith("/processes"))
    listed = follow(deployed, processes).json()["processes"]
    best5 = next(one for one in listed if one["id"] == "best5")
    check("process", follow(deployed, best5["links"][0]["href"]).json())
    accepted = execute(deployed, "best5", **ASYNC)
    assert (accepted.status_code, accepted.headers["Preference-Applied"]) == (201, "respond-async")
    where = accepted.headers["Location"]
    status = eventually(
        lambda: follow(deployed, where), lambda one: one.json()["status"] == "successful"
    ).json()
    check("statusInfo", status)
    results = next(one["href"] for one in status["links"] if one["rel"].endswith("/results"))
    answer = follow(deployed, results)
    other = deployed.result(status["jobID"])
    assert other.content == b'{"status": "done", "data": %b}' % answer.content
    assert follow(deployed, results, Accept="text/csv").text.startswith("state,mean\r\n")
    assert "<table>" in follow(deployed, results, **HUMAN).text


def test_synchronous_execution_returns_a_large_result_from_s3(deployed: Deployed) -> None:
    done = execute(deployed, "mean_by_category", Accept="text/csv")
    assert (done.status_code, done.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    job = follow(deployed, done.links["monitor"]["url"]).json()
    assert deployed.result(job["jobID"]).headers["Statline-Dataset"] == done.headers["Statline-Dataset"]


def test_following_next_lists_each_job_once_newest_first(deployed: Deployed) -> None:
    ids = [execute(deployed, "global_mean", **ASYNC).json()["jobID"] for _ in range(5)]
    found, where = [], f"http://{deployed.http.headers['Host']}/v1/jobs?limit=2&processID=global_mean"
    while len(found) < 5:
        body = follow(deployed, where).json()
        check("jobList", body)
        found += [one["jobID"] for one in body["jobs"]]
        where = next(one["href"] for one in body["links"] if one["rel"] == "next") if len(found) < 5 else ""
    assert found[:5] == ids[::-1]


def test_errors_are_problem_documents(deployed: Deployed) -> None:
    unknown = deployed.get("/jobs/job_id_999999")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (404, "application/problem+json")
    assert unknown.json()["type"].endswith("/no-such-job")
    refused = deployed.http.post(
        f"{deployed.url}/processes/best5/execution", json={"inputs": {"question": "none"}}, timeout=60
    )
    assert (refused.status_code, refused.json()["type"]) == (400, "InvalidParameterValue")


def test_removal_deletes_the_job_and_leaves_its_shared_result(keyed: Deployed) -> None:
    done = execute(keyed, "mean_by_category")
    assert done.status_code == 200
    job_id = done.links["monitor"]["url"].rpartition("/")[2]
    kept = {"Bucket": keyed.outputs["Bucket"], "Prefix": "results/"}
    before = keyed.stack.aws.s3.list_objects_v2(**kept)["KeyCount"]
    assert before >= 1

    gone = keyed.http.delete(f"{keyed.url}/jobs/{job_id}", timeout=60)

    assert (gone.status_code, gone.json()["status"]) == (200, "dismissed")
    for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/results", f"/api/get_results/{job_id}"):
        assert keyed.get(path).status_code == 404
    assert keyed.stack.aws.s3.list_objects_v2(**kept)["KeyCount"] == before
    assert execute(keyed, "mean_by_category").content == done.content


def test_dismissal_without_the_key_is_403(secured: Deployed) -> None:
    refused = secured.http.delete(f"{secured.url}/jobs/job_id_1", headers={"x-api-key": None}, timeout=60)
    assert refused.status_code == 403
