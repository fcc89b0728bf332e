"""Servers are started as people start them, and leave nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import survey
from bench.children import child, peak_mb
from bench.closed_loop import drive
from bench.round_trips import of_rounds, one_turn
from bench.servers import FLOOR, KINDS, MAKE_RUN, clean_environment, command, serving
from local.settings import SAMPLE
from tests.support.samples import write_soil

HEAVY = ["boto3", "matplotlib", "moto", "numpy", "pandas", "polars"]
LEAN = f"import sys, bench.__main__; print(sorted(set({HEAVY}) & set(sys.modules)))"


def test_the_floor_answers_constants(tmp_path: Path) -> None:
    """To any question, without a data set."""
    with serving(FLOOR, SAMPLE) as server:
        assert server.first_answer("global_mean", {"question": "nothing"}) > 0
        outcome = drive(server.url, 2, [("nothing", "nowhere")], jobs=20)
        assert (len(outcome.latencies), outcome.errors) == (20, 0)
        pid = server.process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_service_is_measured_as_it_is(tmp_path: Path) -> None:
    """Every job answered, in a home that is given, so that a second start finds its snapshot."""
    csv, home = write_soil(tmp_path), tmp_path / "home"
    rows = one_turn(MAKE_RUN, csv, survey.usable_pairs(csv), clients=[1, 2], seconds=0.2, seed=1)
    assert [(row["clients"], row["errors"]) for row in rows] == [(1, 0), (2, 0)]
    assert all(row["jobs"] > 0 for row in rows)
    with serving(MAKE_RUN, csv, home) as server:
        server.first_answer("global_mean", {"question": "Humus"})
    assert len(list(home.glob(".statline/snapshots/*.snapshot"))) == 1


def test_errors_of_all_rounds_count() -> None:
    """Other figures are the rounds' medians."""
    rounds = [{"jobs_per_s": speed, "errors": errors} for speed, errors in ((10.0, 0), (30.0, 1), (20.0, 0))]
    assert of_rounds(rounds) == {"jobs_per_s": 20.0, "errors": 1}


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    """At once, not after the longest wait."""
    with (
        serving(MAKE_RUN, tmp_path / "nowhere.csv") as server,
        pytest.raises(SystemExit, match=r"nowhere\.csv"),
    ):
        server.first_answer("global_mean", {"question": "Humus"})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_command_with_its_port(kind: str) -> None:
    """The port that is measured at."""
    assert "12345" in command(kind, SAMPLE, 12345)


def test_settings_of_the_person_who_measures_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Defaults are measured."""
    for name in ("STATLINE_LOG_LEVEL", "TP_NUM_OF_THREADS", "PORT"):
        monkeypatch.setenv(name, "1")
    assert not {"STATLINE_LOG_LEVEL", "TP_NUM_OF_THREADS", "PORT"} & set(clean_environment())
    assert os.environ["PATH"] == clean_environment()["PATH"]


def test_who_starts_the_measurements_is_lean() -> None:
    """Its peak of memory would be its children's."""
    done = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_child_measures_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Here an engine on a small file, with a peak that holds pandas; a child that fails says why."""
    path = survey.generated(tmp_path, 200)
    found = child("bench.ingest", "--engine", "pandas", path, path)
    assert found["totals"][1] + found["totals"][2] == 200
    assert 40 < found["peak_mb"] < 1000
    assert found["seconds"] < 10
    assert peak_mb() > 10
    with pytest.raises(SystemExit, match="FileNotFoundError"):
        child("bench.ingest", "--engine", "pandas", tmp_path / "none.csv", path)


def test_generated_files_have_the_rows_asked_for(tmp_path: Path) -> None:
    """And are made once."""
    path = survey.generated(tmp_path, 300)
    assert survey.count_rows(path) == 300
    assert survey.described(path).synthetic
    before = path.stat().st_mtime_ns
    assert survey.generated(tmp_path, 300) == path
    assert path.stat().st_mtime_ns == before
    assert survey.count_rows(SAMPLE) == 18_000


def test_usable_pairs_have_a_value(tmp_path: Path) -> None:
    """Suppressed rows alone do not make one."""
    assert survey.usable_pairs(write_soil(tmp_path)) == [
        ("Humus", "Bayern"),
        ("Humus", "Hessen"),
        ("Sand", "Bayern"),
    ]
