"""Jobs of the standard interface, over real HTTP."""

import itertools

import pytest
import requests

from chalicelib.application.job import JobStatus
from chalicelib.documents.job_documents import timestamp
from local.emulator.emulator import Emulator
from tests.chalicelib.routes.test_processes import ASYNC, HUMUS, execute, problem, rel
from tests.support.disks import wait_until
from tests.support.ogc_schemas import check
from tests.support.samples import ask, job


def test_status_has_progress_times_and_links(url: str, http: requests.Session) -> None:
    execute(http, url, "best5", HUMUS)
    status = http.get(f"{url}/jobs/job_id_1", timeout=5).json()
    check("statusInfo", status)
    assert (status["jobID"], status["type"], status["progress"]) == ("job_id_1", "process", 100)
    assert status["created"] <= status["started"] <= status["finished"] == status["updated"]
    assert rel(status["links"], "results") == f"{url}/jobs/job_id_1/results"
    assert http.get(rel(status["links"], "related"), timeout=5).json()["id"] == "best5"


def test_open_job_has_a_status_and_its_results_are_404(idle_url: str, http: requests.Session) -> None:
    where = execute(http, idle_url, "best5", HUMUS, **ASYNC).headers["Location"]
    response = http.get(where, timeout=5)
    check("statusInfo", response.json())
    assert (response.json()["status"], response.json()["progress"]) == ("accepted", 0)
    assert response.headers["Cache-Control"] == "no-store"
    assert rel(response.json()["links"], "results") is None
    assert problem(http.get(f"{where}/results", timeout=5)) == (404, "result-not-ready")


def test_results_of_a_failed_job_are_the_reason_with_400_or_500(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    ask(http, url, "best5", question="Humuss")
    status = http.get(f"{url}/jobs/job_id_1", timeout=5).json()
    check("statusInfo", status)
    assert status["status"] == "failed"
    assert '"Humuss"' in status["message"]
    why = http.get(rel(status["links"], "exceptions"), timeout=5)
    assert problem(why) == (400, "InvalidParameterValue")
    assert '"Humuss"' in why.json()["detail"]
    emulator.store.create(job(900))
    emulator.service.fail("job_id_900", "out of luck")
    ours = http.get(f"{url}/jobs/job_id_900/results", timeout=5)
    assert problem(ours) == (500, "NoApplicableCode")
    assert ours.json()["detail"] == "out of luck"


@pytest.mark.parametrize("job_id", ["job_id_99", "job_id_0", "x", "%00", "..%2f..%2fapp.py"])
@pytest.mark.parametrize(("method", "more"), [("GET", ""), ("GET", "/results"), ("DELETE", "")])
def test_unknown_job_is_404_no_such_job(
    url: str, http: requests.Session, job_id: str, method: str, more: str
) -> None:
    response = http.request(method, f"{url}/jobs/{job_id}{more}", timeout=5)
    assert problem(response) == (404, "no-such-job")


def test_delete_of_an_open_job_dismisses_it_on_both_interfaces(idle_url: str, http: requests.Session) -> None:
    where = execute(http, idle_url, "best5", HUMUS, **ASYNC).headers["Location"]
    gone = http.delete(where, timeout=5)
    check("statusInfo", gone.json())
    assert (gone.status_code, gone.json()["status"]) == (200, "dismissed")
    assert http.get(where, timeout=5).json() == gone.json()
    assert problem(http.get(f"{where}/results", timeout=5)) == (410, "NoApplicableCode")
    other = http.get(f"{idle_url}/api/get_results/job_id_1", timeout=5)
    assert other.json() == {"status": "error", "reason": "dismissed by a client"}
    assert http.get(f"{idle_url}/api/num_jobs", timeout=5).json() == {"num_jobs": 0}
    assert http.get(f"{idle_url}/api/jobs", timeout=5).json()["data"] == [{"job_id_1": "error"}]


def test_delete_of_a_finished_job_removes_it_and_its_result(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    execute(http, url, "best5", HUMUS)
    execute(http, url, "worst5", HUMUS)
    gone = http.delete(f"{url}/jobs/job_id_1", timeout=5)
    check("statusInfo", gone.json())
    assert (gone.status_code, gone.json()["status"]) == (200, "dismissed")
    for path in ("/jobs/job_id_1", "/jobs/job_id_1/results", "/api/get_results/job_id_1"):
        assert http.get(url + path, timeout=5).status_code == 404
    assert problem(http.delete(f"{url}/jobs/job_id_1", timeout=5)) == (404, "no-such-job")
    assert [one["jobID"] for one in http.get(f"{url}/jobs", timeout=5).json()["jobs"]] == ["job_id_2"]
    wait_until(lambda: not (emulator.settings.results / "job_id_1").exists())
    assert execute(http, url, "best5", HUMUS, **ASYNC).json()["jobID"] == "job_id_3"


def test_following_next_lists_each_job_once_while_jobs_are_added(url: str, http: requests.Session) -> None:
    for _ in range(5):
        execute(http, url, "best5", HUMUS)
    found, where = [], f"{url}/jobs?limit=2"
    for _ in range(3):
        body = http.get(where, timeout=5).json()
        check("jobList", body)
        assert rel(body["links"], "self") == where
        found += [one["jobID"] for one in body["jobs"]]
        where = rel(body["links"], "next")
        execute(http, url, "best5", HUMUS)
    assert where is None
    assert found == [f"job_id_{number}" for number in (5, 4, 3, 2, 1)]


def test_each_filter_selects_its_jobs_alone_and_combined(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    facts = itertools.product(("best5", "worst5"), ("accepted", "done", "failed"))
    for number, (name, state) in enumerate(facts, start=901):
        one = job(number, statistic=name, accepted=1_769_860_800_000 + number * 1000)
        emulator.store.create(one)
        if state == "done":
            emulator.store.finish(
                job(
                    number,
                    statistic=name,
                    accepted=one.accepted,
                    status=JobStatus.SUCCESSFUL,
                    started=one.accepted,
                    finished=one.accepted + 5000,
                    result=b"{}",
                )
            )
        elif state == "failed":
            emulator.store.finish(one.fail("why", now=one.accepted + 1))

    def found(query: str) -> list[int]:
        body = http.get(f"{url}/jobs?{query}", timeout=5).json()
        check("jobList", body)
        return [int(one["jobID"].removeprefix("job_id_")) for one in body["jobs"]]

    assert found("type=process") == [906, 905, 904, 903, 902, 901]
    assert found("processID=best5") == [903, 902, 901]
    assert found("processID=best5,worst5&status=failed") == [906, 903]
    assert found("processID=best5&processID=worst5&status=failed,accepted") == [906, 904, 903, 901]
    assert found("minDuration=5") == found("minDuration=5&maxDuration=5") == [905, 902]
    assert found("minDuration=6") == found("maxDuration=4") == []
    assert found(f"datetime={timestamp(1_769_860_800_000 + 904_000)}/..") == [906, 905, 904]
    assert found(f"datetime=../{timestamp(1_769_860_800_000 + 902_000)}&processID=best5") == [902, 901]
    assert found("status=running") == []


@pytest.mark.parametrize("query", ["limit=0", "status=done", "datetime=now", "cursor=x", "type=x", "stat=x"])
def test_invalid_query_parameter_is_400_and_named(url: str, http: requests.Session, query: str) -> None:
    response = http.get(f"{url}/jobs?{query}", timeout=5)
    assert problem(response) == (400, "InvalidParameterValue")
    assert f'"{query.split("=")[0]}"' in response.json()["detail"]


def test_filter_by_an_unknown_process_is_404(url: str, http: requests.Session) -> None:
    assert problem(http.get(f"{url}/jobs?processID=median", timeout=5)) == (404, "no-such-process")


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (1_769_860_800_007, "2026-01-31T12:00:00.007Z")],
)
def test_timestamp_is_rfc_3339_in_utc_with_milliseconds(ms: int, text: str) -> None:
    """With milliseconds always, so that timestamps sort as text."""
    assert timestamp(ms) == text


@pytest.mark.parametrize("form", ["application/json", "text/csv", "text/html"])
def test_results_are_json_csv_or_html_by_accept_or_link(url: str, http: requests.Session, form: str) -> None:
    execute(http, url, "best5", HUMUS)
    where = f"{url}/jobs/job_id_1/results"
    liked = http.get(where, headers={"Accept": form}, timeout=5)
    linked = http.get(f"{where}?f={form.split('/')[1]}", timeout=5)
    assert liked.status_code == 200
    assert liked.headers["Content-Type"].split(";")[0] == form
    assert liked.content == linked.content
    assert "Hessen" in liked.text


@pytest.mark.parametrize(
    ("form", "disposition"),
    [
        ("csv", 'attachment; filename="best5-job_id_1.csv"'),
        ("json", 'inline; filename="best5-job_id_1.json"'),
        ("html", None),
    ],
)
def test_result_that_is_saved_has_a_file_name(
    url: str, http: requests.Session, form: str, disposition: str | None
) -> None:
    execute(http, url, "best5", HUMUS)
    response = http.get(f"{url}/jobs/job_id_1/results?f={form}", timeout=5)
    assert response.headers.get("Content-Disposition") == disposition
    again = http.get(response.url, headers={"If-None-Match": response.headers["ETag"]}, timeout=5)
    assert again.status_code == 304


def test_csv_has_formulas_as_text_unless_cells_is_exact(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    result = b'[1,[["=HYPERLINK(1)",-2.0]]]'
    emulator.store.create(job(7, statistic="states_mean", status=JobStatus.SUCCESSFUL, result=result))
    where = f"{url}/jobs/job_id_7/results?f=csv"
    safe, exact, wrong = (http.get(where + more, timeout=5) for more in ("", "&cells=exact", "&cells=maybe"))

    assert safe.text.splitlines()[1] == "'=HYPERLINK(1),-2.0"
    assert exact.text.splitlines()[1] == "=HYPERLINK(1),-2.0"
    assert safe.headers["ETag"] != exact.headers["ETag"]
    assert problem(wrong) == (400, "InvalidParameterValue")


def test_execution_with_unknown_cells_makes_no_job(url: str, http: requests.Session) -> None:
    response = http.post(f"{url}/processes/best5/execution?cells=maybe", json={"inputs": HUMUS}, timeout=5)
    assert response.status_code == 400
    assert http.get(f"{url}/jobs", timeout=5).json()["jobs"] == []
