"""The limit on open jobs, in one process and in several, and the Retry-After of a refusal."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.admission_control import DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER, Capacity
from chalicelib.errors import Overloaded

MAX_AGE = 5.0


class Processes:
    """Several processes that count the same open jobs, and their clock."""

    def __init__(self, limit: int, count: int = 1, max_age: float = 0.0) -> None:
        self.now, self.open = 100.0, 0
        self.counts = 0
        self.accepted: list[tuple[float, int]] = []  # the time and the process
        self.capacities = [Capacity(limit, self.count, max_age, clock=lambda: self.now) for _ in range(count)]

    def count(self) -> int:
        self.counts += 1
        return self.open

    def accept(self, process: int = 0) -> bool:
        try:
            with self.capacities[process].reserve():
                self.open += 1
        except Overloaded:
            return False
        self.accepted.append((self.now, process))
        return True


def test_job_beyond_limit_is_refused_until_one_finishes() -> None:
    processes = Processes(limit=3)
    assert [processes.accept() for _ in range(5)] == [True, True, True, False, False]
    processes.open -= 1
    assert [processes.accept() for _ in range(2)] == [True, False]


def test_failed_submission_frees_its_place() -> None:
    (capacity,) = Processes(limit=1).capacities
    for _ in range(3):
        with suppress(ZeroDivisionError), capacity.reserve():
            1 / 0  # noqa: B018 - an error of the store


def test_racing_threads_never_exceed_the_limit() -> None:
    created: list[int] = []
    capacity = Capacity(5, lambda: len(created))
    barrier = threading.Barrier(16)

    def attempt(number: int) -> bool:
        barrier.wait(5)
        try:
            with capacity.reserve():
                created.append(number)
        except Overloaded:
            return False
        return True

    for _ in range(50):
        created.clear()
        with ThreadPoolExecutor(16) as pool:
            accepted = sum(pool.map(attempt, range(16)))
        assert 0 < accepted == len(created) <= 5


def test_pending_job_counts_before_the_store_has_it() -> None:
    (capacity,) = Processes(limit=1).capacities
    with capacity.reserve(), pytest.raises(Overloaded), capacity.reserve():
        pass


steps = st.lists(
    st.sampled_from(["finish", "second", "period"]) | st.integers(0, 2), min_size=10, max_size=120
)


@given(steps, st.integers(1, 6))
def test_limit_is_exceeded_by_at_most_what_other_processes_accepted_since_the_count(
    steps: list[str | int], limit: int
) -> None:
    processes, periods = Processes(limit, count=3, max_age=MAX_AGE), 1
    for step in steps:
        if step == "finish":
            processes.open = max(0, processes.open - 1)
        elif step in ("second", "period"):
            processes.now += MAX_AGE if step == "period" else 1.0
            periods += 1
        elif processes.accept(step):
            others = sum(
                time > processes.now - MAX_AGE and process != step for time, process in processes.accepted
            )
            assert processes.open <= limit + others
    assert processes.counts <= 3 * periods


def test_count_is_reused_until_it_expires() -> None:
    processes = Processes(limit=2, max_age=MAX_AGE)
    assert [processes.accept() for _ in range(3)] == [True, True, False]
    processes.open, processes.now = 0, processes.now + MAX_AGE - 0.1
    assert not processes.accept()
    assert processes.counts == 1
    processes.now += 0.1

    assert processes.accept()
    assert processes.counts == 2


@pytest.mark.parametrize(
    ("seconds_per_job", "retry_after"), [(0.001, 1), (0.01, 1), (0.1, 5), (0.25, 13), (10.0, MAX_RETRY_AFTER)]
)
def test_retry_after_follows_the_recent_rate_of_completions(seconds_per_job: float, retry_after: int) -> None:
    processes = Processes(limit=1000)
    processes.open = 1000
    (capacity,) = processes.capacities
    for _ in range(200):
        capacity.record_completion()
        processes.now += seconds_per_job

    with (
        pytest.raises(Overloaded, match=f"1000 jobs are open.* {retry_after} s") as error,
        capacity.reserve(),
    ):
        pass
    assert error.value.retry_after == retry_after


def test_retry_after_without_completions_is_the_default() -> None:
    processes = Processes(limit=1)
    processes.accept()
    with pytest.raises(Overloaded) as error, processes.capacities[0].reserve():
        pass
    assert error.value.retry_after == DEFAULT_RETRY_AFTER


def test_places_of_a_batch_are_reserved_together_or_not_at_all() -> None:
    capacity = Capacity(5, lambda: 2)
    with pytest.raises(Overloaded), capacity.reserve(4):
        pass
    with capacity.reserve(3), pytest.raises(Overloaded), capacity.reserve():
        pass
    with capacity.reserve(3):
        pass
