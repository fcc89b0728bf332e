"""A short soak: that it measures, judges, stops and leaves nothing behind."""

import signal
import subprocess
import sys

import pandas as pd
import psutil
import pytest

from bench.soak import KEPT, verdicts
from local.settings import PROJECT
from tests.support.processes import until

GOOD: dict[str, float] = {
    "minutes": 1.0,
    "jobs": 1000,
    "errors": 0,
    "memory_mb": 200.0,
    "descriptors": 20,
    "threads": 6,
    "results": KEPT,
    "store_mb": 1.0,
    "logs_mb": 1.0,
}


def soak(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.soak", "--every", "0.5", *options]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def bad(change: dict[str, float]) -> list[str]:
    samples = pd.DataFrame([GOOD, GOOD | {"jobs": 5000} | change])
    return [text for good, text in verdicts(samples) if not good]


def test_soak_of_some_jobs_prints_samples_and_verdicts() -> None:
    with soak("--jobs", "100", "--minutes", "5") as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "jobs_a_second" in output
    assert "jobs with the right result, 0 without" in output


def test_ctrl_c_ends_the_soak_and_its_server() -> None:
    with soak("--minutes", "5") as process:
        until(psutil.Process(process.pid).children, seconds=30)
        servers = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=120)
    assert "descriptors" in output
    assert not any(server.is_running() for server in servers)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"errors": 1}, "without"),
        ({"memory_mb": 260.0}, "memory_mb"),
        ({"descriptors": 40}, "descriptors"),
        ({"threads": 7}, "threads"),
        ({"results": KEPT + 200}, "results"),
        ({"store_mb": 50.0}, "store_mb"),
        ({"logs_mb": 50.0}, "logs_mb"),
    ],
)
def test_growth_is_named_in_a_verdict(change: dict[str, float], verdict: str) -> None:
    assert bad({}) == []
    (text,) = bad(change)
    assert verdict in text
