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
    queue = DelayedQueue(done.append)
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

    queue = DelayedQueue(process)
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

    queue = DelayedQueue(process)
    queue.start()
    queue.add_tasks(["a", "b"])
    assert entered.wait(5)
    threading.Timer(0.1, go.set).start()
    queue.stop()
    assert done == ["a"]
