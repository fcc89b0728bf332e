"""Processes and their execution, over real HTTP."""

from typing import Any

import pytest
import requests

from chalicelib.domain.statistics.registry import MEANS, STATISTICS
from chalicelib.routes import processes
from chalicelib.routes.endpoint import CHECKS, EXECUTIONS
from local.emulator.emulator import Emulator
from tests.chalicelib.routes.test_api import ANSWERS
from tests.support.html import Page
from tests.support.ogc_schemas import check
from tests.support.samples import ask

EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
ASYNC = {"Prefer": "respond-async"}
HUMUS = {"inputs": {"question": "S1"}}


def execute(http: requests.Session, url: str, name: str, body: object, **headers: str) -> requests.Response:
    return http.post(f"{url}/processes/{name}/execution", json=body, headers=headers, timeout=25)


def problem(response: requests.Response) -> tuple[int, str]:
    """Status and type, of what must be a problem document with a detail."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    check("exception", body)
    assert body["status"] == response.status_code
    assert body["detail"]
    return response.status_code, body["type"].removeprefix(EXCEPTIONS)


def rel(links: list[dict[str, Any]], name: str) -> str | None:
    """Where the first link of a relation leads."""
    return next((one["href"] for one in links if one["rel"].endswith(name)), None)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "SYNC_SECONDS", 0.05)


def test_every_statistic_is_listed_and_described_as_a_process(url: str, http: requests.Session) -> None:
    listed = http.get(f"{url}/processes", timeout=5).json()
    check("processList", listed)
    assert [one["id"] for one in listed["processes"]] == list(STATISTICS)
    assert {one["rel"] for one in listed["links"]} == {"self", "alternate"}
    for one in listed["processes"]:
        href = rel(one["links"], "self")
        described = http.get(href, timeout=5).json()
        check("process", described)
        assert {**described, "links": one["links"]} == {**described, **one}
        assert rel(described["links"], "execute") == f"{href}/execution"
        assert list(described["inputs"]) == list(STATISTICS[one["id"]].inputs)


def test_following_next_lists_each_process_once(url: str, http: requests.Session) -> None:
    found, where = [], f"{url}/processes?limit=4"
    while where:
        body = http.get(where, timeout=5).json()
        check("processList", body)
        assert len(body["processes"]) <= 4
        found += [one["id"] for one in body["processes"]]
        where = rel(body["links"], "next")
    assert found == list(STATISTICS)


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=median", "lmit=3"])
def test_invalid_query_of_the_process_list_is_400(url: str, http: requests.Session, query: str) -> None:
    assert problem(http.get(f"{url}/processes?{query}", timeout=5)) == (400, "InvalidParameterValue")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_process_is_404_whatever_the_body(url: str, http: requests.Session, method: str) -> None:
    path = "/processes/median" + ("/execution" if method == "POST" else "")
    assert problem(http.request(method, url + path, data=b"{", timeout=5)) == (404, "no-such-process")


@pytest.mark.parametrize("name", MEANS)
def test_synchronous_execution_returns_the_result_and_links_its_job(
    url: str, http: requests.Session, name: str
) -> None:
    inputs, expected = ANSWERS[name]
    check("execute", {"inputs": inputs})
    done = execute(http, url, name, {"inputs": inputs})
    assert (done.status_code, done.headers["Content-Type"]) == (200, "application/json")
    assert list(done.json().items()) == list(expected.items())
    job = http.get(done.links["monitor"]["url"], timeout=5).json()
    check("statusInfo", job)
    assert (job["status"], job["processID"]) == ("successful", name)
    other = http.get(f"{url}/api/get_results/{job['jobID']}", timeout=5)
    assert other.content == b'{"status": "done", "data": %b}' % done.content


@pytest.mark.parametrize("name", MEANS)
def test_asynchronous_execution_is_201_with_status_and_later_a_document(
    url: str, http: requests.Session, name: str
) -> None:
    inputs, expected = ANSWERS[name]
    body = {"inputs": inputs, "response": "document", "outputs": {"result": {"transmissionMode": "value"}}}
    check("execute", body)
    accepted = execute(http, url, name, body, **ASYNC)
    assert (accepted.status_code, accepted.headers["Preference-Applied"]) == (201, "respond-async")
    job = accepted.json()
    check("statusInfo", job)
    assert accepted.headers["Location"] == rel(job["links"], "self") == f"{url}/jobs/{job['jobID']}"
    while job["status"] not in ("successful", "failed"):
        job = http.get(accepted.headers["Location"], timeout=5).json()
    result = http.get(rel(job["links"], "results"), timeout=5).json()
    check("results", result)
    assert result == {"result": {"mediaType": "application/json", "value": expected}}


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("respond-sync", 200),
        ("respond-async", 201),
        ("Respond-Async; foo", 201),
        ("foo, respond-async", 201),
        ("respond-sync, respond-async", 200),
        ("return=minimal", 200),
        ("", 200),
    ],
)
def test_prefer_header_chooses_synchronous_or_asynchronous(
    url: str, http: requests.Session, prefer: str, status: int
) -> None:
    response = execute(http, url, "best5", HUMUS, Prefer=prefer)
    assert response.status_code == status
    assert ("Preference-Applied" in response.headers) == (status == 201)


@pytest.mark.parametrize(
    ("body", "accept", "content_type", "expected"),
    [
        ({}, "*/*", "application/json", '{"Hessen":4.0,"Bayern":2.0}'),
        ({}, "text/csv", "text/csv; charset=utf-8", "state,mean\r\nHessen,4.0\r\nBayern,2.0\r\n"),
        (
            {"outputs": {"result": {"format": {"mediaType": "text/csv"}}}},
            "*/*",
            "text/csv; charset=utf-8",
            "state,mean\r\nHessen,4.0\r\nBayern,2.0\r\n",
        ),
        (
            {"response": "document"},
            "*/*",
            "application/json",
            '{"result": {"mediaType": "application/json", "value": {"Hessen":4.0,"Bayern":2.0}}}',
        ),
        (
            {"response": "document", "outputs": {"result": {"format": {"mediaType": "text/csv"}}}},
            "*/*",
            "application/json",
            '{"result": {"mediaType": "text/csv", "value": "state,mean\\r\\nHessen,4.0\\r\\nBayern'
            ',2.0\\r\\n"}}',
        ),
    ],
)
def test_result_form_follows_outputs_response_and_accept(
    url: str,
    http: requests.Session,
    body: dict[str, Any],
    accept: str,
    content_type: str,
    expected: str,
) -> None:
    for headers in ({}, ASYNC):
        kind = {"Accept": "*/*"} if headers else {"Accept": accept}
        done = execute(http, url, "best5", HUMUS | body, **headers, **kind)
        if headers:
            job_id = done.json()["jobID"]
            while http.get(f"{url}/api/get_results/{job_id}", timeout=5).json()["status"] == "running":
                pass
            done = http.get(f"{url}/jobs/{job_id}/results", headers={"Accept": accept}, timeout=5)
        assert (done.status_code, done.headers["Content-Type"], done.text) == (200, content_type, expected)
        assert done.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"[]", "inputs"),
        (b"{}", '"question" is missing'),
        (b'{"inputs": {"question": "Humuss"}}', '"Humus"'),
        (b'{"inputs": {"question": "S1", "state": "Hessen"}}', '"state"'),
        (b'{"inputs": {"question": {"href": "http://127.0.0.1/"}}}', "data:"),
        (b'{"inputs": {"question": "S1"}, "outputs": {"mean": {}}}', '"mean"'),
        (
            b'{"inputs": {"question": "S1"}, "outputs": {"result": {"transmissionMode": "reference"}}}',
            "value",
        ),
        (b'{"inputs": {"question": "S1"}, "response": "xml"}', '"raw"'),
    ],
)
@pytest.mark.parametrize("headers", [{}, ASYNC])
def test_invalid_execute_request_is_400_and_makes_no_job(
    url: str, http: requests.Session, body: bytes, named: str, headers: dict[str, str]
) -> None:
    response = http.post(f"{url}/processes/best5/execution", data=body, headers=headers, timeout=5)
    assert problem(response) == (400, "InvalidParameterValue")
    assert named in response.json()["detail"]
    assert http.get(f"{url}/jobs", timeout=5).json()["jobs"] == []


@pytest.mark.parametrize("headers", [{}, ASYNC])
def test_unacceptable_form_or_host_is_refused_and_makes_no_job(
    url: str, http: requests.Session, headers: dict[str, str]
) -> None:
    response = execute(http, url, "best5", HUMUS, Accept="image/png", **headers)
    assert problem(response) == (406, "NoApplicableCode")
    assert problem(execute(http, url, "best5", HUMUS, Host="<b>", **headers))[0] == 400
    assert http.get(f"{url}/jobs", timeout=5).json()["jobs"] == []


def test_pair_without_rows_is_400_with_the_reason(url: str, http: requests.Session) -> None:
    response = execute(http, url, "state_mean", {"inputs": {"question": "S2", "state": "Hessen"}})
    assert problem(response) == (400, "InvalidParameterValue")
    assert '"Sand"' in response.json()["detail"]


def test_body_over_64_kb_is_413(url: str, http: requests.Session) -> None:
    response = execute(http, url, "best5", HUMUS | {"x": " " * 70_000})
    assert response.status_code == 413


def test_execution_during_a_drain_is_503_with_retry_after(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    emulator.service.drain()
    response = execute(http, url, "best5", HUMUS)
    assert problem(response) == (503, "NoApplicableCode")
    assert int(response.headers["Retry-After"]) > 0


def test_synchronous_execution_beyond_its_time_is_201_with_the_job(
    idle_url: str, http: requests.Session, impatient: None
) -> None:
    response = execute(http, idle_url, "best5", HUMUS, Accept="text/csv")
    assert response.status_code == 201
    check("statusInfo", response.json())
    assert response.json()["links"][0]["type"] == "application/json"
    assert "Preference-Applied" not in response.headers
    assert ">job_id_2</h1>" in execute(http, idle_url, "best5", HUMUS, Accept="text/html").text
    assert http.get(response.headers["Location"], timeout=5).json()["status"] == "accepted"


def test_views_that_wait_or_compute_have_a_lane(chalice_config: Any) -> None:
    views = {
        (path, method): getattr(route.view_function, "lane", None)
        for path, methods in chalice_config.chalice_app.routes.items()
        for method, route in methods.items()
    }
    assert {place for place, lane in views.items() if lane is None} == {
        *(("/api/num_jobs", "GET"), ("/api/graceful_shutdown", "GET"), ("/api/get_results/{job_id}", "GET")),
        *(("/conformance", "GET"), ("/docs", "GET"), ("/metrics", "GET"), ("/robots.txt", "GET")),
        *(("/jobs/{job_id}", "GET"), ("/jobs/{job_id}", "DELETE")),
        *(("/api/{statistic}", "POST"), ("/batch", "POST")),
    }
    assert views["/processes/{process_id}/execution", "POST"] == EXECUTIONS
    assert views["/health", "GET"] == CHECKS


def test_job_of_the_api_is_also_a_job_of_the_standard_interface(url: str, http: requests.Session) -> None:
    assert ask(http, url, "best5", question="S1")["data"] == ANSWERS["best5"][1]
    job = http.get(f"{url}/jobs/job_id_1", timeout=5).json()
    assert (job["status"], job["processID"]) == ("successful", "best5")
    assert http.get(f"{url}/jobs/job_id_1/results", timeout=5).json() == ANSWERS["best5"][1]


def test_missing_data_set_is_503_and_makes_no_job(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    emulator.control.set(dataset="0" * 64)
    response = execute(http, url, "best5", HUMUS)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert list(emulator.service.jobs()) == []


@pytest.mark.parametrize("name", STATISTICS)
def test_page_of_a_process_has_a_form_that_asks_it(url: str, http: requests.Session, name: str) -> None:
    page = Page.read(http.get(f"{url}/processes/{name}", headers={"Accept": "text/html"}, timeout=5).text)

    (form,) = page.all("form")
    controls = {str(one["name"]): "required" in one for one in [*page.all("select"), *page.all("input")]}
    assert (form["method"], form["action"]) == ("get", f"/answers/{name}.html")
    entry = STATISTICS[name]
    assert controls == {input_name: input_name in entry.parameters for input_name in entry.inputs}


def test_form_offers_each_question_once(url: str, http: requests.Session) -> None:
    page = Page.read(http.get(f"{url}/processes/best5", headers={"Accept": "text/html"}, timeout=5).text)

    questions = [one["value"] for one in page.all("option")][:2]
    assert questions == ["S1", "S2"]
    answer = http.get(f"{url}/answers/best5.html", params={"question": questions[0]}, timeout=5)
    assert "Hessen" in Page.read(answer.text).text("td")
