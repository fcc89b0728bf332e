"""A disk that runs full, or is meddled with: the server serves on, says so, and heals by itself."""

import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from chalicelib.documents.result_table import frozen_json
from local.emulator.emulator import Emulator
from local.settings import LocalSettings
from local.storage.database import NAME
from local.storage.home import HomeUnusable
from tests.local.emulator.test_emulator import finished
from tests.support.disks import small_disk, wait_until
from tests.support.processes import ServerProcess, python_m_local, slow_local
from tests.support.samples import GLOBAL_HUMUS, ask, write_soil
from tests.support.services import submit

QUESTION = {"question": "S1"}
DONE = b'{"status": "done", "data": %b}' % GLOBAL_HUMUS
Full = Callable[[ServerProcess], AbstractContextManager[None]]


@contextmanager
def no_file_grows(server: ServerProcess) -> Iterator[None]:
    """As on a full disk, and anybody may do it to a process of one's own."""
    pid, before = server.process.pid, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=["a limit", "a file system"])
def full_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Full]]:
    """A home, and how to fill the disk that it is on."""
    if request.param == "a limit":
        write_soil(tmp_path)
        yield tmp_path, no_file_grows
    else:
        with small_disk(tmp_path / "disk") as disk:
            write_soil(disk.path)
            yield disk.path, lambda server: disk.full()


def post(url: str) -> requests.Response:
    return requests.post(f"{url}/api/global_mean", json=QUESTION, timeout=10)


def post_until_refused(url: str) -> tuple[list[str], requests.Response]:
    """What was accepted before: a full disk may have room in the last block of a file."""
    accepted: list[str] = []
    while (response := post(url)).status_code == 200:
        accepted.append(response.json()["job_id"])
        assert len(accepted) < 1000
    return accepted, response


def result(url: str, job_id: str) -> bytes:
    return requests.get(f"{url}/api/get_results/{job_id}", timeout=10).content


def test_full_disk_refuses_jobs_until_there_is_room(
    full_disk: tuple[Path, Full], http: requests.Session
) -> None:
    home, full = full_disk
    with python_m_local(home) as server:
        ask(http, server.url, "global_mean", **QUESTION)
        with full(server):
            accepted, refused = post_until_refused(server.url)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert "nothing can be stored now" in refused.json()["reason"]
            assert str(home) not in refused.json()["reason"]
            assert post(server.url).status_code == 503
            assert result(server.url, "job_id_1") == DONE
            health = http.get(f"{server.url}/health", timeout=10)
            assert (health.status_code, health.json()["status"]) == (503, "degraded")
            assert ".statline/statline.db cannot be written" in str(health.json()["reasons"])
            metrics = http.get(f"{server.url}/metrics", timeout=10).text
            assert 'statline_store_errors_total{operation="sqlite.write"}' in metrics
        wait_until(lambda: http.get(f"{server.url}/health", timeout=10).json()["status"] == "ready")
        assert ask(http, server.url, "global_mean", **QUESTION)["status"] == "done"
        wait_until(lambda: http.get(f"{server.url}/api/num_jobs", timeout=10).json() == {"num_jobs": 0})
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    for line in (".statline/statline.db cannot be written", ".statline/statline.db can be written again"):
        assert server.said.count(line) == 1
    assert "Traceback" not in server.said
    with python_m_local(home) as server:
        listed = http.get(f"{server.url}/api/jobs", timeout=10).json()["data"]
        assert len(listed) == 2 + len(accepted)
        assert {result(server.url, job_id) for one in listed for job_id in one} == {DONE}
        assert {path.name for path in (home / "results").iterdir()} == {
            job_id for one in listed for job_id in one
        }


def test_job_that_ends_on_a_full_disk_stays_open_until_there_is_room(
    full_disk: tuple[Path, Full], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home, full = full_disk
    gate = tmp_path_factory.mktemp("gate") / "gate"
    os.mkfifo(gate)
    with slow_local(home, gate, TP_NUM_OF_THREADS="1", STATLINE_DRAIN_SECONDS="0") as server:
        job_id = requests.post(f"{server.url}/api/wait", json=QUESTION, timeout=10).json()["job_id"]
        pipe = gate.open("wb")  # which returns when the runner is at it
        gate.unlink()
        gate.touch()  # for the attempts that follow
        with full(server):
            post_until_refused(server.url)
            pipe.close()
            wait_until(lambda: f"{job_id} waits" in server.said)
            assert result(server.url, job_id) == b'{"status": "running"}'
        wait_until(lambda: result(server.url, job_id) == DONE)
        wait_until((home / "results" / job_id).exists)
        assert "Traceback" not in server.said
    assert (home / "results" / job_id).read_bytes() == GLOBAL_HUMUS


def test_unusable_home_ends_the_start_with_a_sentence(home: Path) -> None:
    (home / ".statline").touch()
    with pytest.raises(AssertionError) as caught, python_m_local(home):
        pass
    assert f"cannot use {home / '.statline'}: File exists" in str(caught.value)
    assert "STATLINE_HOME" in str(caught.value)
    assert "Traceback" not in str(caught.value)


# --- in one process ---------------------------------------------------------------------------


@contextmanager
def running(settings: LocalSettings) -> Iterator[Emulator]:
    emulator = Emulator(settings)
    emulator.start()
    yield emulator
    emulator.stop()


def answered(emulator: Emulator) -> str:
    """The id of one more job, which is answered."""
    job_id = submit(emulator.service, "global_mean", QUESTION).id
    assert frozen_json(finished(emulator, job_id)) == GLOBAL_HUMUS
    return job_id


def problems(emulator: Emulator) -> set[str]:
    return {name for name, problem in emulator.checks.items() if problem() is not None}


def test_jobs_are_answered_while_results_folder_is_broken(settings: LocalSettings) -> None:
    with running(settings) as emulator:
        settings.results.rmdir()
        settings.results.symlink_to("nowhere")
        first, second = answered(emulator), answered(emulator)
        assert problems(emulator) == {"results"}
        settings.results.unlink()
        wait_until(lambda: problems(emulator) == set())
        third = answered(emulator)
    assert {path.name for path in settings.results.iterdir()} == {first, second, third}


def test_jobs_are_answered_after_a_restart_with_broken_results_folder(settings: LocalSettings) -> None:
    with running(settings) as emulator:
        settings.results.rmdir()
        settings.results.touch()
        job_id = answered(emulator)
        before = emulator.service.get(job_id)
    with running(settings) as emulator:
        assert problems(emulator) == {"results"}
        assert emulator.service.get(job_id) == before
        settings.results.unlink()
        wait_until(lambda: problems(emulator) == set())
        assert (settings.results / job_id).read_bytes() == GLOBAL_HUMUS


def test_deleted_home_is_written_again_with_its_jobs(settings: LocalSettings) -> None:
    with running(settings) as emulator:
        before = emulator.service.get(answered(emulator))
        for folder in (settings.results, settings.state):
            shutil.rmtree(folder)
        after = emulator.service.get(answered(emulator))
        assert problems(emulator) == set()
        assert (settings.state / "logs" / "statline.log").exists()
        copy = replace(settings, home=settings.home / "copy")
        shutil.copytree(settings.results, copy.results)
        shutil.copytree(settings.state, copy.state)
    with running(copy) as emulator:
        assert [emulator.service.get(job.id) for job in (before, after)] == [before, after]


def test_start_serves_without_a_snapshot_folder(settings: LocalSettings) -> None:
    settings.state.mkdir()
    settings.snapshots.touch()
    with running(settings) as emulator:
        answered(emulator)
        assert problems(emulator) == {"snapshot"}
        settings.snapshots.unlink()
        assert problems(emulator) == set()
        assert len(list(settings.snapshots.iterdir())) == 1


def test_foreign_snapshots_stay(settings: LocalSettings) -> None:
    settings.snapshots.mkdir(parents=True)
    ours = settings.snapshots / f"{'0a' * 32}.snapshot"
    ours.touch()
    (settings.snapshots / "holiday.snapshot").touch()
    (settings.snapshots / f"{'0b' * 32}.snapshot").mkdir()
    with running(settings):
        names = {path.name for path in settings.snapshots.iterdir()}
    assert {"holiday.snapshot", f"{'0b' * 32}.snapshot"} < names
    assert ours.name not in names


def test_database_that_cannot_be_opened_ends_the_start(settings: LocalSettings) -> None:
    """Serving without the accepted jobs would lose them."""
    (settings.state / NAME).mkdir(parents=True)
    with pytest.raises(HomeUnusable, match=NAME):
        Emulator(settings).start()
    (settings.state / NAME).rmdir()
    with running(settings) as emulator:
        answered(emulator)


def test_unreadable_journal_ends_the_start(settings: LocalSettings) -> None:
    (settings.state / "journal").mkdir(parents=True)
    with pytest.raises(HomeUnusable, match="journal"):
        Emulator(settings).start()


def test_ids_do_not_repeat_when_the_database_is_damaged(settings: LocalSettings) -> None:
    """`/health` says so until the damaged file is gone."""
    with running(settings) as emulator:
        before = answered(emulator)
    (settings.state / NAME).write_bytes(b"no database")
    (settings.results / "job_id_500").write_text("{}")
    with running(settings) as emulator:
        assert problems(emulator) == {"database"}
        assert answered(emulator) == "job_id_501"
        assert "was damaged" in str(emulator.service.health().reasons)
    assert (settings.results / before).read_bytes() == GLOBAL_HUMUS


def test_ids_do_not_repeat_when_the_database_is_deleted(settings: LocalSettings) -> None:
    with running(settings) as emulator:
        answered(emulator)
    (settings.state / NAME).unlink()
    (settings.results / "job_id_500").write_text("{}")
    (settings.results / f"job_id_{'9' * 18}").touch()
    with running(settings) as emulator:
        assert answered(emulator) == "job_id_501"


def test_foreign_files_in_results_outlive_retention(settings: LocalSettings) -> None:
    with running(replace(settings, keep_results=1)) as emulator:
        (settings.results / "job_id_2").write_text("somebody's")
        (settings.results / "notes.txt").write_text("somebody's")
        first = answered(emulator)
        wait_until(lambda: (settings.results / first).exists())
        wait_until(lambda: emulator.store.database.read("SELECT 1 FROM files") == [(1,)])
        (settings.results / first).write_text("edited by somebody")
        for _ in range(3):
            last = answered(emulator)
    contents = {path.name: path.read_text() for path in settings.results.iterdir()}
    assert contents.pop("job_id_2.aside", "somebody's") == "somebody's"
    contents.pop("job_id_2", None)
    assert contents == {
        first: "edited by somebody",
        "notes.txt": "somebody's",
        last: GLOBAL_HUMUS.decode(),
    }
