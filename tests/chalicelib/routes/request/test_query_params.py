"""Query parameters of lists."""

from types import SimpleNamespace
from typing import Any

import pytest
from chalice.app import MultiDict
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.job import JobStatus
from chalicelib.application.pagination import FOR_EVER, Filter, Position
from chalicelib.errors import InvalidRequest, UnknownStatistic
from chalicelib.routes.request.query_params import JOB_FILTERS, Query, cursor, interval, job_filter, position

SECOND = 1_769_860_800_000  # 2026-01-31T12:00:00Z


def read(given: dict[str, list[str]]) -> None:
    asked = query(**given)
    job_filter(asked)
    asked.limit()
    position(asked.value("cursor"))


def query(**given: list[str]) -> Query:
    request: Any = SimpleNamespace(query_params=MultiDict(given) if given else None)
    return Query(request, *JOB_FILTERS, "limit", "cursor")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Filter()),
        ({"type": ["process"]}, Filter()),
        ({"processID": ["best5", "worst5"]}, Filter(frozenset({"best5", "worst5"}))),
        ({"processID": ["best5,worst5"]}, Filter(frozenset({"best5", "worst5"}))),
        (
            {"status": ["failed", "accepted,running"]},
            Filter(statuses=frozenset({JobStatus.FAILED, JobStatus.ACCEPTED, JobStatus.RUNNING})),
        ),
        ({"minDuration": ["2"], "maxDuration": ["0"]}, Filter(shortest=2000, longest=0)),
        ({"datetime": ["2026-01-31T12:00:00Z/.."]}, Filter(earliest=SECOND)),
    ],
)
def test_filters_are_read_repeated_or_separated_by_commas(
    given: dict[str, list[str]], expected: Filter
) -> None:
    assert job_filter(query(**given)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, (0, FOR_EVER)),
        ("2026-01-31T12:00:00Z", (SECOND, SECOND)),
        ("2026-01-31t12:00:00z", (SECOND, SECOND)),
        ("2026-01-31T12:00:00.0015Z", (SECOND + 2, SECOND + 1)),
        ("2026-01-31T13:00:00+01:00", (SECOND, SECOND)),
        ("2026-01-31T13:00:00 01:00", (SECOND, SECOND)),
        ("2026-01-31T12:00:00Z/2026-01-31T12:00:01Z", (SECOND, SECOND + 1000)),
        ("../2026-01-31T12:00:00Z", (0, SECOND)),
        ("/2026-01-31T12:00:00Z", (0, SECOND)),
        ("2026-01-31T12:00:00Z/", (SECOND, FOR_EVER)),
    ],
)
def test_datetime_is_an_instant_or_an_interval(text: str | None, expected: tuple[int, int]) -> None:
    """An interval begins and ends at the milliseconds that lie inside it."""
    assert interval(text) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"limit": ["0"]},
        {"limit": ["-1"]},
        {"limit": ["ten"]},
        {"limit": ["٣"]},
        {"limit": ["1", "2"]},
        {"minDuration": ["1.5"]},
        {"maxDuration": ["-1"]},
        {"type": ["openEO"]},
        {"status": ["done"]},
        {"status": [""]},
        {"processid": ["best5"]},
        {"datetime": ["yesterday"]},
        {"datetime": ["2026-01-31"]},
        {"datetime": ["2026-02-30T12:00:00Z"]},
        {"datetime": [".."]},
        {"datetime": ["../.."]},
        {"datetime": ["/"]},
        {"datetime": ["2026-01-31T12:00:00Z/2026-01-31T12:00:00Z/.."]},
        {"cursor": ["junk"]},
        {"cursor": ["ÿ"]},
        {"cursor": [""]},
        {"cursor": ["MQ"]},
    ],
)
def test_invalid_parameter_is_refused_and_named(given: dict[str, list[str]]) -> None:
    (name,) = given
    with pytest.raises(InvalidRequest, match=f'"{name}"'):
        read(given)


def test_unknown_process_is_refused() -> None:
    """An empty list would say that the process has no jobs."""
    with pytest.raises(UnknownStatistic, match="median"):
        job_filter(query(processID=["best5,median"]))


@pytest.mark.parametrize(("given", "limit"), [({}, 10), ({"limit": ["7"]}, 7), ({"limit": ["99999"]}, 1000)])
def test_limit_is_10_by_default_and_1000_at_most(given: dict[str, list[str]], limit: int) -> None:
    assert query(**given).limit() == limit


@given(st.integers(0, 10**15), st.integers(1, 10**17))
def test_cursor_converts_back_to_its_position(accepted: int, number: int) -> None:
    assert position(cursor(Position(accepted, number))) == (accepted, number)
