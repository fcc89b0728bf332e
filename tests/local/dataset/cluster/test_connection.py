"""A cluster that works, and every way in which one does not: one sentence, soon, and never a hang."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from shutil import copytree

import psutil
import pytest

from chalicelib.errors import InvalidValue
from local.cli.exits import status
from local.dataset.cluster import connection, executor
from local.dataset.cluster.errors import ClusterLost, ClusterUnreachable, VersionsDiffer, WorkersDied
from local.dataset.workers import workers
from tests.support.dask_cluster import DaskCluster, dask_cluster, kill_tree, workers_of
from tests.support.processes import PROJECT, until

SOON = 60  # seconds; what never ends takes longer


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    few = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with dask_cluster(tmp_path_factory.mktemp("dask"), 2, **few) as found:
        yield found


def ends(future: "Future[object]") -> str:
    """Return what a task's error says."""
    return str(future.exception(timeout=SOON))


def refuse(text: str) -> None:
    raise InvalidValue("part-3.csv", "line 7", "Data_Value", text, text)


class TestRunning:
    def test_tasks_run_on_its_workers(self, running: DaskCluster) -> None:
        until(lambda: len(running.running()) == 2, SOON)

        with workers(running.address) as found:
            tasks = [found.executor.submit(os.getpid) for _ in range(8)]
            pids = {task.result(timeout=SOON) for task in tasks}

        assert pids <= {process.pid for process in running.running()}

    def test_count_is_the_threads_of_its_workers(self, running: DaskCluster) -> None:
        until(lambda: running.log.count("Registered to:") >= 2, SOON)

        with workers(running.address) as found:
            assert found.count == 2

    def test_error_of_a_task_is_that_of_the_data(self, running: DaskCluster) -> None:
        with workers(running.address) as found:
            error = found.executor.submit(refuse, "12;5").exception(timeout=SOON)

        assert isinstance(error, InvalidValue)
        assert str(error) == 'part-3.csv, line 7, column "Data_Value": "12;5" is not a number'

    def test_cancelled_tasks_are_done_for_whoever_waits(self, running: DaskCluster) -> None:
        with workers(running.address) as found:
            tasks = [found.executor.submit(time.sleep, 0.2) for _ in range(6)]
            assert all(task.cancel() for task in tasks[2:])
            done, waiting = wait(tasks, timeout=SOON)

        assert not waiting
        assert len(done) == 6

    def test_tasks_are_cancelled_where_reading_ends(self, running: DaskCluster) -> None:
        with workers(running.address) as found:
            tasks = [found.executor.submit(time.sleep, 0.2) for _ in range(6)]

        done, _ = wait(tasks, timeout=SOON)
        assert done == set(tasks)
        assert tasks[-1].cancelled()

    def test_task_that_kills_each_worker_names_memory(self, running: DaskCluster) -> None:
        with workers(running.address) as found:
            error = found.executor.submit(os._exit, 1).exception(timeout=SOON)
            after = found.executor.submit(int).result(timeout=SOON)

        assert isinstance(error, WorkersDied)
        assert f"2 workers of the cluster {running.address} died of the same part of the data" in str(error)
        assert status(error) == 10
        assert after == 0


class TestUnreachable:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.3)
        monkeypatch.setattr(connection, "WORKER_SECONDS", 0.3)

    @pytest.mark.parametrize("listens", [True, False], ids=["something else listens", "nothing listens"])
    def test_address_without_a_scheduler(self, listens: bool) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
            if not listens:
                server.close()
            with pytest.raises(ClusterUnreachable) as raised, workers(address):
                pass

        assert str(raised.value) == (
            f"the cluster {address} cannot be reached within 0.3 s: no Dask scheduler answered"
        )
        assert status(raised.value) == 8

    def test_tls_without_certificates(self) -> None:
        with pytest.raises(ClusterUnreachable, match="TLS") as raised, workers("tls://127.0.0.1:9"):
            pass

        assert status(raised.value) == 8

    def test_scheduler_without_workers(self, tmp_path: Path) -> None:
        with (
            dask_cluster(tmp_path, 0) as found,
            pytest.raises(ClusterUnreachable) as raised,
            workers(found.address),
        ):
            pass

        assert str(raised.value) == f"no worker came to the cluster {found.address} within 0.3 s"


def test_worker_with_other_code_is_refused_early_and_late(tmp_path: Path) -> None:
    older = tmp_path / "older"
    for package in ("chalicelib", "local"):
        copytree(PROJECT / package, older / package)
    with (older / "chalicelib" / "domain" / "cube.py").open("a") as module:
        module.write("# of before\n")

    with dask_cluster(tmp_path, 1) as found:
        with workers(found.address) as connected:
            found.add_worker(older)
            until(lambda: found.log.count("Registered to:") >= 2, SOON)
            tasks = [connected.executor.submit(time.sleep, 0.05) for _ in range(20)]
            late = next(error for task in tasks if (error := task.exception(timeout=SOON)))
        with pytest.raises(VersionsDiffer) as early, workers(found.address):
            pass

    for error in (late, early.value):
        assert isinstance(error, VersionsDiffer)
        assert re.fullmatch(
            r"the worker tcp://127\.0\.0\.1:\d+ has Statline's code \w{12} instead of \w{12}; "
            "client, scheduler and workers run the same image",
            str(error),
        )


def test_scheduler_without_statline_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    for package in ("chalicelib", "local"):
        (empty / package).mkdir(parents=True)
        (empty / package / "__init__.py").write_text("")

    with (
        dask_cluster(tmp_path, 0, code=empty) as found,
        pytest.raises(VersionsDiffer, match="the scheduler has not this version of Statline"),
        workers(found.address),
    ):
        pass


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("doomed"), 1) as found:
        yield found


class TestLost:
    """The last test takes all workers of the cluster away."""

    def test_scheduler_that_is_silent_ends_all_tasks(
        self, doomed: DaskCluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with workers(doomed.address) as found:
            monkeypatch.setattr(executor, "SILENT_SECONDS", 0.5)
            task = found.executor.submit(time.sleep, 600)
            doomed.scheduler.send_signal(signal.SIGSTOP)
            error = task.exception(timeout=SOON)

            after = found.executor.submit(int).exception(timeout=SOON)
            doomed.scheduler.send_signal(signal.SIGCONT)

        assert isinstance(error, ClusterLost)
        assert after is error

    def test_cluster_without_its_workers_is_lost(
        self, doomed: DaskCluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with workers(doomed.address) as found:
            monkeypatch.setattr(executor, "ALONE_SECONDS", 1)
            task = found.executor.submit(time.sleep, 600)
            kill_tree(doomed.workers[0])
            error = task.exception(timeout=SOON)

        assert str(error) == f"the cluster {doomed.address} has lost all its workers for 1 s"


class TestOnThisMachine:
    @pytest.mark.parametrize("moment", ["workers start", "workers run"])
    def test_interrupt_ends_it_soon_and_says_nothing_of_dask(self, moment: str) -> None:
        code = """
import time
from concurrent.futures import wait
from local.dataset.workers import workers
if __name__ == "__main__":
    try:
        with workers("local:2") as found:
            tasks = [found.executor.submit(time.sleep, 30) for _ in range(4)]
            print("running", flush=True)
            while wait(tasks, 0.1).not_done:
                pass
    except KeyboardInterrupt:
        print("interrupted")
"""
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        if moment == "workers start":
            until(lambda: workers_of(psutil.Process(process.pid)), SOON)
        else:
            assert process.stdout.readline() == "running\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
        said, complaints = process.communicate(timeout=SOON)

        assert (said, complaints) == ("interrupted\n", "")
