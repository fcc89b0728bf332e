"""The worker threads that play the Lambda workers: ThreadPool, TaskRunner and their job_queue."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from chalicelib.errors import SystemLimit, Unavailable
from chalicelib.observability import trace

# As SQS is set up in the cloud: a job that fails this often is given up.
ATTEMPTS = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
OUTAGE_PAUSE = 0.5
# What a stop waits for the jobs that runners are at; most take milliseconds.
STOP_SECONDS = 1.0

log = logging.getLogger("statline.pool")


class Task(NamedTuple):
    job_id: str
    attempt: int = 1


class ThreadPool:
    """Calls `process(job_id)` for every added id, at least once, on several threads.

    A job whose processing raises is tried again; after the last attempt `abandon(job_id, attempts, error)`
    ends it. While storage is Unavailable the job waits, and no attempt is counted. With no threads, jobs are
    accepted and wait.
    """

    def __init__(
        self,
        threads: int,
        process: Callable[[str], None],
        abandon: Callable[[str, int, BaseException], None],
    ) -> None:
        self.job_queue: SimpleQueue[Task | None] = SimpleQueue()
        self.process, self.abandon = process, abandon
        self.stopping = threading.Event()
        self._runners = [TaskRunner(self, number) for number in range(1, threads + 1)]

    def start(self) -> None:
        """Start the runners. Raises SystemLimit if the system has no threads for them."""
        for number, runner in enumerate(self._runners):
            try:
                runner.start()
            except RuntimeError:
                raise SystemLimit(
                    f"the system allows no more than {number} of the {len(self._runners)} threads that "
                    "TP_NUM_OF_THREADS asks for"
                ) from None

    def add_task(self, job_id: str, delay: float = 0) -> None:
        self.job_queue.put(Task(job_id))

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.add_task(job_id)

    def count_messages(self) -> int:
        return self.job_queue.qsize()

    def problem(self) -> str | None:
        """Return what is wrong with the runners, or None."""
        dead = sum(not runner.is_alive() for runner in self._runners)
        return f"{dead} of {len(self._runners)} runners do not run" if dead else None

    def stop(self) -> None:
        """Stop the runners after their current jobs; queued jobs stay accepted.

        So does a job that takes longer than another second: the process may end before its runner does.
        """
        self.stopping.set()
        for _ in self._runners:
            self.job_queue.put(None)
        end = time.monotonic() + STOP_SECONDS
        for runner in self._runners:
            runner.join(max(0.0, end - time.monotonic()))


class TaskRunner(threading.Thread):
    """One worker thread."""

    def __init__(self, pool: ThreadPool, number: int) -> None:
        super().__init__(name=f"TaskRunner-{number}", daemon=True)
        self._pool = pool

    def run(self) -> None:
        while True:
            task = self._pool.job_queue.get()
            if task is None or self._pool.stopping.is_set():
                return
            with trace.scope():
                self._attempt(task)

    def _attempt(self, task: Task) -> None:
        try:
            self._pool.process(task.job_id)
        except Unavailable as error:
            self._wait(task, error)
        except BaseException as error:  # SystemExit too: no job may end the thread that others wait for
            log.exception("attempt %d at %s", task.attempt, task.job_id, extra={"job_id": task.job_id})
            self._give_up(task, error) if task.attempt >= ATTEMPTS else self._try_again(task)

    def _wait(self, task: Task, error: Unavailable) -> None:
        """Repeat the attempt later, without counting it."""
        if not self._pool.stopping.wait(OUTAGE_PAUSE):
            log.warning("%s waits: %s", task.job_id, error, extra={"job_id": task.job_id})
        self._pool.job_queue.put(task)

    def _try_again(self, task: Task) -> None:
        # Bounded: it may go on for a thousand attempts, and no float holds 2**1024.
        self._pool.stopping.wait(min(FIRST_PAUSE * 2 ** min(task.attempt, 100), LONGEST_PAUSE))
        self._pool.job_queue.put(task._replace(attempt=task.attempt + 1))

    def _give_up(self, task: Task, error: BaseException) -> None:
        try:
            self._pool.abandon(task.job_id, task.attempt, error)
        except Unavailable as unavailable:
            self._wait(task, unavailable)
        except BaseException:
            # Not even its failure could be stored: the job stays accepted and is tried on.
            log.exception("cannot end %s", task.job_id, extra={"job_id": task.job_id})
            self._try_again(task)
