"""Reused results, as the status document of a job reports them."""

import pytest
import requests

from chalicelib.application.service import Service
from chalicelib.documents.job_documents import status_facts
from chalicelib.documents.result_table import frozen_json
from tests.chalicelib.routes.test_processes import ASYNC, HUMUS, execute
from tests.support.processes import until
from tests.support.samples import GLOBAL_HUMUS, job
from tests.support.services import submit
from tests.support.simulated_cloud import QUESTION, SimulatedCloud


@pytest.fixture
def cloud() -> SimulatedCloud:
    return SimulatedCloud()


@pytest.fixture
def service(cloud: SimulatedCloud) -> Service:
    return cloud.process().service


def finished(service: Service, fresh: bool = False) -> dict[str, object]:
    """Submit and process a job, and return its status document."""
    accepted = submit(service, *QUESTION, fresh=fresh)
    service.process(accepted.id)
    return status_facts(service.get(accepted.id))


def test_reused_result_names_its_source_and_age(cloud: SimulatedCloud, service: Service) -> None:
    first = finished(service)
    cloud.clock.now += 90_500
    again = finished(service)

    assert "reusedFrom" not in first
    assert (again["reusedFrom"], again["age"]) == (first["jobID"], 90.5)
    assert again["computed"] == first["finished"]


def test_fresh_request_is_computed_and_reused_from_then_on(cloud: SimulatedCloud, service: Service) -> None:
    finished(service)
    fresh = finished(service, fresh=True)

    assert "reusedFrom" not in fresh
    assert finished(service)["reusedFrom"] == fresh["jobID"]
    assert {frozen_json(service.get(f"job_id_{number}")) for number in (1, 2, 3)} == {GLOBAL_HUMUS}


def test_other_data_set_reuses_no_result(cloud: SimulatedCloud) -> None:
    process = cloud.process()
    finished(process.service)
    process.state.set(dataset="later")
    assert "reusedFrom" not in finished(process.service)


def test_age_is_never_negative_when_clocks_differ() -> None:
    facts = status_facts(job(2, source="job_id_1", computed=9_000).succeed(b"1", now=5_000))
    assert facts["age"] == 0


def test_no_cache_header_forbids_reuse_on_both_interfaces(url: str, http: requests.Session) -> None:
    execute(http, url, "global_mean", HUMUS)
    execute(http, url, "global_mean", HUMUS)
    execute(http, url, "global_mean", HUMUS, **{"Cache-Control": "max-age=0, No-Cache"})
    for headers in ({}, {"Cache-Control": "no-cache"}):
        http.post(f"{url}/api/global_mean", json={"question": "S1"}, headers=headers, timeout=5)
    idle = {"num_jobs": 0}
    until(lambda: http.get(f"{url}/api/num_jobs", timeout=5).json() == idle)
    execute(http, url, "global_mean", HUMUS, **ASYNC)
    until(lambda: http.get(f"{url}/api/num_jobs", timeout=5).json() == idle)
    statuses = [http.get(f"{url}/jobs/job_id_{number}", timeout=5).json() for number in range(1, 7)]
    sources = [status.get("reusedFrom") for status in statuses]
    assert sources == [None, "job_id_1", None, "job_id_3", None, "job_id_5"]
    listed = http.get(f"{url}/jobs?f=json", timeout=5).json()["jobs"]

    assert [status.get("reusedFrom") for status in reversed(listed)] == sources
