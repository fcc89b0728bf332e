"""Doubts about a data set over real HTTP, and in the log of the start."""

import json
from pathlib import Path

import pytest
import requests

from local.emulator.emulator import Emulator
from local.settings import LocalSettings

DOUBT = '"Total" seems a total, and counts as a location: "drop": {"State": ["Total"]} leaves its rows out'
FACTS = {"title": "t", "columns": {"question": "Q", "location": "State", "value": "V"}}


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    """A data set with a total, described by a file elsewhere."""
    (tmp_path / "rows.CSV").write_text("Q;State;V\nq;Québec;1\nq;Total;9\n")
    (tmp_path / "mine.json").write_text(json.dumps(FACTS))
    return LocalSettings.from_environ(
        {
            "STATLINE_HOME": str(tmp_path / "home"),
            "STATLINE_DATASET": str(tmp_path / "rows.CSV"),
            "STATLINE_DESCRIPTION": str(tmp_path / "mine.json"),
            "STATLINE_REPLICA": "no",
        }
    )


def test_doubt_is_in_health_and_on_the_landing_page(url: str, http: requests.Session) -> None:
    health = http.get(f"{url}/health", timeout=5)
    assert (health.status_code, health.json()) == (
        200,
        {"status": "ready", "reasons": [], "warnings": [DOUBT]},
    )
    landing = http.get(f"{url}/", headers={"Accept": "application/json"}, timeout=5).json()
    assert landing["dataset"]["warnings"] == [DOUBT]


def test_start_logs_the_description_and_the_doubt_each_time(
    settings: LocalSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):  # the second reads the snapshot
        emulator = Emulator(settings)
        emulator.start()
        emulator.stop()
        logged = capsys.readouterr().out
        assert f"{settings.dataset} is described by {settings.description}" in logged
        assert f"{settings.dataset}: {DOUBT}" in logged


@pytest.mark.parametrize("name", ["Québec", "Que\u0301bec"])
def test_state_is_found_in_either_form_of_its_accents(url: str, http: requests.Session, name: str) -> None:
    inputs = {"inputs": {"question": "q", "state": name}}
    answer = http.post(f"{url}/processes/state_mean/execution", json=inputs, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"Québec": 1.0})
