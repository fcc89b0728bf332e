"""/health and /metrics over real HTTP."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from chalicelib.application.admission_control import DRAINING
from chalicelib.bootstrap import get_service
from local.emulator.emulator import Emulator
from local.settings import LocalSettings
from tests.support.samples import SOIL_CSV, ask, job
from tests.support.simulated_cloud import SimulatedCloud

Read = Callable[[], dict[str, float]]


@pytest.fixture
def settings(home: Path) -> LocalSettings:
    """One runner and few places."""
    return LocalSettings.from_environ(
        {
            "STATLINE_HOME": str(home),
            "STATLINE_DATASET": str(home / SOIL_CSV),
            "STATLINE_MAX_OPEN": "3",
            "TP_NUM_OF_THREADS": "1",
        }
    )


@pytest.fixture
def read(url: str, http: requests.Session) -> Iterator[Read]:
    """The metrics as Prometheus reads them, less what earlier tests left in this process."""

    def scrape() -> dict[str, float]:
        response = http.get(f"{url}/metrics", timeout=5)
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        families = text_string_to_metric_families(response.text)
        return {f"{one.name}{one.labels or ''}": one.value for family in families for one in family.samples}

    before = scrape()
    return lambda: {
        name: value - (0 if "open" in name else before.get(name, 0)) for name, value in scrape().items()
    }


def test_metrics_count_accepted_refused_finished_and_open_jobs(
    url: str, http: requests.Session, read: Read, emulator: Emulator
) -> None:
    ask(http, url, "best5", question="S1")
    ask(http, url, "best5", question="Lehm")
    assert http.post(f"{url}/api/best5", data=b"{", timeout=5).status_code == 400
    assert http.post(f"{url}/api/nonsense", json={"question": "S1"}, timeout=5).status_code == 404
    emulator.pool.stop()
    for _ in range(4):
        last = http.post(f"{url}/api/global_mean", json={"question": "S1"}, timeout=5)
    assert last.status_code == 503
    http.get(f"{url}/api/graceful_shutdown", timeout=5)
    assert http.post(f"{url}/api/global_mean", json={"question": "S1"}, timeout=5).status_code == 503
    found = read()
    for name, value in {
        "jobs_accepted_total{'statistic': 'best5'}": 2,
        "jobs_accepted_total{'statistic': 'global_mean'}": 3,
        "jobs_finished_total{'outcome': 'successful', 'statistic': 'best5'}": 1,
        "jobs_finished_total{'outcome': 'failed', 'statistic': 'best5'}": 1,
        "job_duration_seconds_count{'outcome': 'successful'}": 1,
        "job_duration_seconds_bucket{'le': '86400.0', 'outcome': 'successful'}": 1,
        "jobs_refused_total{'reason': 'invalid'}": 2,
        "jobs_refused_total{'reason': 'overloaded'}": 1,
        "jobs_refused_total{'reason': 'draining'}": 1,
        "jobs_open": 3,
        "jobs_open_limit": 3,
    }.items():
        assert found[f"statline_{name}"] == value, name
    assert 0 < found["statline_jobs_oldest_open_age_seconds"] < 60


def test_requests_are_timed_by_route_pattern_and_status(url: str, http: requests.Session, read: Read) -> None:
    """Text from a request never becomes a label."""
    for number in range(5):
        http.get(f"{url}/api/get_results/job_id_{number + 1}", timeout=5)
        http.post(f"{url}/api/made_up_{number}", json={}, timeout=5)
        http.get(f"{url}/nowhere/{number}", timeout=5)
    found = read()
    name = "statline_http_request_duration_seconds_count"
    assert found[name + "{'method': 'GET', 'route': '/api/get_results/{job_id}', 'status': '404'}"] == 5
    assert found[name + "{'method': 'POST', 'route': '/api/{statistic}', 'status': '404'}"] == 5
    assert not [one for one in found if "made_up" in one or "job_id_1" in one or "nowhere" in one]


def test_unknown_statistic_is_counted_as_other(emulator: Emulator, read: Read) -> None:
    emulator.store.create(job(900, statistic="from_the_future"))
    emulator.service.fail("job_id_900", "unknown")
    emulator.service.fail("job_id_900", "too late: counted by whoever came first")
    found = read()
    assert found["statline_jobs_finished_total{'outcome': 'failed', 'statistic': 'other'}"] == 1
    assert not [name for name in found if "from_the_future" in name]


def test_only_failures_that_no_question_caused_count_as_unprocessed(emulator: Emulator, read: Read) -> None:
    """An operator is told of these: a client may ask of an unknown state as often as it likes."""
    gone = {"dataset": "f" * 64, "inputs": {"question": "S1"}}
    asked = {"dataset": emulator.service.dataset(), "inputs": {"question": "no such"}}
    emulator.store.create(job(901, **gone), job(902, **asked), job(903, **asked))
    emulator.service.process("job_id_901")
    emulator.service.process("job_id_902")
    emulator.service.fail("job_id_903", "every attempt failed")
    assert read()["statline_jobs_unprocessed_total"] == 2


def test_health_is_ready_then_draining_then_degraded(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    well = http.get(f"{url}/health", timeout=5)
    assert (well.status_code, well.json()) == (200, {"status": "ready", "reasons": []})
    assert well.headers["Cache-Control"] == "no-store"
    http.get(f"{url}/api/graceful_shutdown", timeout=5)
    draining = http.get(f"{url}/health", timeout=5)
    assert (draining.status_code, draining.json()) == (200, {"status": "draining", "reasons": [DRAINING]})
    emulator.pool.stop()
    emulator.service.reopen()
    degraded = http.get(f"{url}/health", timeout=5)
    assert degraded.status_code == 503
    assert degraded.json() == {"status": "degraded", "reasons": ["1 of 1 runners do not run"]}


def test_health_without_data_set_or_store_is_503_with_the_reason(url: str, http: requests.Session) -> None:
    cloud = SimulatedCloud()
    cloud.table["#control"] = replace(cloud.table["#control"], dataset="")
    service = cloud.process().service
    get_service.use(lambda: service)
    unpublished = http.get(f"{url}/health", timeout=5)
    assert unpublished.status_code == 503
    assert "no data set is published" in unpublished.json()["reasons"][0]
    down = cloud.process().service
    get_service.use(lambda: down)
    cloud.steps.plan(0, cloud.steps.outage)
    unreachable = http.get(f"{url}/health", timeout=5)
    assert unreachable.status_code == 503
    assert unreachable.json()["reasons"] == ["the store does not answer (Fault)"]


def test_broken_results_folder_degrades_health_until_repaired(
    url: str, http: requests.Session, settings: LocalSettings, emulator: Emulator
) -> None:
    shutil.rmtree(settings.results)
    settings.results.write_text("in the way")
    assert ask(http, url, "best5", question="S1")["status"] == "done"
    emulator.service.reopen()  # so that it is looked at anew
    broken = http.get(f"{url}/health", timeout=5)
    assert (broken.status_code, broken.json()["status"]) == (503, "degraded")
    assert "results/" in broken.json()["reasons"][0]
    settings.results.unlink()
    emulator.service.reopen()
    assert http.get(f"{url}/health", timeout=5).json()["status"] == "ready"
