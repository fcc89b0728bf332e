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
    assert cache.size == len(b"result")


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
    cache = ResultCache(100)
    for question, size in requests:
        expected = bytes([question]) * (size if question else 200)
        request = job(1, inputs={"question": f"{question} {size}"})
        assert cache.get_or_compute(request, lambda result=expected: result, NOW).result == expected
    assert cache.size <= 100
