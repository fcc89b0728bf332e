"""The standard interface with independent clients: OWSLib, and one that only follows links."""

import html
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from owslib.ogcapi.processes import Processes

from chalicelib.domain.statistics.registry import MEANS, STATISTICS
from tests.chalicelib.routes.test_api import ANSWERS
from tests.support.ogc_schemas import check
from tests.support.samples import ask

RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0/"


@pytest.fixture
def client(url: str) -> Iterator[Processes]:
    """A client of OWSLib, which keeps headers in a dict that all of its clients share."""
    client = Processes(url)
    yield client
    client.headers.pop("Prefer", None)


def test_owslib_discovers_conformance_and_processes(client: Processes) -> None:
    assert any(name.endswith("/conf/core") for name in client.conformance()["conformsTo"])
    assert [process["id"] for process in client.processes()] == list(STATISTICS)
    for name, statistic in STATISTICS.items():
        inputs = client.process(name)["inputs"]
        assert tuple(inputs) == statistic.inputs
        assert inputs["question"]["schema"]["example"] == "S1"
        assert {input_name for input_name, one in inputs.items() if one["minOccurs"]} == set(
            statistic.parameters
        )


@pytest.mark.parametrize("name", MEANS)
def test_owslib_executes_every_statistic_with_the_result_of_the_api(
    url: str, http: requests.Session, client: Processes, name: str
) -> None:
    inputs = ANSWERS[name][0]
    expected = ask(http, url, name, **inputs)["data"]
    document = {"result": {"mediaType": "application/json", "value": expected}}
    assert client.execute(name, inputs, response="raw") == expected
    assert client.execute(name, inputs) == document
    accepted = client.execute(name, inputs, async_=True)
    check("statusInfo", accepted)
    location = client.response_headers["Location"]

    assert finished(http, location)["status"] == "successful"
    assert http.get(f"{location}/results", timeout=5).json() == document


class Follower:
    """An HTTP client that knows one URL and the link relations of the standard, but no other path."""

    def __init__(self, http: requests.Session, start: str) -> None:
        self._http = http
        self.root = self.get(start)

    def get(self, url: str) -> Any:
        response = self._http.get(url, headers={"Accept": "application/json"}, timeout=5)
        response.raise_for_status()
        return response.json()

    def follow(self, document: dict[str, Any], relation: str) -> Any:
        return self.get(link(document, relation))


def link(document: dict[str, Any], relation: str) -> str:
    return str(next(item["href"] for item in document["links"] if item["rel"] == relation))


def finished(http: requests.Session, url: str) -> dict[str, Any]:
    """Wait until a job has finished, and return its status document."""
    end = time.monotonic() + 10
    while (status := http.get(url, timeout=5).json())["status"] in ("accepted", "running"):
        assert time.monotonic() < end
    return dict(status)


def test_client_that_only_follows_links_gets_a_result_and_deletes_the_job(
    url: str, http: requests.Session
) -> None:
    follower = Follower(http, url)
    listed = follower.follow(follower.root, RELATIONS + "processes")["processes"]
    process = follower.follow(next(item for item in listed if item["title"] == "Mean of a state"), "self")
    inputs = {
        name: value["schema"]["enum"][0] for name, value in process["inputs"].items() if value["minOccurs"]
    }
    accepted = http.post(
        link(process, RELATIONS + "execute"),
        json={"inputs": inputs},
        headers={"Prefer": "respond-async"},
        timeout=5,
    )
    assert accepted.status_code == 201
    status = finished(http, accepted.headers["Location"])
    assert follower.follow(status, RELATIONS + "results") == {"Bayern": 2.0}
    jobs = follower.follow(process, RELATIONS + "job-list")

    assert [job["jobID"] for job in jobs["jobs"]] == [status["jobID"]]
    assert link(jobs["jobs"][0], "self") == accepted.headers["Location"] == link(status, "self")
    assert http.delete(accepted.headers["Location"], timeout=5).json()["status"] == "dismissed"
    assert http.get(accepted.headers["Location"], timeout=5).status_code == 404
    assert follower.follow(follower.root, RELATIONS + "job-list")["jobs"] == []


def test_links_of_the_pages_lead_to_a_result(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="S1")

    def page(path: str) -> str:
        return http.get(path, headers={"Accept": "text/html"}, timeout=5).text

    def target(path: str, title: str) -> str:
        href = re.search(f'<a href="([^"]+)"[^>]*>{title}</a>', page(path))[1]  # type: ignore[index]
        return urljoin(url, html.unescape(href))

    result = page(target(target(target(url, "Jobs"), "Best five states"), "Result"))
    assert result.index("Hessen") < result.index("Bayern")
