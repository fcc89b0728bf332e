"""Connections to a Dask cluster, on this machine or elsewhere.

Statline is installed on the scheduler and on the workers, the same code as here: none is sent.
"""

import asyncio
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any

import dask.config
import psutil  # distributed requires it
from distributed import Client, LocalCluster, Security, rpc
from distributed.versions import VersionMismatchWarning

from local.dataset.cluster import quiet
from local.dataset.cluster.errors import ClusterLost, ClusterUnreachable
from local.dataset.cluster.executor import ClusterExecutor
from local.dataset.cluster.versions import check, missing, versions
from local.dataset.workers import Workers

CONNECT_SECONDS = 10
WORKER_SECONDS = 60  # until the first worker comes
ANSWER_SECONDS = 30  # within which scheduler and workers say what they are
CLOSE_SECONDS = 5
KILL_SECONDS = 0.1
LEAST_MEMORY = 1_000_000_000  # bytes, of a worker on this machine
SETTINGS = {
    # A worker that pauses at 80 % of its memory may wait for ever; at 95 % it ends, which is told.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    # It looks at every thread a hundred times a second.
    "distributed.worker.profile.enabled": False,
    # Dask would have glibc give back memory after each frame: a third of the processor time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}


@contextmanager
def on_this_machine(processes: int) -> Iterator[Workers]:
    """Start worker processes of one thread each, and stop them at the end."""
    quiet.silence_dask()
    memory = max(LEAST_MEMORY, psutil.virtual_memory().total // processes)
    with (
        tempfile.TemporaryDirectory(prefix="statline-workers-", ignore_cleanup_errors=True) as folder,
        dask.config.set(SETTINGS | {"temporary-directory": folder}),
        started(
            n_workers=processes,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # it serves its health there
            local_directory=folder,
            memory_limit=memory,
            preload=quiet.__name__,
        ) as cluster,
        at(cluster.scheduler_address, f"local:{processes}") as found,
    ):
        yield found


@contextmanager
def started(**options: Any) -> Iterator[LocalCluster]:
    """Start a cluster, all or none: Ctrl-C counts afterwards, and never in a worker."""
    with ExitStack() as stack:
        with interrupts_later():
            cluster = stack.enter_context(LocalCluster(**options))
            stack.callback(stop, cluster)
        yield cluster


def stop(cluster: LocalCluster) -> None:
    """Kill the workers: nothing that they still do is of use, and Dask would wait for it."""
    with suppress(OSError):
        cluster.sync(kill_workers, cluster)


async def kill_workers(cluster: LocalCluster) -> None:
    await asyncio.gather(*(nanny.close(timeout=KILL_SECONDS) for nanny in cluster.workers.values()))


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Hold SIGINT back until the end, and for good in threads and processes that begin meanwhile."""
    resource_tracker.ensure_running()  # when it begins, it lets the signal through
    received: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: received.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
        if received:
            signal.raise_signal(signal.SIGINT)


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
    try:
        asyncio.run(asyncio.wait_for(greet(address), CONNECT_SECONDS))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # `examine` says it, and ends
            return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TypeError, ValueError, ImportError) as error:
        # TypeError: a tls:// address without certificates. The texts of OSErrors of Dask are long.
        why = "no Dask scheduler answered" if isinstance(error, OSError) else str(error)
        raise ClusterUnreachable(
            f"the cluster {name} cannot be reached within {CONNECT_SECONDS} s: {why}"
        ) from None


async def greet(address: str) -> None:
    """Ask a scheduler what it is. A client would wait for ever where something else accepts connections."""
    security = Security().get_connection_args("client")
    async with rpc(address, timeout=CONNECT_SECONDS, connection_args=security) as remote:
        identity = await remote.identity(n_workers=0)
    if identity["type"] != "Scheduler":
        raise ValueError(f"it is a {identity['type'].lower()}, not a scheduler")


def examine(client: Client, name: str) -> int:
    """Return how many tasks the workers run at once, once there is one and all have this code."""
    try:
        check_scheduler(client)
        wait_for_worker(client, name)
        found = client.run(versions, on_error="return", callback_timeout=ANSWER_SECONDS)
        count = sum(client.nthreads().values())
    except OSError:
        raise ClusterLost(f"the cluster {name} no longer answers") from None
    for address, theirs in found.items():
        if isinstance(theirs, OSError):  # it has ended meanwhile
            continue
        if isinstance(theirs, BaseException):
            raise missing(f"the worker {address}", theirs)
        check(f"the worker {address}", theirs)
    return max(1, int(count))


def check_scheduler(client: Client) -> None:
    try:
        theirs = client.run_on_scheduler(versions, callback_timeout=ANSWER_SECONDS)
    except (ImportError, AttributeError) as error:
        raise missing("the scheduler", error) from None
    check("the scheduler", theirs)


def wait_for_worker(client: Client, name: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise ClusterUnreachable(f"no worker came to the cluster {name} within {WORKER_SECONDS} s") from None
