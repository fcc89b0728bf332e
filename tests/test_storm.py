"""Many times more questions than can be answered; STATLINE_STORM_SECONDS sets for how long."""

import os

import pytest

from bench.storm import storm

SECONDS = float(os.environ.get("STATLINE_STORM_SECONDS", "2"))


def test_a_storm_costs_nothing_that_was_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    """Every accepted id has its own answer in the end and none but that before; the rest was told to wait."""
    report = storm(SECONDS, times=20)
    with capsys.disabled():
        print(f"\n{report}")
    assert report.lost == []
    assert report.told.kinds["odd"] == report.polled.wrong == 0
    assert report.told.kinds["accepted"] > 0
    assert report.offered > report.capacity, "that was no storm"
    assert report.polled.seconds, "nothing was polled meanwhile"
