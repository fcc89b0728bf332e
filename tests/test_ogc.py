"""The standard interface with clients that do not know us: OWSLib's, and one that only follows links."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from owslib.ogcapi.processes import Processes

from chalicelib.domain.statistics.registry import STATISTICS
from tests.chalicelib.routes.test_api import ANSWERS
from tests.support.ogc_schemas import check
from tests.support.samples import ask

RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0/"


@pytest.fixture
def client(url: str) -> Iterator[Processes]:
    """OWSLib as it comes. It keeps what it was told of headers in a dict that all its clients share."""
    client = Processes(url)
    yield client
    client.headers.pop("Prefer", None)


def test_owslib_discovers_what_there_is(client: Processes) -> None:
    """Conformance, processes, and what goes in and out of each."""
    assert any(one.endswith("/conf/core") for one in client.conformance()["conformsTo"])
    assert [one["id"] for one in client.processes()] == list(STATISTICS)
    for name, asked in STATISTICS.items():
        described = client.process(name)
        assert tuple(described["inputs"]) == asked.parameters
        assert described["inputs"]["question"]["schema"]["example"] == "S1"


@pytest.mark.parametrize("name", STATISTICS)
def test_owslib_executes_every_statistic(
    url: str, http: requests.Session, client: Processes, name: str
) -> None:
    """Waiting and not waiting, raw and as a document, with the answers of the other interface."""
    inputs = ANSWERS[name][0]
    expected = ask(http, url, name, **inputs)["data"]
    document = {"result": {"mediaType": "application/json", "value": expected}}
    assert client.execute(name, inputs, response="raw") == expected
    assert client.execute(name, inputs) == document
    accepted = client.execute(name, inputs, async_=True)
    check("statusInfo", accepted)
    where = client.response_headers["Location"]
    assert finished(http, where)["status"] == "successful"
    assert http.get(f"{where}/results", timeout=5).json() == document


class Follower:
    """An HTTP client that knows one address, the standard's relations, and nothing of our paths."""

    def __init__(self, http: requests.Session, start: str) -> None:
        self._http = http
        self.root = self.get(start)

    def get(self, where: str) -> Any:
        response = self._http.get(where, headers={"Accept": "application/json"}, timeout=5)
        response.raise_for_status()
        return response.json()

    def follow(self, document: dict[str, Any], relation: str) -> Any:
        return self.get(link(document, relation))


def link(document: dict[str, Any], relation: str) -> str:
    return str(next(one["href"] for one in document["links"] if one["rel"] == relation))


def finished(http: requests.Session, where: str) -> dict[str, Any]:
    """A job's status, once it has ended."""
    end = time.monotonic() + 10
    while (status := http.get(where, timeout=5).json())["status"] in ("accepted", "running"):
        assert time.monotonic() < end
    return dict(status)


def test_a_client_that_only_follows_links(url: str, http: requests.Session) -> None:
    """From the landing page to a result, by Location to the job, and to its end by DELETE."""
    follower = Follower(http, url)
    listed = follower.follow(follower.root, RELATIONS + "processes")["processes"]
    process = follower.follow(next(one for one in listed if one["title"] == "Mean of a state"), "self")
    inputs = {name: one["schema"]["enum"][0] for name, one in process["inputs"].items()}
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
    assert [one["jobID"] for one in jobs["jobs"]] == [status["jobID"]]
    assert link(jobs["jobs"][0], "self") == accepted.headers["Location"] == link(status, "self")
    assert http.delete(accepted.headers["Location"], timeout=5).json()["status"] == "dismissed"
    assert http.get(accepted.headers["Location"], timeout=5).status_code == 404
    assert follower.follow(follower.root, RELATIONS + "job-list")["jobs"] == []


def test_a_person_with_a_browser_reaches_a_result(url: str, http: requests.Session) -> None:
    """By the pages' links alone."""
    ask(http, url, "best5", question="S1")

    def page(where: str) -> str:
        return http.get(where, headers={"Accept": "text/html"}, timeout=5).text

    def target(where: str, title: str) -> str:
        return str(re.search(f'<a href="([^"]+)">{title}</a>', page(where))[1])  # type: ignore[index]

    result = page(target(target(target(url, "Jobs"), "Status"), "Result"))
    assert result.index("Hessen") < result.index("Bayern")
