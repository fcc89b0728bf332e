"""Answers by URL, over real HTTP."""

import csv
import io
from pathlib import Path

import pytest
import requests

from chalicelib.domain.statistics.registry import STATISTICS
from local.emulator.emulator import Emulator
from tests.conftest import running, served, soil_settings
from tests.support.answers import check_answer
from tests.support.health import ASKED
from tests.support.html import Page
from tests.support.samples import SOIL, write_soil

FAR = {"Sec-Fetch-Site": "cross-site"}
MEAN = {"question": "H1", "state": "Northland"}


def asked(name: str) -> dict[str, str]:
    return {name: str(value) for name, value in ASKED.get(name, {}).items()} or {
        name: MEAN[name] for name in STATISTICS[name].parameters
    }


def get(http: requests.Session, url: str, name: str, **more: object) -> requests.Response:
    """GET an answer; keywords are inputs, those in capitals headers."""
    headers = {key.replace("_", "-"): str(value) for key, value in more.items() if key[0].isupper()}
    inputs = {key: str(value) for key, value in more.items() if not key[0].isupper()}
    return http.get(f"{url}/answers/{name}", params=inputs, headers=headers, timeout=25)


def count(http: requests.Session, url: str) -> int:
    return len(http.get(f"{url}/jobs?limit=1000", timeout=5).json()["jobs"])


@pytest.mark.parametrize("name", STATISTICS)
def test_every_statistic_answers_in_every_form(health_url: str, http: requests.Session, name: str) -> None:
    inputs = asked(name)

    document = get(http, health_url, f"{name}.json", **inputs)
    rows = list(csv.DictReader(io.StringIO(get(http, health_url, f"{name}.csv", **inputs).text)))
    page = get(http, health_url, f"{name}.html", **inputs)

    assert document.status_code == 200, document.text
    executed = http.post(f"{health_url}/processes/{name}/execution", json={"inputs": inputs}, timeout=25)
    assert document.content == executed.content
    assert rows
    assert all({"presentable", "caveats"} <= row.keys() for row in rows)
    assert all(row["caveats"] for row in rows)
    assert page.headers["Cache-Control"] == "no-cache"
    assert "snippets" in Page.read(page.text).ids


def test_rows_of_csv_say_whether_they_are_presentable(health_url: str, http: requests.Session) -> None:
    document = get(http, health_url, "ranking.json", question="H1").json()
    rows = csv.DictReader(io.StringIO(get(http, health_url, "ranking.csv", question="H1").text))

    marks = {row["state"]: row["presentable"] for row in rows}
    assert marks == {row["state"]: str(row["presentable"]).lower() for row in document["ranking"]}
    check_answer("ranking", document)


def test_same_question_has_the_same_bytes_and_tag_and_304_makes_no_job(
    health_url: str, http: requests.Session
) -> None:
    first, second = (get(http, health_url, "cells.csv", question="H1", years=2022) for _ in range(2))
    jobs = count(http, health_url)

    again = get(http, health_url, "cells.csv", question="H1", years=2022, If_None_Match=first.headers["ETag"])

    assert (first.content, first.headers["ETag"]) == (second.content, second.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert count(http, health_url) == jobs
    assert first.headers["Cache-Control"] == "public, no-cache"
    other = get(http, health_url, "cells.csv", question="H1", years=2021, If_None_Match=first.headers["ETag"])
    assert other.status_code == 200


def test_no_cache_computes_although_the_client_has_the_answer(
    health_url: str, http: requests.Session
) -> None:
    tag = get(http, health_url, "trend.json", question="H1", state="Isle").headers["ETag"]

    again = get(
        http,
        health_url,
        "trend.json",
        question="H1",
        state="Isle",
        If_None_Match=tag,
        Cache_Control="no-cache",
    )

    assert again.status_code == 200


def test_pinned_data_set_is_answered_from_and_may_be_cached(
    home: Path, chalice_config: object, http: requests.Session
) -> None:
    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        before = get(http, url, "global_mean.json", question="S1")
    write_soil(home, SOIL.replace("Hessen,4,", "Hessen,40,"))

    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        earlier = before.headers["Statline-Dataset"]
        pinned = get(http, url, "global_mean.json", question="S1", dataset=earlier)
        current = get(http, url, "global_mean.json", question="S1")

    assert (pinned.content, pinned.headers["Statline-Dataset"]) == (before.content, earlier)
    assert pinned.headers["Cache-Control"] == "public, max-age=86400"
    assert current.content != before.content


@pytest.mark.parametrize("dataset", ["0" * 64, "../../secret", "statline.db"])
def test_data_set_that_is_not_stored_is_404(health_url: str, http: requests.Session, dataset: str) -> None:
    response = get(http, health_url, "ranking.json", question="H1", dataset=dataset)

    assert response.status_code == 404
    assert "there is no data set" in response.json()["detail"]


def test_empty_fields_of_a_form_are_absent_inputs(health_url: str, http: requests.Session) -> None:
    full = get(http, health_url, "ranking.json", question="H1", years="", category=" ", state="")

    assert full.content == get(http, health_url, "ranking.json", question="H1").content


@pytest.mark.parametrize(
    ("name", "inputs", "status", "said"),
    [
        ("ranking.json", {"question": "H3"}, 400, 'no question "H3"'),
        ("ranking.json", {}, 400, '"question" is missing'),
        ("ranking.json", {"question": "H1", "colour": "red"}, 400, '"colour"'),
        ("ranking.json", {"question": "H1", "years": "soon"}, 400, '"years" is "soon"'),
        ("trend.csv", {"question": "H1", "state": "Isle", "years": "2020"}, 400, "years"),
        ("rank.json", {"question": "H1"}, 404, "no statistic"),
        ("ranking.xml", {"question": "H1"}, 404, "ranking.xml"),
        ("ranking", {"question": "H1"}, 404, "ranking"),
    ],
)
def test_unanswerable_question_is_a_problem_and_a_page_in_a_browser(
    health_url: str, http: requests.Session, name: str, inputs: dict[str, str], status: int, said: str
) -> None:
    refused = get(http, health_url, name, **inputs)
    page = get(http, health_url, name, **inputs, Accept="text/html,*/*;q=0.8")

    assert (refused.status_code, refused.headers["Content-Type"]) == (status, "application/problem+json")
    assert said in refused.json()["detail"]
    assert page.status_code == status
    assert said in Page.read(page.text).text("p")


def test_page_of_an_unknown_name_links_to_the_closest_ones(health_url: str, http: requests.Session) -> None:
    page = get(http, health_url, "ranking.html", question="H1", state="Northlan", Accept="text/html")

    (link,) = [link for link in Page.read(page.text).links() if link.endswith("state=Northland")]
    assert http.get(link, timeout=25).status_code == 200


@pytest.mark.parametrize(
    ("form", "media_type"), [("json", "application/json"), ("csv", "text/csv"), ("html", "text/html")]
)
def test_answer_that_is_not_there_in_time_is_202_with_its_job(
    idle_url: str, http: requests.Session, form: str, media_type: str
) -> None:
    response = get(http, idle_url, f"best5.{form}", question="S1", Prefer="wait=0")

    assert response.status_code == 202
    assert response.headers["Content-Type"].partition(";")[0] == media_type
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    assert http.get(response.headers["Location"], timeout=5).json()["status"] == "accepted"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),
        ({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403),
        ({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
        ({"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 403),
    ],
)
def test_other_sites_lead_to_an_answer_but_do_not_fetch_it(
    url: str, http: requests.Session, headers: dict[str, str], status: int
) -> None:
    response = http.get(f"{url}/answers/best5.json?question=S1", headers=FAR | headers, timeout=5)

    assert (response.status_code, count(http, url)) == (status, int(status == 200))


def test_draining_service_asks_to_come_back(emulator: Emulator, url: str, http: requests.Session) -> None:
    emulator.service.drain()

    response = get(http, url, "best5.csv", question="S1")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")


def test_answers_behind_a_key_are_not_for_shared_caches(
    health_url: str, http: requests.Session, keyed: None
) -> None:
    assert get(http, health_url, "ranking.csv", question="H1").headers["Cache-Control"] == "private, no-cache"
