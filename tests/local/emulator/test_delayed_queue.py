"""What is to be done later is, in the order of its times."""

import threading

import pytest

from local.emulator import delayed_queue
from local.emulator.delayed_queue import DelayedQueue
from tests.support.processes import until


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delayed_queue, "THREADS", 1)
    monkeypatch.setattr(delayed_queue, "PAUSE_SECONDS", 0.01)


def test_tasks_run_in_order_of_their_times_and_not_before(one_thread: None) -> None:
    done: list[str] = []
    queue = DelayedQueue(done.append, str)
    for job_id, delay in (("c", 0.3), ("b", 0.1), ("never", 3600.0), ("a", 0.0)):
        queue.add_task(job_id, delay)
    queue.start()
    until(lambda: len(done) == 3)
    queue.stop()
    assert done == ["a", "b", "c"]


def test_failed_task_is_retried_and_does_not_block_others(one_thread: None) -> None:
    done: list[str] = []

    def process(job_id: str) -> None:
        done.append(job_id)
        if done.count("a") < 3:
            raise OSError("a fault of ours")

    queue = DelayedQueue(process, str)
    queue.add_tasks(["a"])
    queue.start()
    until(lambda: done.count("a") == 3)
    queue.add_task("b")
    until(lambda: "b" in done)
    queue.stop()


def test_stop_waits_for_the_running_task_and_starts_no_other(one_thread: None) -> None:
    entered, go, done = threading.Event(), threading.Event(), []

    def process(job_id: str) -> None:
        entered.set()
        go.wait(5)
        done.append(job_id)

    queue = DelayedQueue(process, str)
    queue.start()
    queue.add_tasks(["a", "b"])
    assert entered.wait(5)
    threading.Timer(0.1, go.set).start()
    queue.stop()
    assert done == ["a"]


def host_of(job_id: str) -> str:
    return job_id.partition(" ")[0]


def test_silent_host_has_one_attempt_in_flight_and_delays_no_other_host() -> None:
    """Of 100 callbacks to it, one is begun when the good one arrives."""
    go, silent, good = threading.Event(), [], threading.Event()

    def process(job_id: str) -> None:
        if job_id == "good":
            good.set()
        else:
            silent.append(job_id)
            go.wait(5)

    queue = DelayedQueue(process, host_of)
    queue.add_tasks([f"silent {number}" for number in range(100)])
    queue.start()
    until(lambda: silent)
    queue.add_task("good")

    assert good.wait(2)
    assert silent == ["silent 0"]
    go.set()
    queue.stop()


def test_callbacks_of_a_host_follow_each_other_in_order() -> None:
    done: list[str] = []
    queue = DelayedQueue(done.append, host_of)
    queue.add_tasks(ids := [f"host {number:02}" for number in range(50)])
    queue.start()
    until(lambda: len(done) == 50)
    queue.stop()

    assert done == ids
    assert queue._lanes == {}


def test_pause_of_a_failing_host_doubles_up_to_a_maximum_and_ends_with_a_success() -> None:
    lane, pauses = delayed_queue.Lane(), []
    for _ in range(7):
        lane.failed = True
        lane.end(now=100.0)
        pauses.append(lane.ready - 100.0)
    lane.end(now=100.0)

    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert (lane.ready, lane.failures) == (100.0, 0)


def test_host_that_failed_is_left_alone_until_it_is_ready() -> None:
    """The second of two callbacks to it waits, although it is due."""
    begun: list[str] = []

    def process(job_id: str) -> None:
        begun.append(job_id)
        if len(begun) == 1:
            queue.add_task(job_id, 3600.0)

    queue = DelayedQueue(process, host_of)
    queue.add_tasks(["host 1", "host 2"])
    queue.start()
    until(lambda: len(queue._due) == 2)
    assert begun == ["host 1"]
    until(lambda: len(begun) == 2)
    queue.stop()

    assert begun == ["host 1", "host 2"]
