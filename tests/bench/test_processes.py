"""Measured servers start by their documented commands and leave no process or folder."""

import os
from pathlib import Path

import pytest

from bench import survey
from bench.processes import (
    CELERY,
    KINDS,
    MAKE_RUN,
    available,
    command,
    default_environment,
    fresh,
    missing,
    peak_mb,
    serving,
)
from bench.servers import of_rounds, one_turn
from local.settings import SAMPLE
from tests.support.samples import write_soil


def test_service_finishes_every_job_of_a_turn(tmp_path: Path) -> None:
    rows = one_turn(MAKE_RUN, write_soil(tmp_path), clients=[1, 2], seconds=0.2, seed=1)
    assert [(row["questions"], row["clients"], row["errors"]) for row in rows] == [
        ("natural mix", 1, 0),
        ("natural mix", 2, 0),
        ("fresh", 1, 0),
        ("fresh", 2, 0),
    ]
    assert all(row["jobs"] > 0 for row in rows)


def test_server_ends_with_its_block_and_its_home_stays(tmp_path: Path) -> None:
    csv, home = write_soil(tmp_path), tmp_path / "home"
    with serving(MAKE_RUN, csv, home) as server:
        assert server.first_result("global_mean", {"question": "Humus"}) > 0
        assert server.memory() > 10
        pid = server.process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert len(list(home.glob(".statline/snapshots/*.snapshot"))) == 1


def test_errors_of_all_rounds_count() -> None:
    rounds = [
        {"questions": "fresh", "server": "make run", "clients": 8, "jobs/s": speed, "errors": errors}
        for speed, errors in ((10.0, 0), (30.0, 1), (20.0, 0))
    ]
    assert of_rounds(rounds) == [
        {"questions": "fresh", "server": "make run", "clients": 8, "jobs/s": 20.0, "errors": 1}
    ]


def test_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        serving(MAKE_RUN, tmp_path / "nowhere.csv") as server,
        pytest.raises(SystemExit, match=r"nowhere\.csv"),
    ):
        server.first_result("global_mean", {"question": "Humus"})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_server_listens_on_the_given_port(kind: str) -> None:
    assert "12345" in command(kind, SAMPLE, 12345)


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_celery_finishes_every_job_of_a_turn(tmp_path: Path) -> None:
    rows = one_turn(CELERY, write_soil(tmp_path), clients=[2], seconds=0.2, seed=1)
    assert [row["errors"] for row in rows] == [0, 0]
    assert all(row["jobs"] > 0 for row in rows)


def test_celery_that_is_missing_is_left_out_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "no redis-server here" in missing()
    assert available() == [kind for kind in KINDS if kind != CELERY]


def test_settings_of_this_shell_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATLINE_LOG_LEVEL", "TP_NUM_OF_THREADS", "PORT"):
        monkeypatch.setenv(name, "1")
    assert not {"STATLINE_LOG_LEVEL", "TP_NUM_OF_THREADS", "PORT"} & set(default_environment())
    assert os.environ["PATH"] == default_environment()["PATH"]


def test_fresh_interpreter_measures_only_its_own_peak(tmp_path: Path) -> None:
    path = survey.generated(tmp_path, 200)
    figures = fresh("bench.ingest", "run", "pandas", path, path)
    assert figures["totals"][1] + figures["totals"][2] == 200
    assert 40 < figures["peak MB"] < 1000
    assert peak_mb() > 10


def test_failure_in_a_fresh_interpreter_says_why(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="FileNotFoundError"):
        fresh("bench.ingest", "run", "pandas", tmp_path / "none.csv", tmp_path / "none.csv")


def test_generated_file_has_the_rows_and_is_written_once(tmp_path: Path) -> None:
    path = survey.generated(tmp_path, 300)
    written = path.stat().st_mtime_ns
    assert len(path.read_text().splitlines()) == 301
    assert survey.described(path).synthetic
    assert survey.generated(tmp_path, 300).stat().st_mtime_ns == written


def test_usable_pairs_have_a_value(tmp_path: Path) -> None:
    pairs = survey.usable_pairs(write_soil(tmp_path))
    assert pairs == [("Humus", "Bayern"), ("Humus", "Hessen"), ("Sand", "Bayern")]
