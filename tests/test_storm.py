"""More questions than the service takes, for STATLINE_STORM_SECONDS."""

import os
import re
from collections import Counter

import pytest

from bench.storm import PROMISED, Poller, Report, Tally, storm
from tests.support.processes import PROJECT

SECONDS = float(os.environ.get("STATLINE_STORM_SECONDS", "2"))


def test_every_job_accepted_in_a_storm_gets_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    """Other tests share the machine: a storm that they make too weak is tried again, twice."""
    for _ in range(3):
        report = storm(SECONDS, times=20)
        with capsys.disabled():
            print(f"\n{report}")
        assert report.lost == []
        assert report.tally.kinds["odd"] == report.polled.wrong == 0
        assert report.tally.kinds["accepted"] > 0
        assert report.tally.kinds["refused"] > 0
        assert report.polled.seconds, "no job was polled meanwhile"
        if report.times >= PROMISED:
            break
    assert report.times >= PROMISED, "this machine could not offer the storm that docs/ promises"
    assert not report.failed


def test_storm_promises_what_the_guarantees_say() -> None:
    text = (PROJECT / "docs" / "explanation" / "guarantees.md").read_text()
    [times] = re.findall(r"a storm of at least ([0-9.]+) times what the service takes", text)
    assert float(times) == PROMISED


@pytest.mark.parametrize(("offered", "failed"), [(149.0, True), (150.0, False)])
def test_storm_that_offered_less_than_promised_fails_and_says_how_much(offered: float, failed: bool) -> None:
    tally = Tally(kinds=Counter(accepted=1000, refused=1))
    report = Report(500.0, 10_000.0, offered, 10.0, tally, [], Poller())

    assert report.failed is failed
    assert f"offered       {offered:.0f} questions/s, 1.5 times what it took (1.5 are promised)" in str(
        report
    )
