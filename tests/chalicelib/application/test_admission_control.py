"""The limit on open jobs: exact alone, passed by a stated number among others, waiting told by the pace."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.admission_control import MAX_RETRY_AFTER, DEFAULT_RETRY_AFTER, Capacity
from chalicelib.errors import Overloaded

MAX_AGE = 5.0


class World:
    """Open jobs that several processes count, and a clock."""

    def __init__(self, limit: int, processes: int = 1, max_age: float = 0.0) -> None:
        self.now, self.open = 100.0, 0
        self.counts = 0
        self.accepted: list[tuple[float, int]] = []  # when, and by which process
        self.processes = [
            Capacity(limit, self.count, max_age, clock=lambda: self.now) for _ in range(processes)
        ]

    def count(self) -> int:
        self.counts += 1
        return self.open

    def accept(self, process: int = 0) -> bool:
        try:
            with self.processes[process].reserve():
                self.open += 1
        except Overloaded:
            return False
        self.accepted.append((self.now, process))
        return True


def test_up_to_the_limit_and_no_further() -> None:
    """One that ends makes room for one."""
    world = World(limit=3)
    assert [world.accept() for _ in range(5)] == [True, True, True, False, False]
    world.open -= 1
    assert [world.accept() for _ in range(2)] == [True, False]


def test_one_that_failed_keeps_no_place() -> None:
    """However often it is tried."""
    (capacity,) = World(limit=1).processes
    for _ in range(3):
        with suppress(ZeroDivisionError), capacity.reserve():
            1 / 0  # noqa: B018 - what a store might do


def test_threads_that_race_never_pass_the_limit() -> None:
    """Sixteen at once for five places, each job counted only after a while."""
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


def test_a_pending_job_holds_its_place() -> None:
    """Before the store knows of it."""
    (capacity,) = World(limit=1).processes
    with capacity.reserve(), pytest.raises(Overloaded), capacity.reserve():
        pass


steps = st.lists(
    st.sampled_from(["finish", "second", "period"]) | st.integers(0, 2), min_size=10, max_size=120
)


@given(steps, st.integers(1, 6))
def test_among_others_the_limit_is_passed_by_no_more_than_they_accepted(
    steps: list[str | int], limit: int
) -> None:
    """In the time that a count is kept; and one process counts no more often than that."""
    world, periods = World(limit, processes=3, max_age=MAX_AGE), 1
    for step in steps:
        if step == "finish":
            world.open = max(0, world.open - 1)
        elif step in ("second", "period"):
            world.now += MAX_AGE if step == "period" else 1.0
            periods += 1
        elif world.accept(step):
            others = sum(at > world.now - MAX_AGE and by != step for at, by in world.accepted)
            assert world.open <= limit + others
    assert world.counts <= 3 * periods


def test_the_count_is_kept_for_its_time() -> None:
    """What is accepted here is added to it; what ended elsewhere is seen when it is old."""
    world = World(limit=2, max_age=MAX_AGE)
    assert [world.accept() for _ in range(3)] == [True, True, False]
    world.open, world.now = 0, world.now + MAX_AGE - 0.1
    assert not world.accept()
    assert world.counts == 1
    world.now += 0.1
    assert world.accept()
    assert world.counts == 2


@pytest.mark.parametrize(
    ("seconds_each", "wait"), [(0.001, 1), (0.01, 1), (0.1, 5), (0.25, 13), (10.0, MAX_RETRY_AFTER)]
)
def test_who_is_refused_is_told_to_wait_by_the_pace(seconds_each: float, wait: int) -> None:
    """Until a twentieth of the places is free again, within reason."""
    world = World(limit=1000)
    world.open = 1000
    (capacity,) = world.processes
    for _ in range(200):
        capacity.record_completion()
        world.now += seconds_each
    with pytest.raises(Overloaded, match=f"1000 jobs are open.* {wait} s") as refused, capacity.reserve():
        pass
    assert refused.value.retry_after == wait


def test_without_a_pace_the_wait_is_the_usual() -> None:
    """As long as a count is kept."""
    world = World(limit=1)
    world.accept()
    with pytest.raises(Overloaded) as refused, world.processes[0].reserve():
        pass
    assert refused.value.retry_after == DEFAULT_RETRY_AFTER == MAX_AGE


def test_several_places_at_once() -> None:
    """All of them, or none."""
    capacity = Capacity(5, lambda: 2)
    with pytest.raises(Overloaded), capacity.reserve(4):
        pass
    with capacity.reserve(3), pytest.raises(Overloaded), capacity.reserve():
        pass
    with capacity.reserve(3):
        pass
