"""Dask: a client of a scheduler, and an executor whose futures always end.

Statline is installed on the scheduler and on the workers, the same code as here: none is sent.
"""

import asyncio
import pickle
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar, cast

import dask.config
import psutil  # distributed requires it
from distributed import Client, KilledWorker, LocalCluster, get_worker
from distributed.client import ClosedClientError
from distributed.client import Future as RemoteFuture
from distributed.comm.core import CommClosedError
from distributed.versions import VersionMismatchWarning
from tornado.ioloop import IOLoop, PeriodicCallback

from local.dataset import quiet
from local.dataset.cluster_errors import ClusterLost, ClusterUnreachable, WorkersDied
from local.dataset.versions import Versions, check, missing, versions
from local.dataset.workers import Workers

T = TypeVar("T")
P = ParamSpec("P")

CONNECT_SECONDS = 10
WORKER_SECONDS = 60  # until the first worker comes, and for which all may be away
ANSWER_SECONDS = 30  # within which a scheduler or a worker says what it is
CLOSE_SECONDS = 5
KILL_SECONDS = 0.1
WATCH_MILLISECONDS = 1000
LEAST_MEMORY = 1_000_000_000  # bytes, of a worker on this machine
# A worker that pauses at 80 % of its memory may wait for ever; at 95 % it ends, which is told.
MEMORY = {f"distributed.worker.memory.{threshold}": False for threshold in ("target", "spill", "pause")}


@contextmanager
def on_this_machine(processes: int) -> Iterator[Workers]:
    """Start worker processes of one thread each, and stop them at the end."""
    quiet.silence_dask()
    memory = max(LEAST_MEMORY, psutil.virtual_memory().total // processes)
    with (
        tempfile.TemporaryDirectory(prefix="statline-workers-", ignore_cleanup_errors=True) as folder,
        dask.config.set(MEMORY),
        LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=folder,
            memory_limit=memory,
            preload=quiet.__name__,
        ) as cluster,
        at(cluster.scheduler_address, f"local:{processes}") as found,
    ):
        try:
            yield found
        finally:
            with suppress(OSError):
                cluster.sync(stop, cluster)


async def stop(cluster: LocalCluster) -> None:
    """Kill the workers of this machine: nothing that they still do is of use, and Dask would wait for it."""
    await asyncio.gather(*(nanny.close(timeout=KILL_SECONDS) for nanny in cluster.workers.values()))


@contextmanager
def at(address: str, name: str = "") -> Iterator[Workers]:
    """Connect to a scheduler, whose name is for messages. Raises ClusterUnreachable and VersionsDiffer."""
    quiet.silence_dask()
    name = name or address
    client = connect(address, name)
    try:
        count = examine(client, name)
        executor = ClusterExecutor(client, name)
        try:
            yield Workers(executor, count)
        finally:
            executor.shutdown()
    finally:
        with suppress(OSError):
            client.close(timeout=CLOSE_SECONDS)


def connect(address: str, name: str) -> Client:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VersionMismatchWarning)  # `examine` says it, and ends
        try:
            return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TypeError, ValueError, ImportError) as error:
            # TypeError: a tls:// address without certificates. TimeoutErrors of Dask are long.
            why = "no Dask scheduler answered" if isinstance(error, OSError) else str(error)
            raise ClusterUnreachable(
                f"the cluster {name} cannot be reached within {CONNECT_SECONDS} s: {why}"
            ) from None


def examine(client: Client, name: str) -> int:
    """Return how many tasks the workers run at once, once there is one and all have this code."""
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except OSError:
        raise ClusterUnreachable(f"no worker came to the cluster {name} within {WORKER_SECONDS} s") from None
    found = ask(client, name)
    for where, theirs in found.items():
        if isinstance(theirs, ImportError | AttributeError):
            raise missing(where, theirs)
        check(where, theirs)
    return max(1, int(sum(client.nthreads().values())))


def ask(client: Client, name: str) -> dict[str, Any]:
    """Return the versions of the scheduler and of each worker, or why it has none."""
    try:
        found = {"the scheduler": client.run_on_scheduler(versions, callback_timeout=ANSWER_SECONDS)}
        workers = client.run(versions, on_error="return", callback_timeout=ANSWER_SECONDS)
    except (ImportError, AttributeError) as error:
        return {"the scheduler": error}
    except OSError:
        raise ClusterLost(f"the cluster {name} no longer answers") from None
    # A worker that has ended meanwhile is none.
    return found | {f"the worker {at}": them for at, them in workers.items() if not isinstance(them, OSError)}


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
        call = pickle.dumps((function, args, kwargs))  # one value: Dask looks for futures in lists and dicts
        try:
            remote = self._client.submit(run, dict(versions()), call, pure=False)
        except (ClosedClientError, OSError):
            future.set_exception(self._lost or self._gone())
        else:
            self._loop.add_callback(self._begin, remote, future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Cancel all that has not ended; tasks that a worker has begun it may finish, unheard."""
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
        if isinstance(error, ImportError):
            return missing("a worker", error)
        if isinstance(error, asyncio.CancelledError | CancelledError | CommClosedError):
            return self._lost or self._gone()
        return error

    def _gone(self) -> ClusterLost:
        return ClusterLost(f"the cluster {self._name} no longer answers: its scheduler may have ended")

    async def _examine(self) -> None:
        """End all futures once the scheduler is silent, or has been without a worker for too long."""
        if self._lost:
            return
        try:
            answer = await asyncio.wait_for(self._scheduler.identity(n_workers=0), ANSWER_SECONDS)
        except OSError:
            self._end(self._gone())
            return
        if self._client.status != "running":  # connected again, and the tasks are lost
            self._end(self._gone())
        if answer["n_workers"]:
            self._alone_since = None
            return
        self._alone_since = self._alone_since or time.monotonic()
        if time.monotonic() - self._alone_since >= WORKER_SECONDS:
            self._end(
                ClusterLost(f"the cluster {self._name} has lost all its workers for {WORKER_SECONDS} s")
            )

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
    function, args, kwargs = pickle.loads(call)
    return function(*args, **kwargs)


def settle(setter: Callable[[Any], None], value: object) -> None:
    """Set a future's result or exception, unless it has ended."""
    with suppress(InvalidStateError):
        setter(value)
