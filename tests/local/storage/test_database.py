"""The database file: removed, damaged, on a full disk."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.errors import Unavailable
from local.storage import database
from local.storage.database import NAME, Database
from local.storage.sqlite_job_store import SqliteJobStore
from tests.local.machine import Machine
from tests.support.disks import Lines, SmallDisk, disk_of, small_disk
from tests.support.samples import job


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


REMOVALS: dict[str, Callable[[Path], object]] = {
    "database": lambda state: (state / NAME).unlink(),
    "wal": lambda state: (state / f"{NAME}-wal").unlink(),
    "both": lambda state: [(state / name).unlink() for name in (NAME, f"{NAME}-wal")],
    "folder": shutil.rmtree,
    "moved": lambda state: (state / NAME).rename(state / "backup"),
    "replaced": lambda state: [(state / NAME).unlink(), (state / NAME).write_bytes(b"somebody's")],
}


@pytest.mark.parametrize("remove", REMOVALS.values(), ids=REMOVALS)
def test_a_removed_file_is_written_again_before_the_next_commit(
    machine: Machine, remove: Callable[[Path], object]
) -> None:
    store = machine.boot()
    store.create(job(1))
    store.finish(job(1).succeed(b"1", now=9))

    remove(machine.state)
    store.create(job(2))
    store.finish(job(2).succeed(b"2", now=9))

    after = machine.boot()
    assert [after.get(f"job_id_{n}").result for n in (1, 2)] == [b"1", b"2"]
    assert store.database.problem() is None


def test_foreign_file_in_the_databases_place_is_quarantined(machine: Machine) -> None:
    store = machine.boot()
    REMOVALS["replaced"](machine.state)
    store.create(job(1))
    assert (machine.state / f"{NAME}.aside").read_bytes() == b"somebody's"


def test_health_writes_a_removed_file_again(machine: Machine) -> None:
    store = machine.boot()
    store.create(job(1))
    (machine.state / NAME).unlink()
    assert store.database.problem() is None
    assert list(machine.boot().jobs()) == [job(1)]


def overwrite(start: int, size: int) -> Callable[[Path], object]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[start : start + size] = os.urandom(size)
        path.write_bytes(content)

    return damage


DAMAGES: dict[str, Callable[[Path], object]] = {
    "header": overwrite(0, 16),
    "first page": overwrite(100, 900),
    "inner pages": overwrite(1024, 8 * 1024),
    "text": lambda path: path.write_bytes(b"job_id_40 is no database\n" * 100),
}


@pytest.fixture
def closed(machine: Machine) -> Path:
    """The path of a database with 40 jobs whose process has ended well."""
    store = machine.boot()
    store.reserve_ids(40)
    for number in range(1, 41):
        store.create(job(number))
    store.database.close()
    return machine.state / NAME


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_database_is_quarantined_and_no_id_repeats(
    closed: Path, damage: Callable[[Path], object]
) -> None:
    damage(closed)
    damaged = closed.read_bytes()

    database = Database(closed)
    store = SqliteJobStore(database, 100)

    aside = closed.with_name(f"{NAME}.aside")
    assert aside.read_bytes() == damaged
    assert f"{NAME} was damaged and is now {NAME}.aside" in str(database.problem())
    assert store.reserve_ids(1)[0] > 39
    store.create(job(100))
    aside.unlink()
    assert database.problem() is None
    database.close()


def test_files_are_private(closed: Path) -> None:
    database = Database(closed)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in closed.parent.iterdir()}
    database.close()
    assert modes == {0o600}


def test_a_folder_in_the_databases_place_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(OSError, match="unable to open"):
        Database(tmp_path / NAME)


def test_a_full_disk_refuses_jobs_and_serves_the_rest(machine: Machine) -> None:
    store = machine.boot()
    store.create(job(1))
    store.finish(job(1).succeed(b"1", now=9))
    store.create(job(2))
    with Lines() as lines:
        with disk_of(10):
            with pytest.raises(Unavailable, match="nothing can be stored now"):
                store.create(job(3))
            with pytest.raises(Unavailable):
                store.create(job(3), job(4))
            with pytest.raises(Unavailable):
                store.finish(job(2).succeed(b"2", now=9))
            assert store.get("job_id_1").result == b"1"
            assert store.get("job_id_2") == job(2)
            assert f".statline/{NAME} cannot be written" in str(store.database.problem())
        assert store.database.problem() is None
    assert len([line for line in lines if NAME in line]) == 2
    store.create(job(3))
    store.finish(job(2).succeed(b"2", now=9))
    assert [found.id for found in machine.boot().jobs()] == ["job_id_1", "job_id_2", "job_id_3"]


def test_a_start_on_a_full_disk_serves_what_is_known(machine: Machine) -> None:
    store = machine.boot()
    store.create(job(1), job(2))
    store.finish(job(1).succeed(b"1", now=9))
    store = machine.boot()
    state = machine.state
    store.database.close()
    with disk_of(10):
        after = SqliteJobStore(Database(state / NAME), 100)
        assert after.get("job_id_1").result == b"1"
        assert [*after.open_before(10**15)] == [("job_id_2", 1_002)]
        with pytest.raises(Unavailable):
            after.create(job(3))
    after.create(job(3))
    assert [found.id for found in machine.boot().jobs()] == ["job_id_1", "job_id_2", "job_id_3"]


def test_a_first_start_on_a_full_disk_writes_the_database_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with disk_of(10):
        store = SqliteJobStore(Database(path), 100)
        with pytest.raises(Unavailable):
            store.create(job(1))
        assert store.database.problem() is not None
    store.create(job(1))
    assert store.database.problem() is None
    store.database.close()
    assert list(SqliteJobStore(Database(path), 100).jobs()) == [job(1)]
    assert [found.name for found in tmp_path.glob("*.aside")] == []


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Iterator[tuple[SqliteJobStore, SmallDisk]]:
    with small_disk(tmp_path / "disk") as disk:
        database = Database(disk.path / NAME)
        yield SqliteJobStore(database, 10_000), disk
        database.close()


def create_until_refused(store: SqliteJobStore) -> None:
    """A full disk may have room in the last blocks of its files."""
    for number in range(2, 3_000):
        store.create(job(number))


def test_a_full_file_system_refuses_jobs_and_serves_the_rest(
    on_small_disk: tuple[SqliteJobStore, SmallDisk],
) -> None:
    store, disk = on_small_disk
    store.create(job(1))
    store.finish(job(1).succeed(b"1", now=9))
    with disk.full():
        with pytest.raises(Unavailable):
            create_until_refused(store)
        assert store.get("job_id_1").result == b"1"
        assert store.database.problem() is not None
    assert store.database.problem() is None
    store.create(job(5_000))


def test_a_closed_database_refuses_writes(closed: Path) -> None:
    database = Database(closed)
    database.close()
    with pytest.raises(Unavailable):
        database.write("DELETE FROM jobs")
    with pytest.raises(Unavailable):
        database.read("SELECT 1")


def test_synchronous_is_as_the_setting_says(tmp_path: Path) -> None:
    database = Database(tmp_path / NAME, "full")
    assert database.read("PRAGMA synchronous") == [(2,)]
    database.close()


def test_second_process_cannot_open_the_database(closed: Path) -> None:
    database = Database(closed)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite3.connect(closed, timeout=0).execute("SELECT * FROM jobs")
    database.close()


def test_long_check_of_a_database_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Database(tmp_path / NAME).close()
    monkeypatch.setattr(database, "LONG_CHECK_BYTES", 1_000)
    with caplog.at_level("INFO", "statline.store"):
        Database(tmp_path / NAME).close()
    assert f"checking {tmp_path / NAME} for damage" in caplog.text
