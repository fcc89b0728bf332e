"""Workers are threads, or those of a cluster; a text that names none is refused before Dask is imported."""

import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from local.cli.exits import status
from local.dataset.cluster.errors import DaskMissing, InvalidCluster
from local.dataset.workers import workers
from tests.support.processes import PROJECT

NO_CLUSTERS = (
    "",
    "local",
    "local:",
    "local:0",
    "local:-1",
    "local:two",
    "local:1000",
    "local:2 ",
    "10.0.0.5:8786",
    "http://10.0.0.5:8786",
    "tcp://",
    "tcp://10.0.0.5",
    "tcp://:8786",
    "tcp://10.0.0.5:port",
    "tcp://10.0.0.5:99999",
    "tcp://10.0.0.5:8786/path",
    "tcp://user@10.0.0.5:8786",
)


def test_without_a_cluster_tasks_run_on_threads_of_this_process() -> None:
    with workers(None) as found:
        thread = found.executor.submit(threading.current_thread).result()

    assert found.count >= 1
    assert thread is not threading.current_thread()
    assert not thread.is_alive()


def test_tasks_that_have_not_begun_are_cancelled_when_reading_ends_early() -> None:
    gate = threading.Event()

    with workers(None) as found:
        running = [found.executor.submit(gate.wait, 30) for _ in range(found.count)]
        waiting = found.executor.submit(int)
        threading.Timer(0.05, gate.set).start()

    assert all(task.result() for task in running)
    with pytest.raises(CancelledError):
        waiting.result()


@pytest.mark.parametrize("text", NO_CLUSTERS)
def test_text_that_names_no_cluster_is_misuse(text: str) -> None:
    with (
        pytest.raises(InvalidCluster, match=r"names no cluster; tcp://10\.0\.0\.5:8786 is") as raised,
        workers(text),
    ):
        pass

    assert status(raised.value) == 2


def test_dask_is_imported_only_for_a_cluster() -> None:
    code = """
import sys
from local.__main__ import main
from local.dataset.workers import workers
with workers(None) as found:
    assert found.executor.submit(int).result() == 0
print([name for name in sys.modules if name.split(".")[0] in ("dask", "distributed")])
"""

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_cluster_without_dask_says_how_to_install_it() -> None:
    # `-S` leaves out what is installed beside Python.
    code = """
from local.dataset.workers import workers
try:
    with workers("local:2"): pass
except Exception as error:
    print(type(error).__name__, error)
"""

    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )

    assert done.stdout == f"DaskMissing {DaskMissing()}\n"
    assert status(DaskMissing()) == 9
