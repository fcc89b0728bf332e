"""The last hour, minute by minute."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.observability.history import MINUTES, History


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def test_events_are_counted_in_their_minutes_and_forgotten_after_an_hour() -> None:
    clock = Clock()
    history = History(clock)
    history.count("accepted")
    history.count("accepted", 2)
    clock.now += 60
    history.count("finished")

    minutes = history.minutes("accepted", "finished")
    assert len(minutes) == MINUTES
    assert [(one["accepted"], one["finished"]) for one in minutes[-2:]] == [(3, 0), (0, 1)]
    assert minutes[-1]["minute"] == "2023-11-14T22:14Z"
    clock.now += 59 * 60
    assert sum(one["accepted"] for one in history.minutes("accepted")) == 0
    assert sum(one["finished"] for one in history.minutes("finished")) == 1


def test_percentiles_of_no_job_are_unknown() -> None:
    assert History().percentiles() == {"p50": None, "p95": None, "p99": None}


def test_durations_of_more_than_an_hour_ago_do_not_count() -> None:
    clock = Clock()
    history = History(clock)
    history.observe(500.0)
    clock.now += 3_601
    history.observe(0.002)

    assert history.percentiles() == {"p50": 0.002, "p95": 0.002, "p99": 0.002}


@given(st.lists(st.floats(0.001, 10_000), min_size=1, max_size=200))
def test_percentiles_are_nearest_ranks_to_five_percent(seconds: list[float]) -> None:
    history = History()
    for one in seconds:
        history.observe(one)

    for name, found in history.percentiles().items():
        exact = sorted(seconds)[math.ceil(len(seconds) * int(name[1:]) / 100) - 1]
        # Half of a class, and two digits.
        assert found == pytest.approx(exact, rel=0.08)
