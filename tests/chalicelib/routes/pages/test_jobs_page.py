"""The pages of jobs, over real HTTP and without scripts."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from local.emulator.emulator import Emulator
from tests.chalicelib.routes.test_processes import HUMUS, execute
from tests.support.html import Page
from tests.support.samples import ask, job

HTML = {"Accept": "text/html"}


def shown(http: requests.Session, url: str, path: str) -> Page:
    response = http.get(url + path, headers=HTML, timeout=5)
    assert response.status_code == 200, response.text
    return Page.read(response.text)


def ids(page: Page) -> list[str]:
    return [str(row["data-job"]) for row in page.all("tr") if "data-job" in row]


def test_row_says_what_was_asked_and_offers_what_can_be_done(url: str, http: requests.Session) -> None:
    execute(http, url, "state_mean", {"inputs": {"question": "S1", "state": "Hessen"}})

    page = shown(http, url, "/jobs")

    assert all(
        text in page.text("td") for text in ("successful", "Mean of a state", "Humus", "state: Hessen")
    )
    (run,) = [one for one in page.all("button") if "data-run" in one]
    inputs = {"question": "S1", "state": "Hessen"}
    assert (run["data-run"], json.loads(str(run["data-inputs"]))) == ("state_mean", inputs)
    assert [one["data-dismiss"] for one in page.all("button") if "data-dismiss" in one] == ["job_id_1"]
    (edit,) = [link for link in page.links() if "/explore?" in link]
    assert parse_qs(urlsplit(edit).query) == {
        "statistic": ["state_mean"],
        **{k: [v] for k, v in inputs.items()},
    }
    assert "JavaScript" in page.text("noscript")


def test_list_is_paged_by_links_and_filters_stay_in_them(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    for number in range(1_000, 1_120):
        emulator.store.create(job(number))
        emulator.service.fail(f"job_id_{number}", "out of luck")

    first = shown(http, url, "/jobs?status=failed&processID=&text=&datetime=")
    (earlier,) = [link for link in first.links() if "cursor=" in link]
    second = shown(http, url, earlier.removeprefix(url))

    assert ids(first) == [f"job_id_{number}" for number in range(1_119, 1_069, -1)]
    assert ids(second) == [f"job_id_{number}" for number in range(1_069, 1_019, -1)]
    assert "status=failed" in earlier
    assert next(one["value"] for one in second.all("option") if "selected" in one) == "failed"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("humus", {"job_id_1", "job_id_2"}),  # the text of question S1
        ("HESSEN", {"job_id_2"}),
        ("job_id_3", {"job_id_3"}),
        ("state_mean", {"job_id_2"}),
        ("nothing", set()),
    ],
)
def test_jobs_are_found_by_what_was_asked(
    url: str, http: requests.Session, text: str, found: set[str]
) -> None:
    ask(http, url, "best5", question="S1")
    ask(http, url, "state_mean", question="S1", state="Hessen")
    ask(http, url, "global_mean", question="Sand")

    listed = http.get(f"{url}/jobs", params={"text": text}, timeout=5).json()["jobs"]

    assert {one["jobID"] for one in listed} == found
    assert set(ids(shown(http, url, f"/jobs?text={text}"))) == found


def test_page_without_a_match_says_whether_there_are_earlier_jobs(url: str, http: requests.Session) -> None:
    assert "No job." in shown(http, url, "/jobs?status=failed").text("p")


def test_wrong_filter_is_a_page_that_names_it(url: str, http: requests.Session) -> None:
    response = http.get(f"{url}/jobs?status=lost", headers=HTML, timeout=5)

    assert response.status_code == 400
    assert '"lost"' in Page.read(response.text).text("p")


def test_unchanged_list_is_304_and_a_new_job_changes_it(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="S1")
    tag = http.get(f"{url}/jobs", headers=HTML, timeout=5).headers["ETag"]

    same = http.get(f"{url}/jobs", headers=HTML | {"If-None-Match": tag}, timeout=5)
    ask(http, url, "best5", question="S2")
    changed = http.get(f"{url}/jobs", headers=HTML | {"If-None-Match": tag}, timeout=5)

    assert (same.status_code, same.content, changed.status_code) == (304, b"", 200)


def test_page_of_an_open_job_is_followed_and_that_of_an_ended_one_is_not(
    idle_url: str, http: requests.Session
) -> None:
    waiting = execute(http, idle_url, "best5", HUMUS, Prefer="respond-async").headers["Location"]

    page = shown(http, "", waiting)

    assert [one["data-follow"] for one in page.all("section")] == ["yes"]
    assert "accepted" in page.text("p")
    http.delete(waiting, timeout=5)
    assert [one["data-follow"] for one in shown(http, "", waiting).all("section")] == ["no"]


def test_job_page_has_the_command_that_asks_again(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="S1")

    page = shown(http, url, "/jobs/job_id_1")

    assert f"{url}/processes/best5/execution" in page.text("code")
    assert '{"inputs": {"question": "S1"}}' in page.text("code")
    assert [one["data-copy"] for one in page.all("p") if "data-copy" in one] == [page.text("code")]


def test_failed_result_is_a_page_with_the_reason(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="Humuss")

    response = http.get(f"{url}/jobs/job_id_1/results", headers=HTML, timeout=5)

    assert response.status_code == 400
    assert '"Humuss"' in Page.read(response.text).text("p")


def test_status_says_what_was_asked_of_which_data(url: str, http: requests.Session) -> None:
    ask(http, url, "best5", question="S1")

    status = http.get(f"{url}/jobs/job_id_1", timeout=5).json()

    assert (status["inputs"], status["question"]) == ({"question": "S1"}, "Humus")
    assert status["dataset"] == http.get(f"{url}/operations", timeout=5).json()["datasets"][0]["id"]


def test_status_of_earlier_data_has_no_text_that_may_be_of_another_question(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    emulator.store.create(replace(job(900), inputs={"question": "S1"}, dataset="e" * 64))

    status = http.get(f"{url}/jobs/job_id_900", timeout=5).json()

    assert (status["inputs"], status["dataset"]) == ({"question": "S1"}, "e" * 64)
    assert "question" not in status
