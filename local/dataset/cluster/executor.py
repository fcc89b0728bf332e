"""An executor on a Dask cluster whose futures always end."""

import asyncio
import pickle  # nosec B403 # between a client and its own cluster
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar, cast

from distributed import Client, KilledWorker, get_worker
from distributed.client import ClosedClientError
from distributed.client import Future as RemoteFuture
from distributed.comm.core import CommClosedError
from tornado.ioloop import IOLoop, PeriodicCallback

from local.dataset.cluster.errors import ClusterLost, WorkersDied
from local.dataset.cluster.versions import Versions, check, missing, versions

T = TypeVar("T")
P = ParamSpec("P")

SILENT_SECONDS = 30  # within which a scheduler says what it is
ALONE_SECONDS = 60  # for which all workers may be away
WATCH_MILLISECONDS = 1000
OURS = ("chalicelib", "local")


class ClusterExecutor(Executor):
    """An executor on a cluster. Its futures end when the cluster does: with ClusterLost."""

    def __init__(self, client: Client, name: str) -> None:
        self._client, self._loop, self._name = client, cast("IOLoop", client.loop), name
        self._scheduler: Any = client.scheduler
        self._open = set[Future[Any]]()  # of the client's event loop alone
        self._lost: ClusterLost | None = None
        self._alone_since: float | None = None
        self._watch = PeriodicCallback(self._examine, WATCH_MILLISECONDS)
        self._loop.add_callback(self._watch.start)

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function on a worker; it, its arguments and what it returns are pickled."""
        future = Future[T]()
        if self._lost:
            future.set_exception(self._lost)
            return future
        call = pickle.dumps((function, args, kwargs))  # one value: Dask looks for futures in lists and dicts
        try:
            remote = self._client.submit(run, dict(versions()), call, pure=False)
        except (ClosedClientError, OSError):
            future.set_exception(self._gone())
        else:
            self._loop.add_callback(self._begin, remote, future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Cancel all that has not ended. A worker may still finish its task; nobody gets the result."""
        self._loop.add_callback(self._watch.stop)
        self._loop.add_callback(self._end, None)

    def _begin(self, remote: "RemoteFuture[Any]", future: Future[Any]) -> Awaitable[None]:
        self._open.add(future)
        future.add_done_callback(lambda ended: self._cancel(ended, remote))
        if self._lost:
            settle(future.set_exception, self._lost)
        return self._follow(remote, future)

    async def _follow(self, remote: "RemoteFuture[Any]", future: Future[Any]) -> None:
        """Give a future what its task returned or raised."""
        try:
            value = await remote
        except (Exception, asyncio.CancelledError) as error:
            if not future.done():
                settle(future.set_exception, self._told(error))
        else:
            settle(future.set_result, value)
        finally:
            self._open.discard(future)

    def _cancel(self, future: Future[Any], remote: "RemoteFuture[Any]") -> None:
        """Cancel the task of a future that was cancelled, or that has ended before it."""
        if future.cancelled():
            future.set_running_or_notify_cancel()  # those who wait for several futures learn of it only so
        if not remote.done():
            self._loop.add_callback(remote.cancel)

    def _told(self, error: BaseException) -> BaseException:
        """Return the error that says what a task's error means."""
        if isinstance(error, KilledWorker):
            return WorkersDied(
                f"{error.allowed_failures + 1} workers of the cluster {self._name} died of the same part of "
                f"the data, one after another, the last at {error.last_worker.address}: they may lack memory"
            )
        if isinstance(error, ImportError) and str(error.name).partition(".")[0] in OURS:
            return missing("a worker", error)
        if isinstance(error, asyncio.CancelledError | CancelledError | CommClosedError):
            self._end(self._gone())
            return self._gone()
        return error

    def _gone(self) -> ClusterLost:
        return ClusterLost(f"the cluster {self._name} no longer answers: its scheduler may have ended")

    async def _examine(self) -> None:
        """End all futures once the scheduler is silent, or has been without a worker for too long."""
        if self._client.status != "running":  # tasks are lost, even if it connects again
            self._end(self._gone())
        if self._lost:
            return
        try:
            answer = await asyncio.wait_for(self._scheduler.identity(n_workers=0), SILENT_SECONDS)
        except OSError:
            self._end(self._gone())
            return
        if answer["n_workers"]:
            self._alone_since = None
            return
        self._alone_since = self._alone_since or time.monotonic()
        if time.monotonic() - self._alone_since >= ALONE_SECONDS:
            self._end(ClusterLost(f"the cluster {self._name} has lost all its workers for {ALONE_SECONDS} s"))

    def _end(self, error: ClusterLost | None) -> None:
        self._lost = error
        for future in tuple(self._open):
            if error:
                settle(future.set_exception, error)
            else:
                future.cancel()


def run(expected: Versions, call: bytes) -> object:
    """Call a pickled function, on a worker. Raises VersionsDiffer, also on a worker that came late."""
    check(f"the worker {get_worker().address}", versions(), expected)
    function, args, kwargs = pickle.loads(call)  # nosec B301 # from the client that uses this cluster
    return function(*args, **kwargs)


def settle(setter: Callable[[Any], None], value: object) -> None:
    """Set a future's result or exception, unless it has ended."""
    with suppress(InvalidStateError):
        setter(value)
