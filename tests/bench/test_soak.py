"""A short soak: that it measures, judges, stops and leaves nothing behind."""

import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from bench.soak import KEPT, Sample, table, verdicts
from local.settings import PROJECT
from tests.support.processes import until

GOOD = Sample(
    minutes=1.0,
    jobs=1000,
    errors=0,
    jobs_a_second=10.0,
    p50_ms=1.0,
    p99_ms=2.0,
    memory_mb=200.0,
    descriptors=20,
    threads=6,
    results=KEPT,
    journal_mb=1.0,
    logs_mb=1.0,
)


def soak(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.soak", "--every", "0.5", *options]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def test_a_number_of_jobs_ends_it() -> None:
    """Every one answered right, and the samples printed."""
    with soak("--jobs", "100", "--minutes", "5") as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "jobs_a_second" in said
    assert "jobs answered right, 0 not" in said


def test_ctrl_c_ends_it() -> None:
    """With what was found so far; the server ends too."""
    with soak("--minutes", "5") as process:
        until(psutil.Process(process.pid).children, seconds=30)
        servers = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert "descriptors" in said
    assert not any(server.is_running() for server in servers)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"errors": 1}, "not"),
        ({"memory_mb": 260.0}, "memory"),
        ({"descriptors": 40}, "descriptors"),
        ({"threads": 7}, "threads"),
        ({"results": KEPT + 200}, "results/"),
        ({"journal_mb": 20.0}, "journal"),
        ({"logs_mb": 50.0}, "logs"),
    ],
)
def test_what_grows_is_named(change: dict[str, float], named: str) -> None:
    """Against the moment when 1,000 jobs were done; a good soak has nothing to name."""
    later = replace(GOOD, jobs=5000)
    assert [text for good, text in verdicts([GOOD, later]) if not good] == []
    bad = [text for good, text in verdicts([GOOD, replace(later, **change)]) if not good]
    assert len(bad) == 1
    assert named in bad[0]


@pytest.mark.parametrize("count", [1, 19, 20, 21, 59, 400])
def test_the_table_ends_with_the_last_sample(count: int) -> None:
    """And is short, however long it took."""
    rows = table([replace(GOOD, jobs=number) for number in range(count)]).splitlines()
    assert len(rows) <= 42
    assert rows[-1].split()[1] == str(count - 1)
