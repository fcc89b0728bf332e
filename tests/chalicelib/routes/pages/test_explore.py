"""The Explore page without scripts, and the facts that its script starts from."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.domain.statistics.registry import STATISTICS
from tests.conftest import running, served, soil_settings
from tests.support.health import ASKED
from tests.support.html import Page
from tests.support.samples import DESCRIPTION, SOIL, write_soil

HTML = {"Accept": "text/html"}
HOSTILE = "</script><script>alert(1)</script>"


def explore(http: requests.Session, url: str, **query: object) -> tuple[requests.Response, Page]:
    response = http.get(f"{url}/explore", params={**query}, headers=HTML, timeout=25)
    return response, Page.read(response.text)


def facts(page: Page) -> dict[str, Any]:
    return dict(json.loads(page.data))


def test_first_visit_shows_form_sentence_table_and_caveats(health_url: str, http: requests.Session) -> None:
    response, page = explore(http, health_url)

    assert response.status_code == 200
    assert facts(page)["answer"]["document"]["statement"] == page.text("h1")
    names = {str(one["name"]) for one in page.all("select")}
    assert names == {"question", "statistic", "years", "category", "stratum", "areas", "state"}
    assert all(place in page.text("td") for place in ("Northland", "Eastland"))
    assert "Nobody was asked." in page.text("li")
    assert "Invented data" in page.text("main")


@pytest.mark.parametrize("name", STATISTICS)
def test_every_statistic_is_shown_by_its_permalink(
    health_url: str, http: requests.Session, name: str
) -> None:
    asked = ASKED.get(name) or {"question": "H1", "state": "Northland"}

    response, page = explore(http, health_url, **(dict(asked) | {"statistic": name}))

    answer = facts(page)["answer"]
    inputs = {key: str(asked[key]) for key in asked if key in STATISTICS[name].inputs}
    assert (response.status_code, answer["statistic"], answer["inputs"]) == (200, name, inputs)
    results = f"{health_url}/jobs/{answer['job']['jobID']}/results"
    assert http.get(results, timeout=5).json() == answer["document"]


def test_category_without_a_stratum_is_its_first_one(health_url: str, http: requests.Session) -> None:
    _, page = explore(http, health_url, question="H1", category="Gender")

    assert facts(page)["answer"]["inputs"] == {"question": "H1", "category": "Gender", "stratum": "Female"}


def test_missing_input_is_named_and_makes_no_job(url: str, http: requests.Session) -> None:
    response, page = explore(http, url, statistic="disparity")

    assert response.status_code == 400
    assert "Disparity needs an area and a group" in page.text("p")
    assert http.get(f"{url}/jobs", timeout=5).json()["jobs"] == []


def test_unknown_name_is_answered_with_the_closest_ones(health_url: str, http: requests.Session) -> None:
    response, page = explore(http, health_url, question="H1", state="Nrthland")

    assert response.status_code == 400
    assert "answer" not in facts(page)
    assert any(link.endswith("question=H1&state=Northland") for link in page.links())


def test_open_job_is_said_to_be_accepted(
    idle_url: str, http: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.routes.pages.explore.ANSWER_SECONDS", 0.05)

    _, page = explore(http, idle_url, question="S1", statistic="best5")

    assert "accepted" in page.text("p")
    assert "/jobs/job_id_1" in page.links()


def test_data_without_limits_begins_with_means(url: str, http: requests.Session) -> None:
    response, page = explore(http, url)

    assert (response.status_code, facts(page)["answer"]["statistic"]) == (200, "states_mean")
    assert "Unweighted mean" in page.text("h1")


@pytest.mark.parametrize("name", [HOSTILE, "‮مرحبا بالعالم", "x" * 200, "a&b\"'<i>"])
def test_hostile_names_are_texts(
    home: Path, chalice_config: object, http: requests.Session, name: str
) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    write_soil(home, SOIL.replace("Hessen", quoted).replace("Humus", quoted))

    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        _, page = explore(http, url, question=name, state=name)
        jobs = Page.read(http.get(f"{url}/jobs", headers=HTML, timeout=5).text)
        job = Page.read(http.get(f"{url}/jobs/job_id_1", headers=HTML, timeout=5).text)

    assert name in page.text("td")
    assert facts(page)["answer"]["inputs"]["question"] == name
    assert name in jobs.text("td")
    assert name in job.text("p")


def test_three_thousand_areas_show_the_first_rows_and_say_how_many_follow(
    home: Path, chalice_config: object, http: requests.Session
) -> None:
    rows = "".join(f"Humus,S1,Land {number},{number},Nutzung,Acker\n" for number in range(3_000))
    write_soil(home, SOIL.partition("\n")[0] + "\n" + rows)

    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        response, page = explore(http, url)
        csv = next(link for link in page.links() if ".csv?" in link)
        lines = http.get(csv, timeout=25).text.count("\r\n")

    assert response.status_code == 200
    assert "2500 more rows are in the CSV" in page.text("p")
    assert lines == 3_001


def test_key_is_asked_for_before_questions_and_values_are_shown(
    health_url: str, http: requests.Session, keyed: None
) -> None:
    response, page = explore(http, health_url, question="H1")

    assert facts(page) == {"base": "", "key": True}
    assert "H1" not in response.text
    assert "Northland" not in response.text
    open_facts = http.get(f"{health_url}/explore.json", timeout=5).json()
    assert open_facts["catalogue"]["questions"][0]["id"] == "H1"


def test_script_gets_the_facts_of_the_data_set(health_url: str, http: requests.Session) -> None:
    _, page = explore(http, health_url)

    told = facts(page)
    assert told["catalogue"]["whole"] == {"category": "Total", "stratum": "Total"}
    assert told["catalogue"]["national"] == "Nation"
    assert told["catalogue"]["territories"] == ["Isle"]
    assert (told["geometry"], told["statistic"]) == (None, "ranking")
    assert [one["name"] for one in told["statistics"]] == list(STATISTICS)


def test_pages_forbid_scripts_and_styles_of_their_own(health_url: str, http: requests.Session) -> None:
    response, _ = explore(http, health_url)

    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'; script-src 'self'" in policy
    assert response.headers["Cache-Control"] == "no-cache"


def test_questions_stand_below_their_topics(
    home: Path, chalice_config: object, http: requests.Session
) -> None:
    topics = {"S1": "Organic", "Sand": "Texture <b>"}
    (home / "soil.json").write_text(json.dumps(DESCRIPTION | {"topics": topics}))

    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        _, page = explore(http, url, question="S2")
        questions = http.get(f"{url}/api/questions", timeout=5).json()["questions"]

    assert [one["label"] for one in page.all("optgroup")][:2] == ["Organic", "Texture <b>"]
    assert next(one["value"] for one in page.all("option") if "selected" in one) == "S2"
    assert [one["topic"] for one in questions] == ["Organic", "Texture <b>"]
