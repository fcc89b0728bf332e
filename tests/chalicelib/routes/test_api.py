"""The endpoints under /api, over real HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests

from chalicelib import __version__
from chalicelib.bootstrap import get_service
from chalicelib.domain.statistics.registry import MEANS, STATISTICS
from chalicelib.routes.api import LISTED_JOBS
from chalicelib.routes.request.body import LARGEST_BODY
from local.emulator.emulator import Emulator
from local.settings import LocalSettings
from tests.conftest import running, served
from tests.support.processes import until
from tests.support.samples import ask, job

ANSWERS = {
    "states_mean": ({"question": "Humus"}, {"Bayern": 2.0, "Hessen": 4.0}),
    "state_mean": ({"question": "Humus", "state": "Bayern"}, {"Bayern": 2.0}),
    "best5": ({"question": "Humus"}, {"Hessen": 4.0, "Bayern": 2.0}),
    "worst5": ({"question": "Humus"}, {"Bayern": 2.0, "Hessen": 4.0}),
    "global_mean": ({"question": "Humus"}, {"global_mean": 8 / 3}),
    "diff_from_mean": ({"question": "Humus"}, {"Bayern": 2 / 3, "Hessen": -4 / 3}),
    "state_diff_from_mean": ({"question": "S1", "state": "Hessen"}, {"Hessen": -4 / 3}),
    "mean_by_category": (
        {"question": "S1"},
        {
            "('Bayern', 'Nutzung', 'Acker')": 1.5,
            "('Bayern', 'Nutzung', 'Wald')": 2.5,
            "('Hessen', 'Nutzung', 'Acker')": 4.0,
        },
    ),
    "state_mean_by_category": (
        {"question": "S1", "state": "Bayern"},
        {"Bayern": {"('Nutzung', 'Acker')": 1.5, "('Nutzung', 'Wald')": 2.5}},
    ),
}


@pytest.mark.parametrize("name", MEANS)
def test_each_statistic_returns_its_result_in_order(url: str, http: requests.Session, name: str) -> None:
    inputs, expected = ANSWERS[name]
    body = ask(http, url, name, **inputs)
    assert body == {"status": "done", "data": expected}
    assert list(body["data"]) == list(expected)  # type: ignore[call-overload]


def test_post_returns_a_job_id_and_location_for_any_content_type(url: str, http: requests.Session) -> None:
    for content_type in (
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain; charset=utf-8",
    ):
        response = http.post(
            f"{url}/api/best5", data=b'{"question": "S1"}', headers={"Content-Type": content_type}, timeout=5
        )
        assert response.status_code == 200
        assert list(response.json()) == ["job_id"]
        assert response.headers["Location"] == f"/api/get_results/{response.json()['job_id']}"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"question=S1", "JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b'["S1"]', "object"),
        (b"{}", '"question" is missing'),
        (b'{"question": ""}', '"question"'),
        (b'{"question": "  "}', '"question"'),
        (b'{"question": 7}', '"question"'),
        (b'{"question": null}', '"question"'),
        (b'{"question": NaN}', "NaN"),
        (b'{"question": "\\ud800"}', '"question"'),
        (b'{"question": "S1"}', '"state" is missing'),
        (b'{"question": "S1", "state": ["Hessen"]}', '"state"'),
        (b'{"question": "S1", "state": "Hessen", "year": 2020}', '"year"'),
        (b'{"question": "S1", "question": "S2", "state": "Hessen"}', '"question" is given twice'),
        (
            b'{"state": "x", "question": "' + b"x" * 1_001 + b'"}',
            '"question" has 1001 characters; at most 1000 are taken',
        ),
        (b'{"question": "S1", "state": "' + b"x" * 60_000 + b'"}', '"state" has 60000 characters'),
        (b"[" * 60_000, "nested"),
        (b'{"question": ' + b"9" * 5_000 + b"}", "JSON"),
    ],
)
def test_malformed_body_is_400_and_makes_no_job(
    url: str, http: requests.Session, body: bytes, named: str
) -> None:
    response = http.post(f"{url}/api/state_mean", data=body, timeout=5)
    assert response.status_code == 400
    assert response.json()["status"] == "error"
    assert named in response.json()["reason"]
    assert http.get(f"{url}/api/jobs", timeout=5).json() == {"status": "done", "data": []}


def test_body_over_64_kb_is_413_and_names_the_limit(url: str, http: requests.Session) -> None:
    response = http.post(f"{url}/api/best5", data=b" " * (LARGEST_BODY + 1), timeout=5)
    assert response.status_code == 413
    assert str(LARGEST_BODY) in response.json()["reason"]


def test_unknown_question_fails_the_job_and_names_the_closest(url: str, http: requests.Session) -> None:
    body = ask(http, url, "best5", question="Humuss")
    assert body["status"] == "error"
    assert '"Humuss"' in str(body["reason"])
    assert '"Humus"' in str(body["reason"])


def test_pair_without_rows_fails_the_job_and_names_both(url: str, http: requests.Session) -> None:
    body = ask(http, url, "state_mean", question="S2", state="Hessen")
    assert body["status"] == "error"
    assert '"Sand"' in str(body["reason"])
    assert '"Hessen"' in str(body["reason"])


@pytest.mark.parametrize(
    "job_id", ["job_id_99", "job_id_0", "x", "..%2f..%2fapp.py", "%00", "%ff", "job_id_%31%31"]
)
def test_unknown_job_id_is_404(url: str, http: requests.Session, job_id: str) -> None:
    response = http.get(f"{url}/api/get_results/{job_id}", timeout=5)
    assert response.status_code == 404
    assert response.json() == {"status": "error", "reason": "Invalid job_id"}


def test_percent_encoded_job_id_is_decoded(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="S1")
    assert http.get(f"{url}/api/get_results/job_id_%31", timeout=5).json()["status"] == "done"


def test_jobs_are_listed_oldest_first_and_counted_while_open(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="S1")
    ask(http, url, "best5", question="Lehm")
    assert http.get(f"{url}/api/jobs", timeout=5).json() == {
        "status": "done",
        "data": [{"job_id_1": "done"}, {"job_id_2": "error"}],
    }
    assert http.get(f"{url}/api/num_jobs", timeout=5).json() == {"num_jobs": 0}


def test_list_beyond_its_limit_has_the_newest_and_links_to_those_before(
    settings: LocalSettings, chalice_config: object, http: requests.Session
) -> None:
    keeping = replace(settings, keep_results=100_000)
    with running(keeping) as emulator, served(emulator, chalice_config) as url:
        for first in range(1, 2 * LISTED_JOBS + 4, 1_000):
            last = min(first + 1_000, 2 * LISTED_JOBS + 4)
            emulator.store.create(*(job(number).fail("why", now=9) for number in range(first, last)))
        listed, path = [], "/api/jobs"
        while path:
            response = http.get(f"{url}{path}", timeout=30)
            ids = [job_id for entry in response.json()["data"] for job_id in entry]
            assert response.headers.get("Statline-List-Limit") == (
                "10000" if "next" in response.links else None
            )
            listed = ids + listed
            path = response.links.get("next", {}).get("url")

        assert listed == [f"job_id_{number}" for number in range(1, 2 * LISTED_JOBS + 4)]
        assert ids == listed[:3]


def test_list_with_a_foreign_cursor_is_400(url: str, http: requests.Session) -> None:
    response = http.get(f"{url}/api/jobs?cursor=x", timeout=5)
    assert (response.status_code, response.json()["status"]) == (400, "error")


def test_graceful_shutdown_refuses_new_jobs_and_serves_polls(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="S1")
    assert http.get(f"{url}/api/graceful_shutdown", timeout=5).json() == {"status": "done"}
    refused = http.post(f"{url}/api/best5", json={"question": "S1"}, timeout=5)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json() == {"status": "error", "reason": "shutting down"}
    assert http.get(f"{url}/api/get_results/job_id_1", timeout=5).json()["status"] == "done"


def test_root_describes_the_service_and_its_links_work(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    body = http.get(url, timeout=5).json()
    assert (body["name"], body["version"]) == ("Statline", __version__)
    assert body["dataset"]["title"] == "Soil survey"
    assert body["dataset"]["id"] == emulator.service.dataset()
    assert [one["name"] for one in body["statistics"]] == list(STATISTICS)
    for path in body["api"].values():
        if "{" not in path:
            assert http.get(url + path, timeout=5).status_code == 200


def test_questions_and_states_are_listed(url: str, http: requests.Session) -> None:
    assert http.get(f"{url}/api/questions", timeout=5).json()["questions"] == [
        {"id": "S1", "question": "Humus", "best": "highest"},
        {"id": "S2", "question": "Sand", "best": "lowest"},
    ]
    states = http.get(f"{url}/api/states", timeout=5).json()["states"]
    assert [one["name"] for one in states] == ["Bayern", "Hessen"]


def test_unforeseen_error_is_500_without_details(url: str, http: requests.Session) -> None:
    class Broken:
        def get(self, job_id: str) -> None:
            raise RuntimeError("secret")

    get_service.use(Broken)  # type: ignore[arg-type]
    response = http.get(f"{url}/api/get_results/job_id_1", timeout=5)
    assert response.status_code == 500
    assert response.json()["status"] == "error"
    assert "secret" not in response.text


def test_eight_concurrent_clients_get_their_own_results(url: str) -> None:
    def client(number: int) -> bool:
        with requests.Session() as own:
            names = list(ANSWERS)[number:] + list(ANSWERS)[:number]
            return all(ask(own, url, name, **ANSWERS[name][0])["data"] == ANSWERS[name][1] for name in names)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(client, range(8)))
    with requests.Session() as own:
        assert len(own.get(f"{url}/api/jobs", timeout=5).json()["data"]) == 8 * len(ANSWERS)


def test_result_is_written_to_a_file(url: str, http: requests.Session, emulator: Emulator) -> None:
    data = ask(http, url, "best5", question="S1")["data"]
    path = emulator.settings.results / "job_id_1"
    until(path.exists)
    assert json.loads(path.read_text()) == data


def test_responses_name_the_data_set_in_a_header(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    """A header, so that the frozen bodies stay as they are."""
    posted = http.post(f"{url}/api/global_mean", json={"question": "S1"}, timeout=5)
    result = http.get(f"{url}/api/get_results/{posted.json()['job_id']}", timeout=5)
    listed = http.get(f"{url}/api/questions", timeout=5)
    named = {one.headers["Statline-Dataset"] for one in (posted, result, listed)}
    assert named == {emulator.service.dataset()}
