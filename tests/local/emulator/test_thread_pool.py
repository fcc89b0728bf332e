"""The runners: they survive everything, and try again."""

import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from chalicelib.errors import Unavailable
from local.emulator import thread_pool
from local.emulator.thread_pool import ATTEMPTS, Task, ThreadPool
from tests.support.processes import PROJECT


class Work:
    """What a pool is to do: counts tries, and fails those whose id says so."""

    def __init__(self, expected: int) -> None:
        self.tries: Counter[str] = Counter()
        self.ended: list[tuple[str, int, str]] = []
        self._left, self._lock, self._done = expected, threading.Lock(), threading.Event()

    def process(self, job_id: str) -> None:
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
    assert work.tries == {"bad-1": ATTEMPTS, "exit-1": ATTEMPTS, "once-1": 2, "job_id_1": 1}
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

    def process(job_id: str) -> None:
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

    def process(job_id: str) -> None:
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

    def process(job_id: str) -> None:
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
