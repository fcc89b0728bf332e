"""The emulator: one process that is a whole cloud, and no more than that."""

import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.application.job import Job
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import DatasetError, MissingColumns
from local.emulator.emulator import Emulator
from local.settings import LocalSettings
from local.storage import home as home_module
from local.storage.home import HomeInUse
from tests.support.buckets import BUCKET, REAL_KEY, BucketServer
from tests.support.samples import DESCRIPTION, GLOBAL_HUMUS, SOIL, job, write_soil
from tests.support.services import submit


def finished(emulator: Emulator, job_id: str) -> Job:
    """The job once it has ended; asked for politely, for ten seconds."""
    pause = threading.Event()
    for _ in range(1000):
        found = emulator.service.get(job_id)
        if found.status.is_terminal:
            return found
        pause.wait(0.01)
    raise AssertionError(f"{job_id} is still open")


@pytest.fixture
def boot() -> Iterator[Callable[[LocalSettings], Emulator]]:
    started: list[Emulator] = []

    def start(settings: LocalSettings) -> Emulator:
        emulator = Emulator(settings)
        emulator.start()
        started.append(emulator)
        return emulator

    yield start
    for emulator in started:
        emulator.stop()


Boot = Callable[[LocalSettings], Emulator]


def test_second_start_reads_no_csv(settings: LocalSettings, boot: Boot) -> None:
    first = boot(settings)
    name = first.service.dataset()
    first.stop()
    [path] = settings.snapshots.iterdir()
    saved, made = path.read_bytes(), path.stat().st_mtime_ns
    boot(settings).stop()
    assert path.stat().st_mtime_ns == made
    for damage in (path.unlink, lambda: path.write_bytes(saved[:-3]), lambda: path.write_bytes(b"")):
        damage()
        again = boot(settings)
        assert (again.service.dataset(), path.read_bytes()) == (name, saved)
        again.stop()


def test_jobs_accepted_without_runners_are_finished_by_the_next_start(
    settings: LocalSettings, boot: Boot
) -> None:
    """No job is lost between two runs."""
    waiting = boot(replace(settings, threads=0))
    ids = [submit(waiting.service, "global_mean", {"question": "S1"}).id for _ in range(20)]
    waiting.stop()
    again = boot(settings)
    assert {frozen_json(finished(again, job_id)) for job_id in ids} == {GLOBAL_HUMUS}


def test_job_keeps_its_data_set_when_another_is_served(
    settings: LocalSettings, boot: Boot, tmp_path: Path
) -> None:
    waiting = boot(replace(settings, threads=0))
    old = submit(waiting.service, "global_mean", {"question": "S1"}).id
    waiting.stop()
    (tmp_path / "new").mkdir()
    other = replace(settings, dataset=str(write_soil(tmp_path / "new", SOIL.replace("1.5", "9.5"))))
    again = boot(other)
    new = submit(again.service, "global_mean", {"question": "S1"}).id
    assert frozen_json(finished(again, old)) == GLOBAL_HUMUS
    assert frozen_json(finished(again, new)) != GLOBAL_HUMUS
    assert len(list(settings.snapshots.iterdir())) == 2
    again.store.delete(old)
    again.stop()
    boot(other).stop()
    assert len(list(settings.snapshots.iterdir())) == 1


def test_all_that_a_home_remembers_is_the_owners_alone(settings: LocalSettings, boot: Boot) -> None:
    old = settings.state / "logs" / "statline.log.1"  # of an earlier version
    old.parent.mkdir(parents=True)
    old.write_text("https://example.org/?token=secret")
    before = os.umask(0)
    try:
        emulator = boot(settings)
        assert finished(emulator, submit(emulator.service, "best5", {"question": "S1"}).id).result
        emulator.log_lines.flush()
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in settings.state.rglob("*")}
    finally:
        os.umask(before)

    assert stat.S_IMODE(settings.state.stat().st_mode) == 0o700
    assert {path.name for path in modes} >= {
        "statline.db",
        "statline.db-wal",
        "statline.log",
        "lock",
        old.name,
    }
    assert {oct(mode) for path, mode in modes.items() if path.is_file()} == {"0o600"}
    assert {oct(mode) for path, mode in modes.items() if path.is_dir()} == {"0o700"}


def test_second_emulator_on_a_home_is_refused(
    settings: LocalSettings, boot: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_module, "LOCK_SECONDS", 0.1)
    boot(settings)
    with pytest.raises(HomeInUse, match="STATLINE_HOME"):
        Emulator(settings).start()


def test_invalid_data_ends_the_start_and_frees_the_home(
    settings: LocalSettings, boot: Boot, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="nowhere"):
        boot(replace(settings, dataset=str(tmp_path / "nowhere.csv")))
    with pytest.raises(MissingColumns, match="Frage"):
        boot(replace(settings, dataset=str(write_soil(tmp_path, "a,b\n1,2\n"))))
    write_soil(tmp_path)
    boot(settings)


def test_drain_waits_for_the_last_result(emulator: Emulator) -> None:
    for _ in range(30):
        submit(emulator.service, "mean_by_category", {"question": "S1"})
    assert emulator.drain(seconds=20) == 0
    assert emulator.service.num_jobs() == 0


def test_job_that_fails_every_attempt_is_failed_with_the_last_error(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.emulator.thread_pool.FIRST_PAUSE", 0.001)
    broken = Job("job_id_900", "from_the_future", {"question": "S1"}, emulator.service.dataset(), accepted=1)
    emulator.store.create(broken)
    emulator.pool.add_task("job_id_900")
    assert "from_the_future" in str(finished(emulator, "job_id_900").reason)
    assert finished(emulator, submit(emulator.service, "global_mean", {"question": "S1"}).id).result


@pytest.mark.parametrize("store", ["sqlite", "aws"])
def test_emulator_opens_no_connection_to_aws(
    store: str, settings: LocalSettings, monkeypatch: pytest.MonkeyPatch, boot: Boot
) -> None:
    """Although the environment has credentials, a profile and an endpoint."""
    tried: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as outside:
        port = outside.getsockname()[1]
        for name, value in {
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7REAL",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "AWS_PROFILE": "production",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
            "AWS_REGION": "eu-central-1",
        }.items():
            monkeypatch.setenv(name, value)
        connect = socket.socket.connect
        monkeypatch.setattr(socket.socket, "connect", lambda *a: tried.append(a[1]) or connect(*a))
        emulator = boot(replace(settings, store=store))
        job_id = submit(emulator.service, "global_mean", {"question": "S1"}).id
        assert frozen_json(finished(emulator, job_id)) == GLOBAL_HUMUS
    assert tried == []
    assert ("AWS_PROFILE" in os.environ) is (store == "sqlite")


@pytest.mark.parametrize("store", ["sqlite", "aws"])
def test_source_in_a_bucket_is_read_with_the_callers_keys_and_nothing_else_is(
    store: str, settings: LocalSettings, monkeypatch: pytest.MonkeyPatch, boot: Boot
) -> None:
    with BucketServer().running() as server:
        server.use(monkeypatch)
        server.reset()
        server.put("soil/description.json", json.dumps(DESCRIPTION))
        server.put("soil/a.csv", SOIL)
        server.signers.clear()
        emulator = boot(replace(settings, store=store, dataset=f"s3://{BUCKET}/soil/"))
        asked = len(server.signers)
        job_id = submit(emulator.service, "global_mean", {"question": "S1"}).id
        assert frozen_json(finished(emulator, job_id)) == GLOBAL_HUMUS
        emulator.stop()
    assert all(f"Credential={REAL_KEY}/" in signer for signer in server.signers)
    assert len(server.signers) == asked > 0
    if store == "aws":
        clients = (emulator.store._aws.dynamodb, emulator.store._aws.s3)  # type: ignore[attr-defined]
        keys = {client._request_signer._credentials.access_key for client in clients}
        assert keys == {"local"}
        assert not any(name.startswith("AWS_") and text == REAL_KEY for name, text in os.environ.items())


def test_laptop_keeps_a_number_of_jobs_whatever_their_age(
    boot: Callable[[LocalSettings], Emulator], settings: LocalSettings
) -> None:
    emulator = boot(replace(settings, service=replace(settings.service, retention_days=1)))
    emulator.store.create(job(1))
    emulator.store.finish(job(1).succeed(b"1", now=2_000))
    assert emulator.store.get("job_id_1").result == b"1"
