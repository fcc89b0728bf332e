"""What is to be done later is, in the order of its times."""

import threading

import pytest

from chalicelib.application.callbacks import Wait
from local.emulator import delayed_queue
from local.emulator.delayed_queue import DelayedQueue
from tests.support.processes import until


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delayed_queue, "LIMIT", 1)
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


def test_host_that_failed_is_left_alone_until_its_pause_ends() -> None:
    """The second of two callbacks to it waits, although it is due."""
    begun: list[str] = []

    def process(job_id: str) -> Wait | None:
        begun.append(job_id)
        return Wait(3600.0 if len(begun) == 2 else 0.1, again=False)

    queue = DelayedQueue(process, host_of)
    queue.add_tasks(["host 1", "host 2", "host 3"])
    queue.start()
    until(lambda: len(begun) == 2 and not queue._in_flight)
    queue.stop()

    assert begun == ["host 1", "host 2"]
    assert queue.count_messages() == 1


def test_message_of_a_busy_host_comes_again() -> None:
    begun: list[str] = []

    def process(job_id: str) -> Wait | None:
        begun.append(job_id)
        return Wait(0.01, again=True) if len(begun) < 3 else None

    queue = DelayedQueue(process, host_of)
    queue.add_task("host 1")
    queue.start()
    until(lambda: not queue._lanes and len(begun) == 3)
    queue.stop()

    assert queue.count_messages() == 0


def test_first_attempts_at_100_silent_hosts_hold_up_no_other_host() -> None:
    """All of them are in flight when the good one is called."""
    go, silent, good = threading.Event(), [], threading.Event()

    def process(job_id: str) -> Wait | None:
        if job_id == "good":
            good.set()
            return None
        silent.append(job_id)
        go.wait(10)
        return Wait(3600.0, again=False)

    queue = DelayedQueue(process, host_of)
    queue.add_tasks([f"silent-{number}" for number in range(100)])
    queue.start()
    until(lambda: len(silent) == 100)
    queue.add_task("good")

    assert good.wait(2)
    go.set()
    queue.stop()


def test_hosts_that_failed_hold_only_part_of_the_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are: of 12, three are in flight, and a fourth place is free for the good one."""
    monkeypatch.setattr(delayed_queue, "LIMIT", 4)
    monkeypatch.setattr(delayed_queue, "FAILING_LIMIT", 3)
    go, again, failed, good = threading.Event(), [], set(), threading.Event()

    def process(job_id: str) -> Wait | None:
        if job_id == "good":
            good.set()
            return None
        host = host_of(job_id)
        if host in failed:
            again.append(host)
            go.wait(10)
        failed.add(host)
        return Wait(0.01, again=False)

    queue = DelayedQueue(process, host_of)
    queue.add_tasks([f"silent-{number} {turn}" for turn in range(2) for number in range(12)])
    queue.start()
    until(lambda: len(failed) == 12 and len(again) == 3)
    queue.add_task("good")

    assert good.wait(2)
    assert len(again) == 3
    go.set()
    until(lambda: len(again) == 12)
    queue.stop()


def test_callback_waits_when_no_thread_can_be_started(
    one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    queue, start = DelayedQueue(done.append, str), threading.Thread.start
    refused = iter([True])

    def full(thread: threading.Thread) -> None:
        if thread.name == "Callback" and next(refused, False):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", full)
    queue.start()
    queue.add_task("a")
    until(lambda: done == ["a"])
    queue.stop()


def test_failed_hosts_without_messages_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delayed_queue, "MANY", 10)
    done: list[str] = []

    def process(job_id: str) -> Wait:
        done.append(job_id)
        return Wait(3600.0, again=False)

    queue = DelayedQueue(process, str)
    queue.add_tasks([f"{number}" for number in range(50)])
    queue.start()
    until(lambda: len(done) == 50 and not queue._in_flight)
    queue.stop()

    assert len(queue._lanes) <= 10
