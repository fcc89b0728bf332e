"""Many times more questions than the server can compute, for STATLINE_STORM_SECONDS."""

import os

import pytest

from bench.storm import storm

SECONDS = float(os.environ.get("STATLINE_STORM_SECONDS", "2"))


def test_every_job_accepted_in_a_storm_gets_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    report = storm(SECONDS, times=20)

    with capsys.disabled():
        print(f"\n{report}")
    assert report.lost == []
    assert report.tally.kinds["odd"] == report.polled.wrong == 0
    assert report.tally.kinds["accepted"] > 0
    assert report.offered > report.capacity, "that was no storm"
    assert report.polled.seconds, "no job was polled meanwhile"
