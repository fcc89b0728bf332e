"""Known results in memory and in the store."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.job import Job
from chalicelib.application.known_results import KnownResults, computed_outcome, key_of
from chalicelib.application.ports import JobStore
from tests.support.samples import job
from tests.support.simulated import SimulatedClock, SimulatedStore

DAY_MS = 24 * 60 * 60 * 1000
FOR_EVER = float("inf")


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


def known_results(store: JobStore, clock: SimulatedClock, lifetime: float = FOR_EVER) -> KnownResults:
    return KnownResults(store, clock, lifetime)


def answered(known: KnownResults, new: Job) -> Job:
    [answered] = known.answered([new])
    return answered


def kept(store: JobStore, clock: SimulatedClock, result: bytes = b"[1,[]]") -> Job:
    """Store a job with a computed result, and return it."""
    outcome = computed_outcome(job(1), result, clock())
    store.create(job(1))
    store.finish(outcome)
    return outcome


def test_job_with_a_stored_result_is_finished_at_its_acceptance(
    store: JobStore, clock: SimulatedClock
) -> None:
    first = kept(store, clock)
    again = answered(known_results(store, clock), job(2, accepted=7_000))

    assert (again.result, again.digest, again.version) == (first.result, first.digest, 1)
    assert (again.source, again.computed) == ("job_id_1", first.finished)
    assert again.started == again.accepted == again.finished == 7_000


def test_fresh_job_is_not_answered(clock: SimulatedClock) -> None:
    store = SimulatedStore()
    kept(store, clock)
    new = job(2, fresh=True)
    assert answered(known_results(store, clock), new) is new


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "e" * 64},
        {"statistic": "best5"},
        {"inputs": {"question": "Sand"}},
        {"inputs": {"question": "Humus", "state": "Bayern"}},
    ],
)
def test_other_inputs_statistic_or_data_set_are_not_known(
    changes: dict[str, object], clock: SimulatedClock
) -> None:
    store = SimulatedStore()
    kept(store, clock)
    new = job(2, **changes)
    assert answered(known_results(store, clock), new) is new


def test_result_of_another_version_is_not_known(store: JobStore, clock: SimulatedClock) -> None:
    key = key_of(kept(store, clock))
    assert set(store.find_results([key, key._replace(version=2)])) == {key}


def test_each_key_of_a_batch_is_looked_up_once(clock: SimulatedClock) -> None:
    class CountedStore(SimulatedStore):
        keys = 0

        def find_results(self, keys: object) -> object:
            self.keys += len(keys)
            return super().find_results(keys)

    store = CountedStore()
    kept(store, clock)
    known = known_results(store, clock)
    known.answered([job(2), job(3), job(4, statistic="best5"), job(5, statistic="best5")])
    assert store.keys == 2
    known.answered([job(6)])
    assert store.keys == 2


@pytest.mark.parametrize(("age", "known"), [(0, True), (DAY_MS - 1, True), (DAY_MS, False)])
def test_job_refers_to_no_result_that_would_not_outlive_it(
    age: int, known: bool, clock: SimulatedClock
) -> None:
    """In memory and in the store alike: the worker then stores it anew."""
    store = SimulatedStore()
    outcome = kept(store, clock)
    in_memory = known_results(store, clock, DAY_MS)
    in_memory.remember(outcome)
    clock.now += age
    for results in (in_memory, known_results(store, clock, DAY_MS)):
        assert answered(results, job(2)).status.is_terminal is known


def test_reused_result_keeps_its_first_source_and_age(clock: SimulatedClock) -> None:
    store = SimulatedStore()
    outcome = kept(store, clock)
    known = known_results(store, clock)
    reused = answered(known, job(2))
    known.remember(reused)
    assert answered(known, job(3)).source == outcome.id


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=50))
def test_cache_never_exceeds_its_limit_nor_mixes_results(requests: list[tuple[int, int]]) -> None:
    clock, store = SimulatedClock(), SimulatedStore()
    known = KnownResults(store, clock, FOR_EVER, limit=2_000)
    for question, size in requests:
        expected = bytes([question]) * (size if question else 200)
        request = job(1, inputs={"question": f"{question} {size}"})
        known.remember(computed_outcome(request, expected, clock()))
        held = known.in_memory(key_of(request))
        assert held is None or held.result == expected
    assert known.size <= 2_000


def test_long_inputs_count_as_the_result_does(clock: SimulatedClock) -> None:
    known = KnownResults(SimulatedStore(), clock, FOR_EVER, limit=100_000)
    for number in range(50):
        request = job(number + 1, inputs={"question": f"{number}" * 5_000})
        known.remember(computed_outcome(request, b"1", clock()))
    assert 0 < known.size <= 100_000
    assert known.in_memory(key_of(request)) is not None


def test_result_beyond_the_limit_displaces_no_other(clock: SimulatedClock) -> None:
    known = KnownResults(SimulatedStore(), clock, FOR_EVER, limit=3_000)
    known.remember(computed_outcome(job(1), b"small", clock()))
    known.remember(computed_outcome(job(2, statistic="best5"), b"x" * 5_000, clock()))
    assert known.in_memory(key_of(job(3))) is not None


def test_failed_job_is_not_remembered(clock: SimulatedClock) -> None:
    store = SimulatedStore()
    known = known_results(store, clock)
    store.create(job(1))
    failed = store.finish(job(1).fail("no such state", now=9))
    known.remember(failed)
    assert known.find([key_of(job(2))]) == {key_of(job(2)): None}
    assert answered(known, replace(job(2))).status.is_terminal is False
