"""The runners: they survive everything, and try again."""

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from chalicelib.errors import Unavailable
from local.emulator import thread_pool
from local.emulator.thread_pool import ATTEMPTS, TURN_TASKS, Task, ThreadPool
from tests.support.processes import PROJECT


class Work:
    """What a pool is to do: counts tries, and fails those whose id says so."""

    def __init__(self, expected: int) -> None:
        self.tries: Counter[str] = Counter()
        self.ended: list[tuple[str, int, str]] = []
        self._left, self._lock, self._done = expected, threading.Lock(), threading.Event()

    def process(self, job_ids: Iterator[str]) -> None:
        for job_id in job_ids:
            self._process(job_id)

    def _process(self, job_id: str) -> None:
        with self._lock:
            self.tries[job_id] += 1
        if job_id.startswith("exit"):
            raise SystemExit(job_id)
        if job_id.startswith("bad") or (job_id.startswith("once") and self.tries[job_id] == 1):
            raise RuntimeError(job_id)
        self._count()

    def abandon(self, job_id: str, attempts: int, error: BaseException) -> None:
        if job_id == "bad-twice" and not self.ended:
            self.ended.append((job_id, attempts, "refused"))
            raise OSError("disk full")
        self.ended.append((job_id, attempts, type(error).__name__))
        self._count()

    def _count(self) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                self._done.set()

    def wait(self) -> None:
        assert self._done.wait(10), f"{self._left} tasks are left"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "FIRST_PAUSE", 0.0001)


def run(ids: list[str], threads: int = 3) -> Work:
    work = Work(len(ids))
    pool = ThreadPool(threads, work.process, work.abandon)
    pool.start()
    for job_id in ids:
        pool.add_task(job_id)
    work.wait()
    pool.stop()
    return work


def test_each_task_is_processed_once() -> None:
    ids = [f"job_id_{n}" for n in range(200)]
    assert run(ids).tries == Counter(ids)


def test_runner_survives_any_exception() -> None:
    work = run(["bad-1", "exit-1", "once-1", "job_id_1"], threads=1)
    # A turn of several that failed counts no attempt: each is tried again alone.
    assert work.tries["bad-1"] in (ATTEMPTS, ATTEMPTS + 1)
    assert work.tries["exit-1"] in (ATTEMPTS, ATTEMPTS + 1)
    assert sorted(work.ended) == [("bad-1", ATTEMPTS, "RuntimeError"), ("exit-1", ATTEMPTS, "SystemExit")]


def test_failure_that_cannot_be_stored_is_retried() -> None:
    assert [how for _, _, how in run(["bad-twice"]).ended] == ["refused", "RuntimeError"]


def test_pool_without_threads_keeps_tasks_queued() -> None:
    work = Work(1)
    pool = ThreadPool(0, work.process, work.abandon)
    pool.start()
    pool.add_task("job_id_1")
    pool.stop()
    assert pool.job_queue.qsize() == 1
    assert not work.tries


def test_stop_leaves_queued_tasks() -> None:
    begun, go, seen = threading.Event(), threading.Event(), []

    def process(job_ids: Iterator[str]) -> None:
        for job_id in job_ids:
            seen.append(job_id)
            begun.set()
            go.wait(5)

    pool = ThreadPool(1, process, lambda *_: None)
    pool.start()
    pool.add_task("job_id_1")
    pool.add_task("job_id_2")
    begun.wait(5)
    stopper = threading.Thread(target=pool.stop)
    stopper.start()
    pool.stopping.wait(5)
    go.set()
    stopper.join(5)
    assert not stopper.is_alive()
    assert seen == ["job_id_1"]


def test_storage_outage_counts_as_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "OUTAGE_PAUSE", 0.0001)
    tries, done = Counter[str](), threading.Event()

    def process(job_ids: Iterator[str]) -> None:
        [job_id] = job_ids
        tries[job_id] += 1
        if tries[job_id] <= 20:
            raise Unavailable("nothing can be stored now")
        raise RuntimeError(job_id)

    def abandon(job_id: str, attempts: int, error: BaseException) -> None:
        tries["ends"] += 1
        if tries["ends"] <= 20:
            raise Unavailable("nothing can be stored now")
        assert attempts == ATTEMPTS
        done.set()

    pool = ThreadPool(1, process, abandon)
    pool.start()
    pool.add_task("job_id_1")
    assert done.wait(10)
    pool.stop()
    assert tries == {"job_id_1": 20 + ATTEMPTS + 20, "ends": 21}


def test_stop_does_not_wait_for_a_slow_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "STOP_SECONDS", 0.1)
    begun, go = threading.Barrier(5), threading.Event()

    def process(job_ids: Iterator[str]) -> None:
        begun.wait(5)
        go.wait(60)

    pool = ThreadPool(4, process, lambda *_: None)
    pool.start()
    for number in range(4):
        pool.add_task(f"job_id_{number}")
    begun.wait(5)
    before = time.monotonic()
    pool.stop()
    assert 0.1 <= time.monotonic() - before < 5
    go.set()
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("TaskRunner"))


def test_job_is_retried_however_often_storing_its_failure_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "LONGEST_PAUSE", 0.0001)
    work = Work(1)
    pool = ThreadPool(1, work.process, work.abandon)
    pool.job_queue.put(Task("bad-twice", 5000))
    pool.start()
    work.wait()
    pool.stop()
    assert work.ended == [("bad-twice", 5000, "refused"), ("bad-twice", 5001, "RuntimeError")]


def test_stop_interrupts_a_retry_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "FIRST_PAUSE", 60)
    monkeypatch.setattr(thread_pool, "LONGEST_PAUSE", 60)
    begun = threading.Event()

    def process(job_id: str) -> None:
        begun.set()
        raise RuntimeError(job_id)

    pool = ThreadPool(1, process, lambda *_: None)
    pool.start()
    pool.add_task("job_id_1")
    begun.wait(5)
    stopper = threading.Thread(target=pool.stop, daemon=True)
    stopper.start()
    stopper.join(5)
    assert not stopper.is_alive()


FEW_THREADS = """
import resource
from local.emulator.thread_pool import ThreadPool

pool = ThreadPool(1000, print, print)
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + 100_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))  # the stack of a thread has 8 MB
try:
    pool.start()
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as on Linux")
def test_system_without_threads_for_the_runners_is_an_error_that_names_the_setting() -> None:
    completed = subprocess.run(
        [sys.executable, "-c", FEW_THREADS],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert completed.stdout.startswith("SystemLimit the system allows no more than ")
    assert "of the 1000 threads that TP_NUM_OF_THREADS asks for" in completed.stdout


class Turns:
    """Takes all ids of each turn, notes them, and fails turns with a bad id."""

    def __init__(self) -> None:
        self.turns: list[list[str]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def process(self, job_ids: Iterator[str]) -> None:
        turn = list[str]()
        self.turns.append(turn)
        for job_id in job_ids:
            turn.append(job_id)
            if job_id == "gate":
                self.begun.set()
                self.go.wait(5)
            if job_id.startswith("bad"):
                raise RuntimeError(job_id)


def turns_of(ids: list[str], expected: int, threads: int = 1) -> list[list[str]]:
    """Queue ids while the only free runner waits at a gate; return the turns that follow."""
    work, done = Turns(), threading.Event()

    def process(job_ids: Iterator[str]) -> None:
        work.process(job_ids)
        if len(work.turns) > expected:
            done.set()

    pool = ThreadPool(threads, process, lambda *_: done.set())
    pool.start()
    pool.add_task("gate")
    assert work.begun.wait(5)
    pool.add_tasks(ids)
    work.go.set()
    assert done.wait(5)
    pool.stop()
    return work.turns[1:]


def test_runner_takes_what_is_queued_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "TURN_SECONDS", 60)
    ids = [f"job_id_{number}" for number in range(TURN_TASKS + 5)]
    assert turns_of(ids, 2) == [ids[:TURN_TASKS], ids[TURN_TASKS:]]


def test_turn_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "TURN_SECONDS", 0)
    assert turns_of(["job_id_1", "job_id_2"], 2) == [["job_id_1"], ["job_id_2"]]


def test_task_of_a_failed_turn_is_tried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a bad job costs the others of its turn no attempt."""
    monkeypatch.setattr(thread_pool, "TURN_SECONDS", 60)
    monkeypatch.setattr(thread_pool, "LONGEST_PAUSE", 0.0001)
    turns = turns_of(["job_id_1", "bad", "job_id_2"], 99)
    assert turns[0] == ["job_id_1", "bad"]
    assert sorted(turns[1:4]) == [["bad"], ["job_id_1"], ["job_id_2"]]
    assert turns[4:] == [["bad"]] * (ATTEMPTS - 1)


def test_runner_leaves_others_their_share() -> None:
    pool = ThreadPool(4, lambda _: None, lambda *_: None)
    pool.add_tasks([f"job_id_{number}" for number in range(20)])
    assert pool.share() == 5
