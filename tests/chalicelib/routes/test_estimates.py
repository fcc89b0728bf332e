"""Statistics with optional inputs and documents, over real HTTP and on both interfaces."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from chalicelib.domain.statistics.registry import ESTIMATES, MEANS
from local.emulator.emulator import Emulator
from tests.conftest import running, served
from tests.support.answers import check_answer
from tests.support.health import ASKED, health_settings
from tests.support.samples import ask

CARRIED = {"estimand", "statement", "method", "caveats", "provenance"}


@pytest.fixture(scope="module")
def health(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(health_settings(tmp_path_factory.mktemp("health"))) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def url(health: Emulator, chalice_config: object) -> Iterator[str]:
    with served(health, chalice_config) as url:
        yield url


def execute(http: requests.Session, url: str, name: str, **inputs: object) -> requests.Response:
    return http.post(f"{url}/processes/{name}/execution", json={"inputs": inputs}, timeout=25)


def test_every_estimate_is_asked() -> None:
    assert set(ASKED) == set(ESTIMATES)


@pytest.mark.parametrize("name", ESTIMATES)
def test_both_interfaces_return_the_same_bytes_that_fit_the_schema(
    url: str, http: requests.Session, name: str
) -> None:
    done = execute(http, url, name, **ASKED[name])
    assert done.status_code == 200
    job = http.get(done.links["monitor"]["url"], timeout=5).json()
    other = http.get(f"{url}/api/get_results/{job['jobID']}", timeout=5)
    posted = ask(http, url, name, **ASKED[name])

    assert other.content == b'{"status": "done", "data": %b}' % done.content
    assert posted == {"status": "done", "data": done.json()}
    assert set(done.json()) > CARRIED
    check_answer(name, done.json())


@pytest.mark.parametrize("name", ESTIMATES)
def test_provenance_says_what_was_asked_of_which_data(url: str, http: requests.Session, name: str) -> None:
    done = execute(http, url, name, **ASKED[name])
    answer = done.json()
    provenance = answer["provenance"]

    assert provenance["dataset"] == done.headers["Statline-Dataset"]
    assert provenance["inputs"] == ASKED[name] | {"question": "Question H1"}
    assert (provenance["title"], provenance["synthetic"]) == ("Health survey", True)
    assert provenance["release"] == "2018-2022, 480 rows"
    assert answer["method"]["id"] == f"{name}/1"
    assert answer["statement"].startswith("Invented data")
    assert "Statline-Replay" not in done.headers


def test_answers_have_no_job_time_or_host_and_one_replay_id_a_question(
    url: str, http: requests.Session
) -> None:
    first, again = (execute(http, url, "estimate", **ASKED["estimate"]) for _ in range(2))
    by_text = execute(http, url, "estimate", question="Question H1", state="Eastland")
    other = execute(http, url, "estimate", question="H1", state="Northland").json()

    assert first.content == again.content == by_text.content
    assert other["provenance"]["replay"] != first.json()["provenance"]["replay"]
    assert url not in first.text


def test_alias_of_a_category_is_the_same_question(url: str, http: requests.Session) -> None:
    inputs = {"question": "H1", "state": "Eastland", "stratum": "Female"}
    answers = [execute(http, url, "estimate", **inputs, category=name) for name in ("Sex", "Gender")]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("name", "as_number", "as_text"),
    [
        ("estimate", {"years": 2021}, {"years": "2021"}),
        ("ranking", {"years": 2021, "top": 2}, {"years": "2021", "top": "2"}),
        ("benchmark", {"years": 2021, "reference": 29.5}, {"years": "2021", "reference": "29.5"}),
        ("global_mean", {"years": 2021}, {"years": "2021"}),
    ],
)
def test_json_number_is_the_same_question_as_its_text(
    url: str, http: requests.Session, name: str, as_number: dict[str, object], as_text: dict[str, object]
) -> None:
    numbers = execute(http, url, name, question="H1", **as_number)
    texts = execute(http, url, name, question="H1", **as_text)
    assert (numbers.status_code, numbers.content) == (200, texts.content)


def test_absent_inputs_are_not_written_into_the_job(
    url: str, http: requests.Session, health: Emulator
) -> None:
    job_id = http.post(f"{url}/api/estimate", json={"question": "H1", "years": 2021}, timeout=5).json()[
        "job_id"
    ]
    assert health.service.get(job_id).inputs == {"question": "H1", "years": "2021"}


WRONG = [
    ("estimate", {"years": "2022-2011"}, "2022-2011"),
    ("best5", {"years": "soon"}, "soon"),
    ("estimate", {"weights": "heavy"}, "heavy"),
    ("cells", {"rule": "strict"}, "strict"),
    ("ranking", {"areas": "some"}, "some"),
    ("ranking", {"top": 0}, '"0"'),
    ("ranking", {"best": "middle"}, "middle"),
    ("compare", {"state": "Eastland", "versus_years": "x"}, '"x"'),
    ("trend", {"weights": "equal"}, "weights"),
    ("disparity", {"state": "Eastland"}, "category"),
]


@pytest.mark.parametrize(("name", "wrong", "named"), WRONG)
def test_input_that_breaks_the_grammar_is_400_on_both_and_makes_no_job(
    url: str, http: requests.Session, health: Emulator, name: str, wrong: dict[str, object], named: str
) -> None:
    before = len(list(health.service.jobs()))
    refused = http.post(f"{url}/api/{name}", json={"question": "H1", **wrong}, timeout=5)
    problem = execute(http, url, name, question="H1", **wrong)

    assert (refused.status_code, problem.status_code) == (400, 400)
    assert refused.json()["status"] == "error"
    assert named in refused.json()["reason"]
    assert named in problem.json()["detail"]
    assert len(list(health.service.jobs())) == before


UNKNOWN = [
    ("estimate", {"state": "Nowhere"}, "Northland"),
    ("estimate", {"category": "Genders", "stratum": "Female"}, "Gender"),
    ("estimate", {"state": "Eastland", "stratum": "Femal"}, "Female"),
    ("compare", {"state": "Eastland", "versus_state": "Weastland"}, "Westland"),
    ("compare", {"state": "Eastland", "versus_stratum": "Riches"}, "Rich"),
    ("disparity", {"state": "Eastland", "category": "Incomes"}, "Income"),
    ("states_mean", {"stratum": "Femal"}, "Female"),
]


@pytest.mark.parametrize(("name", "wrong", "closest"), UNKNOWN)
def test_unknown_name_is_a_failed_job_or_400_at_once(
    url: str, http: requests.Session, name: str, wrong: dict[str, str], closest: str
) -> None:
    failed = ask(http, url, name, question="H1", **wrong)
    problem = http.post(
        f"{url}/processes/{name}/execution",
        json={"inputs": {"question": "H1", **wrong}},
        headers={"Prefer": "respond-async"},
        timeout=5,
    )
    assert failed["status"] == "error"
    assert closest in str(failed["reason"])
    assert (problem.status_code, closest in problem.json()["detail"]) == (400, True)


IMPOSSIBLE = [
    ("estimate", {"state": "Westland", "years": "2022"}, "2022"),
    ("estimate", {"state": "Eastland", "years": "2030"}, "2030"),
    ("estimate", {"category": "Income"}, "Poor"),
    ("compare", {"state": "Eastland"}, "versus"),
    ("ranking", {"years": "2021-2022"}, "2021"),
    ("disparity", {"state": "Eastland", "category": "Total"}, "Total"),
    ("benchmark", {"reference": "Nowhere"}, "Nowhere"),
    ("best5", {"years": "1999"}, "1999"),
]


@pytest.mark.parametrize(("name", "inputs", "named"), IMPOSSIBLE)
def test_question_that_the_data_cannot_answer_fails_with_the_reason(
    url: str, http: requests.Session, name: str, inputs: dict[str, str], named: str
) -> None:
    failed = ask(http, url, name, question="H1", **inputs)
    problem = execute(http, url, name, question="H1", **inputs)

    assert failed["status"] == "error"
    assert named in str(failed["reason"])
    assert (problem.status_code, problem.json()["type"]) == (400, "InvalidParameterValue")
    assert problem.json()["detail"] == failed["reason"]


def csv_of(http: requests.Session, url: str, name: str) -> list[dict[str, str]]:
    response = http.post(
        f"{url}/processes/{name}/execution",
        json={"inputs": ASKED[name]},
        headers={"Accept": "text/csv"},
        timeout=25,
    )
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.mark.parametrize("name", ["cells", "ranking", "benchmark", "disparity"])
def test_csv_of_rows_has_a_line_for_each(url: str, http: requests.Session, name: str) -> None:
    answer = execute(http, url, name, **ASKED[name]).json()
    lines = csv_of(http, url, name)
    rows = answer[ESTIMATES[name].rows]

    assert len(lines) == len(rows) > 1
    first = next(iter(rows[0]))
    assert [line[first] for line in lines] == [row[first] for row in rows]


@pytest.mark.parametrize("name", ["estimate", "compare", "trend", "age_standardised", "estimands"])
def test_csv_without_rows_is_one_line_with_dotted_names(url: str, http: requests.Session, name: str) -> None:
    answer = execute(http, url, name, **ASKED[name]).json()
    (line,) = csv_of(http, url, name)
    assert line["statement"] == answer["statement"]
    assert line["provenance.replay"] == answer["provenance"]["replay"]
    assert line["caveats"].split("; ") == [caveat["code"] for caveat in answer["caveats"]]


@pytest.mark.parametrize(("name", "shown"), [("ranking", "Northland"), ("estimate", "28.7")])
def test_page_shows_statement_caveats_and_numbers(
    url: str, http: requests.Session, name: str, shown: str
) -> None:
    answer = execute(http, url, name, **ASKED[name])
    page = http.get(
        f"{answer.links['monitor']['url']}/results", headers={"Accept": "text/html"}, timeout=5
    ).text
    assert "Invented data." in page
    assert "Nobody was asked." in page
    assert shown in page


def test_page_of_a_mean_is_labelled_with_what_it_mixes(url: str, http: requests.Session) -> None:
    def page(**inputs: str) -> str:
        done = execute(http, url, "states_mean", question="H1", **inputs)
        where = f"{done.links['monitor']['url']}/results"
        return http.get(where, headers={"Accept": "text/html"}, timeout=5).text

    label = "Unweighted mean of the selected published cells"
    assert f"{label}; it mixes all years and the whole population and its overlapping groups." in page()
    assert f"{label}; it mixes all years and the groups of Gender." in page(category="Gender")
    assert f"{label}." in page(years="2021", stratum="Female")


@pytest.mark.parametrize("name", MEANS)
def test_mean_has_its_replay_id_in_header_and_job(url: str, http: requests.Session, name: str) -> None:
    inputs = {field: {"question": "H1", "state": "Eastland"}[field] for field in MEANS[name].parameters}
    done = execute(http, url, name, **inputs)
    job = http.get(done.links["monitor"]["url"], timeout=5)
    result = http.get(f"{url}/api/get_results/{job.json()['jobID']}", timeout=5)
    again = execute(http, url, name, **inputs)
    narrower = execute(http, url, name, **inputs, years="2021")
    replay = done.headers["Statline-Replay"]

    assert len(replay) == 16
    assert {job.json()["replay"], result.headers["Statline-Replay"], again.headers["Statline-Replay"]} == {
        replay
    }
    assert narrower.headers["Statline-Replay"] != replay


def test_batch_takes_optional_inputs(url: str, http: requests.Session) -> None:
    executions = [
        {"processID": "estimate", "inputs": {"question": "H1", "years": 2021}},
        {"processID": "states_mean", "inputs": {"question": "H1", "stratum": "Female"}},
    ]
    jobs = http.post(f"{url}/batch", json={"executions": executions}, timeout=5).json()["jobs"]
    wait = threading.Event()
    for job in jobs:
        while http.get(f"{url}/jobs/{job['jobID']}", timeout=5).json()["status"] in ("accepted", "running"):
            wait.wait(0.01)
        answer: Any = http.get(f"{url}/jobs/{job['jobID']}/results", timeout=5)
        assert answer.status_code == 200

    executions[0]["inputs"] = {"question": "H1", "years": "2022-2011"}
    refused = http.post(f"{url}/batch", json={"executions": executions}, timeout=5)
    assert (refused.status_code, "2022-2011" in json.dumps(refused.json())) == (400, True)
