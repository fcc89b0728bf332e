"""Lanes: threads for the views that wait or compute, so many of each kind that no kind holds up another."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable

from chalicelib.routes.endpoint import CHECKS, EXECUTIONS, POLLS, VIEWS
from local.http.response import Response

MOST_WAITING = 256  # requests of a lane whose views wait, each on a thread of its own
# Views that compute share one interpreter lock with the event loop: more of them at once would not be faster.
WORKERS, QUEUE = 2, 32


class LaneFull(Exception):
    """Raised when a lane has no place for another request, or the system no thread."""


class Lane:
    """At most `workers` requests at work, each on a thread, and at most `queue` behind them."""

    def __init__(self, workers: int, queue: int = 0) -> None:
        self._places = workers + queue
        self._taken = 0
        self._workers = asyncio.Semaphore(workers)

    async def run(self, work: Callable[[], Response]) -> Response:
        """Raises LaneFull, at once."""
        if self._taken >= self._places:
            raise LaneFull(f"{self._places} requests of this kind wait already; ask again")
        self._taken += 1
        try:
            async with self._workers:
                return await asyncio.wrap_future(start(work))
        finally:
            self._taken -= 1


def start(work: Callable[[], Response]) -> concurrent.futures.Future[Response]:
    future: concurrent.futures.Future[Response] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()
    # A daemon, unlike an executor's thread: a view that waits does not delay the end of the process.
    thread = threading.Thread(target=lambda: future.set_result(work()), daemon=True)
    try:
        thread.start()
    except RuntimeError:
        raise LaneFull("this machine has no thread for the request now; ask again") from None
    return future


def lanes() -> dict[str, Lane]:
    return {
        POLLS: Lane(MOST_WAITING),
        EXECUTIONS: Lane(MOST_WAITING),
        VIEWS: Lane(WORKERS, QUEUE),
        CHECKS: Lane(WORKERS, MOST_WAITING),
    }
