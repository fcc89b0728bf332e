"""The list of jobs follows the service, and the pages act on jobs."""

import requests

from tests.support.chromium import Tab, needs_browser
from tests.support.pages import DRAWN
from tests.support.processes import ServerProcess
from tests.web.conftest import Gate, thorough

NEW = "document.querySelector('#new-jobs button')?.textContent"
IDS = "[...document.querySelectorAll('#jobs tr[data-job]')].map((row) => row.dataset.job)"
STATE = "document.querySelector('#jobs tr[data-job=%s]')?.innerText.includes('%s')"

pytestmark = needs_browser


def submit(url: str, statistic: str = "global_mean", question: str = "S1") -> str:
    response = requests.post(f"{url}/api/{statistic}", json={"question": question}, timeout=5)
    return str(response.json()["job_id"])


def test_new_jobs_wait_until_they_are_wanted(slow: ServerProcess, tab: Tab) -> None:
    first = submit(slow.url, "wait")
    tab.visit(f"{slow.url}/jobs", "document.querySelector('#new-jobs')")
    second, third = submit(slow.url, "wait", "S2"), submit(slow.url, "wait")

    tab.until(f"{NEW} === '2 new jobs: show'")
    assert tab.evaluate(IDS) == [first]

    tab.evaluate("document.querySelector('#new-jobs button').click()")
    assert tab.evaluate(IDS) == [third, second, first]
    assert tab.faults(slow.url) == []


@thorough
def test_state_of_a_listed_job_follows_the_service(slow: ServerProcess, gate: Gate, tab: Tab) -> None:
    job = submit(slow.url, "wait")
    tab.visit(f"{slow.url}/jobs", STATE % (job, "accepted"))

    gate.open()

    tab.until(STATE % (job, "successful"))


@thorough
def test_page_of_a_job_follows_it_until_its_end(slow: ServerProcess, gate: Gate, tab: Tab) -> None:
    job = submit(slow.url, "wait")
    tab.visit(f"{slow.url}/jobs/{job}", "document.querySelector('#job')?.innerText.includes('accepted')")

    gate.open()

    tab.until("document.querySelector('#job')?.innerText.includes('successful')")


def test_chosen_jobs_are_dismissed_together_once_confirmed(slow: ServerProcess, tab: Tab) -> None:
    jobs = [submit(slow.url, "wait"), submit(slow.url, "wait", "S2")]
    tab.visit(f"{slow.url}/jobs", f"({IDS}).length === 2 && document.querySelector('#jobs input')")
    tab.evaluate("document.querySelectorAll('#jobs input').forEach((box) => box.click())")

    question = tab.accept("document.querySelector('.actions button').click()")

    assert question.startswith("Dismiss 2 jobs?")
    tab.until(f"{STATE % (jobs[0], 'dismissed')} && {STATE % (jobs[1], 'dismissed')}")


@thorough
def test_job_is_run_again_as_a_new_job(slow: ServerProcess, gate: Gate, tab: Tab) -> None:
    gate.open()
    job = submit(slow.url)
    tab.visit(f"{slow.url}/jobs/{job}", "document.querySelector('[data-run]')")

    tab.evaluate("document.querySelector('[data-run]').click()")

    tab.until("document.querySelector('h1')?.textContent === 'job_id_2'")
    assert requests.get(f"{slow.url}/api/jobs", timeout=5).json()["data"] == [
        {job: "done"},
        {"job_id_2": "done"},
    ]


@thorough
def test_job_is_edited_and_asked_again_on_explore(slow: ServerProcess, gate: Gate, tab: Tab) -> None:
    gate.open()
    job = submit(slow.url, "states_mean", "S2")
    tab.visit(f"{slow.url}/jobs/{job}", "document.querySelector('a[href*=explore][href*=statistic]')")

    tab.evaluate("document.querySelector('a[href*=explore][href*=statistic]').click()")

    tab.until(f"location.pathname === '/explore' && ({DRAWN})")
    assert tab.evaluate("document.querySelector('[name=question]').value") == "S2"
