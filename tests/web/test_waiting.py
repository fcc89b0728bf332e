"""What Explore says while the answer is not there: waiting, full, killed, cancelled, expired."""

import sys
from pathlib import Path

import requests

from tests.support.chromium import Tab, needs_browser
from tests.support.pages import DRAWN, FAILED, explore
from tests.support.processes import ServerProcess, python_m_local
from tests.support.samples import write_soil
from tests.web.conftest import Gate, thorough

SAID = "document.querySelector('#progress')?.textContent"
LOCAL = (sys.executable, "-m", "local", "serve")
WAITING = "/explore?question=S1&statistic=wait"

pytestmark = needs_browser


def block(url: str, question: str = "S2") -> str:
    """Occupy the only runner, or a place behind it, and return the job."""
    response = requests.post(f"{url}/api/wait", json={"question": question}, timeout=5)
    return str(response.json()["job_id"])


def open_waiting(tab: Tab, url: str) -> None:
    tab.visit(url + WAITING, "document.querySelector('#progress')")


def test_without_a_runner_the_page_says_accepted_then_done(slow: ServerProcess, gate: Gate, tab: Tab) -> None:
    block(slow.url)
    open_waiting(tab, slow.url)

    tab.until(f"/^Accepted, waiting for [1-9]\\d* s\\.$/.test({SAID})")
    gate.open()

    tab.until(f"/^Done in [\\d.]+ s\\.$/.test({SAID}) && ({DRAWN})")
    assert tab.faults(slow.url) == []


@thorough
def test_cancel_dismisses_the_job(slow: ServerProcess, tab: Tab) -> None:
    block(slow.url)
    open_waiting(tab, slow.url)
    tab.until("document.querySelector('#status button')?.textContent === 'Cancel'")

    tab.evaluate("document.querySelector('#status button').click()")

    tab.until(f"{SAID} === 'Cancelled.'")
    jobs = requests.get(f"{slow.url}/jobs?f=json", headers={"Accept": "application/json"}, timeout=5).json()
    states = [job["status"] for job in jobs["jobs"] if job["processID"] == "wait"]
    assert states.count("dismissed") == 1
    assert tab.evaluate("document.querySelector('#status button').textContent") == "Ask again"


@thorough
def test_full_service_counts_down_and_is_asked_again(slow: ServerProcess, gate: Gate, tab: Tab) -> None:
    tab.visit(f"{slow.url}/explore?question=S1&statistic=global_mean", DRAWN)
    for question in ("S1", "S2", "S1"):
        requests.post(f"{slow.url}/api/wait", json={"question": question}, timeout=5)

    tab.evaluate(
        "document.querySelector('[name=question]').value = 'S2';"
        "document.querySelector('[name=question]').dispatchEvent(new Event('change', {bubbles: true}))"
    )
    tab.until(f"/asks to wait: again in \\d+ s\\.$/.test({SAID})")
    gate.open()

    tab.until(f"location.search.includes('S2') && ({DRAWN})", 40)


@thorough
def test_killed_server_is_waited_for(tmp_path: Path, tab: Tab) -> None:
    write_soil(tmp_path)
    with python_m_local(tmp_path, STATLINE_REPLICA="no") as server:
        explore(tab, server.url, question="S1", statistic="states_mean")
        port = server.url.rpartition(":")[2]

    tab.evaluate(
        "document.querySelector('[name=question]').value = 'S2';"
        "document.querySelector('[name=question]').dispatchEvent(new Event('change', {bubbles: true}))"
    )
    tab.until(f"/does not answer: again in \\d+ s\\.$/.test({SAID})")

    restarted = ServerProcess([*LOCAL], tmp_path, PORT=port, STATLINE_REPLICA="no")
    try:
        tab.until(f"location.search.includes('S2') && ({DRAWN})", 40)
    finally:
        restarted.kill()


@thorough
def test_expired_job_offers_to_ask_again(slow: ServerProcess, gate: Gate, tab: Tab) -> None:
    block(slow.url)
    open_waiting(tab, slow.url)
    tab.until(f"/^Accepted/.test({SAID})")
    job = requests.get(f"{slow.url}/jobs", headers={"Accept": "application/json"}, timeout=5).json()["jobs"][
        0
    ]

    tab.call(
        "Network.emulateNetworkConditions",
        offline=True,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )
    try:
        tab.until(f"/does not answer/.test({SAID})")
        for _ in range(2):  # dismissed, then removed
            requests.delete(f"{slow.url}/jobs/{job['jobID']}", timeout=5)
    finally:
        tab.call(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )
    tab.until(FAILED)
    assert "expired" in tab.evaluate(SAID)
    gate.open()

    tab.evaluate("document.querySelector('#status button').click()")

    tab.until(DRAWN)


def test_error_offers_the_closest_names(tmp_path: Path, tab: Tab) -> None:
    write_soil(tmp_path)
    with python_m_local(tmp_path, STATLINE_REPLICA="no") as server:
        tab.visit(f"{server.url}/explore?question=S1&statistic=state_mean&state=Hesse", FAILED)
        assert "Hesse" in tab.evaluate(SAID)

        tab.evaluate(
            "[...document.querySelectorAll('#status button')]"
            ".find((one) => one.textContent === 'Hessen').click()"
        )

        tab.until(f"location.search.includes('Hessen') && ({DRAWN})")
