"""Where the bundles of a data set are read: on threads of this process, or on a Dask cluster.

No module of Dask is imported before a cluster is named.
"""

import os
import re
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from local.dataset.cluster.errors import DaskMissing, InvalidCluster

LOCAL = re.compile(r"local:([1-9]\d{0,2})")
SCHEMES = ("tcp", "tls")


@dataclass(frozen=True)
class Workers:
    """`count` is how many tasks the executor runs at once."""

    executor: Executor
    count: int


@contextmanager
def workers(cluster: str | None) -> Iterator[Workers]:
    """Yield threads, or the workers of a cluster: `tcp://host:8786`, `tls://host:8786` or `local:N`.

    Tasks that have not begun at the end are cancelled. Raises the errors of `cluster.errors`, and so do the
    futures of the executor.
    """
    with threads() if cluster is None else connected(cluster) as found:
        yield found


def connected(text: str) -> AbstractContextManager[Workers]:
    processes = LOCAL.fullmatch(text)
    if not processes:
        check_address(text)
    if not find_spec("distributed"):
        raise DaskMissing
    from local.dataset.cluster import connection

    return connection.on_this_machine(int(processes[1])) if processes else connection.at(text)


def check_address(text: str) -> None:
    try:
        address = urlsplit(text)
        is_complete = bool(address.scheme in SCHEMES and address.hostname and address.port)
    except ValueError:  # a port that is no number
        is_complete = False
    if not is_complete or address.path or address.query or address.username is not None:
        raise InvalidCluster(text)


@contextmanager
def threads() -> Iterator[Workers]:
    count = os.cpu_count() or 1
    executor = ThreadPoolExecutor(count, thread_name_prefix="read")
    try:
        yield Workers(executor, count)
    finally:
        executor.shutdown(cancel_futures=True)
