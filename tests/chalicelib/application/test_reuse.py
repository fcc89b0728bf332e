"""Answers that are given again say so, in the job's record and in its status document."""

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


def answered(service: Service, fresh: bool = False) -> dict[str, object]:
    """The status document of a question that has been answered."""
    accepted = submit(service, *QUESTION, fresh=fresh)
    service.process(accepted.id)
    return status_facts(service.get(accepted.id))


def test_an_answer_from_before(cloud: SimulatedCloud, service: Service) -> None:
    """Names the job that it was computed for, when, and how old it was when it was given again."""
    first = answered(service)
    cloud.clock.now += 90_500
    again = answered(service)
    assert "reusedFrom" not in first
    assert (again["reusedFrom"], again["age"]) == (first["jobID"], 90.5)
    assert again["computed"] == first["finished"]


def test_declined_it_is_computed(cloud: SimulatedCloud, service: Service) -> None:
    """To the same bytes; it is what is reused from then on."""
    answered(service)
    fresh = answered(service, fresh=True)
    assert "reusedFrom" not in fresh
    assert answered(service)["reusedFrom"] == fresh["jobID"]
    assert {frozen_json(service.get(f"job_id_{number}")) for number in (1, 2, 3)} == {GLOBAL_HUMUS}


def test_another_data_set_reuses_nothing(cloud: SimulatedCloud) -> None:
    """The same question is another there."""
    process = cloud.process()
    answered(process.service)
    process.control.set(dataset="later")
    assert "reusedFrom" not in answered(process.service)


def test_an_age_is_never_negative() -> None:
    """Whatever the clocks of two processes say."""
    facts = status_facts(job(2, source="job_id_1", computed=9_000).succeed(b"1", now=5_000))
    assert facts["age"] == 0


def test_over_http(url: str, http: requests.Session) -> None:
    """By both interfaces; Cache-Control: no-cache declines it, whatever else the header says."""
    execute(http, url, "global_mean", HUMUS)
    execute(http, url, "global_mean", HUMUS)
    execute(http, url, "global_mean", HUMUS, **{"Cache-Control": "max-age=0, No-Cache"})
    for headers in ({}, {"Cache-Control": "no-cache"}):
        http.post(f"{url}/api/global_mean", json={"question": "S1"}, headers=headers, timeout=5)
    execute(http, url, "global_mean", HUMUS, **ASYNC)
    until(lambda: http.get(f"{url}/api/num_jobs", timeout=5).json() == {"num_jobs": 0})
    statuses = [http.get(f"{url}/jobs/job_id_{number}", timeout=5).json() for number in range(1, 7)]
    assert [one.get("reusedFrom") for one in statuses] == [
        None,
        "job_id_1",
        None,
        "job_id_3",
        None,
        "job_id_5",
    ]
    listed = http.get(f"{url}/jobs?f=json", timeout=5).json()["jobs"]
    assert [one.get("reusedFrom") for one in reversed(listed)] == [one.get("reusedFrom") for one in statuses]
