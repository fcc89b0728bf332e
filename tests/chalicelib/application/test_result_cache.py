"""The result cache."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.result_cache import ResultCache
from chalicelib.errors import UnknownState
from tests.support.samples import job
from tests.support.simulated import SimulatedClock

NOW = SimulatedClock()


def test_same_request_returns_the_cached_result() -> None:
    cache, calls = ResultCache(1000), []
    for number in (1, 2):
        cached = cache.get_or_compute(
            job(number), lambda: calls.append(1) or b"result", lambda number=number: number
        )
        assert cached == (b"result", "job_id_1", 1)
    assert len(calls) == 1


def test_fresh_request_is_computed_and_replaces_the_cached_result() -> None:
    cache = ResultCache(1000)
    for number in (1, 2):
        computed = cache.get_or_compute(job(number, fresh=True), lambda: b"result", NOW)
        assert computed.source == f"job_id_{number}"
    assert cache.get_or_compute(job(3), lambda: b"result", NOW).source == "job_id_2"
    assert cache.size < 1_000


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "e" * 64},
        {"statistic": "best5"},
        {"inputs": {"question": "Sand"}},
        {"inputs": {"question": "Humus", "state": "Bayern"}},
    ],
)
def test_other_inputs_statistic_or_data_set_are_computed(changes: dict[str, object]) -> None:
    cache = ResultCache(1000)
    assert cache.get_or_compute(job(1), lambda: b"first", NOW).result == b"first"
    assert cache.get_or_compute(job(2, **changes), lambda: b"second", NOW).result == b"second"


def test_error_is_raised_and_not_cached() -> None:
    cache = ResultCache(1000)

    def fail() -> bytes:
        raise UnknownState("Atlantis", ["Bayern"])

    with pytest.raises(UnknownState):
        cache.get_or_compute(job(1), fail, NOW)
    assert cache.get_or_compute(job(2), lambda: b"result", NOW).result == b"result"


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=50))
def test_cache_never_exceeds_its_limit_nor_mixes_results(requests: list[tuple[int, int]]) -> None:
    cache = ResultCache(2_000)
    for question, size in requests:
        expected = bytes([question]) * (size if question else 200)
        request = job(1, inputs={"question": f"{question} {size}"})
        assert cache.get_or_compute(request, lambda result=expected: result, NOW).result == expected
    assert cache.size <= 2_000


def test_long_inputs_count_as_the_result_does() -> None:
    cache = ResultCache(100_000)
    for number in range(50):
        request = job(number + 1, inputs={"question": f"{number}" * 5_000})
        cache.get_or_compute(request, lambda: b"1", NOW)
    assert 0 < cache.size <= 100_000
    assert cache.get_or_compute(request, lambda: b"2", NOW).result == b"1"


def test_result_beyond_the_limit_displaces_no_other() -> None:
    cache = ResultCache(3_000)
    cache.get_or_compute(job(1), lambda: b"small", NOW)
    cache.get_or_compute(job(2, statistic="best5"), lambda: b"x" * 5_000, NOW)
    assert cache.get_or_compute(job(3), lambda: b"new", NOW).result == b"small"
