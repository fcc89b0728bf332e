"""The sweeper: fails open jobs that are too old, and queues again what the queue lost."""

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from chalicelib.application import callbacks, deadline
from chalicelib.application.ports import JobQueue, JobStore

# As many messages as SQS takes in one call.
BATCH = 10

log = logging.getLogger("statline.sweeper")


class Sweeper:
    """One turn after another; what a turn has no time for is left to the next one.

    A queue with as many messages as jobs wait for one has lost none, however old they are: it is behind. So
    a turn sends as many again as are missing, the oldest first: on `queue` for open jobs, on `callback_queue`
    for pending callbacks. `fail` is called with the id and the age of a job that is too old.
    """

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        callback_queue: JobQueue,
        fail: Callable[[str, int], None],
        clock: Callable[[], int],
        left: Callable[[], float] = deadline.left,
    ) -> None:
        self._store, self._queue, self._callback_queue = store, queue, callback_queue
        self._fail, self._clock, self._left = fail, clock, left

    def sweep(self, resend_after: int, give_up_after: int) -> None:
        """Ages are in milliseconds. A job that is sent again without need is delivered twice: harmless."""
        now, failed = self._clock(), set[str]()
        late = self._fail_the_oldest(self._store.open_before(now - resend_after), now - give_up_after, failed)
        pending = self._store.pending_callbacks_before(now - callbacks.GIVE_UP_MS)
        self._resend(late, self._queue, self._store.count_open)
        # The callback of a job that has just failed is queued already.
        unsent = (job_id for job_id in pending if job_id not in failed)
        self._resend(unsent, self._callback_queue, self._count_pending)

    def _fail_the_oldest(
        self, overdue: Iterable[tuple[str, int]], limit: int, failed: set[str]
    ) -> Iterator[str]:
        """Fail the jobs accepted before `limit`, add them to `failed`, and yield the ids of the others."""
        for job_id, accepted in overdue:
            if self._left() <= 0:
                return
            if accepted < limit:
                self._fail(job_id, self._clock() - accepted)
                failed.add(job_id)
            else:
                yield job_id

    def _resend(self, late: Iterator[str], queue: JobQueue, expected: Callable[[], int]) -> None:
        """Send ids again as far as the queue has fewer messages than are expected."""
        first = next(late, None)
        if first is None:
            return
        missing = islice(chain([first], late), max(0, expected() - queue.count_messages()))
        while ids := list(islice(missing, BATCH)):
            if self._left() <= 0:
                log.warning("no time left; the next turn goes on")
                return
            for job_id in ids:
                log.warning("sending %s again", job_id, extra={"job_id": job_id})
            queue.add_tasks(ids)

    def _count_pending(self) -> int:
        return sum(1 for _ in self._store.pending_callbacks_before(self._clock()))
