"""results/ on a disk that is full, read-only, gone, or used by other people."""

import errno
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.observability.metrics import FOLLOWER_LAG
from local.storage import follower
from local.storage.database import NAME, Database
from local.storage.result_files import ResultFiles
from local.storage.sqlite_job_store import SqliteJobStore
from tests.support.disks import Lines, SmallDisk, disk_of, small_disk, wait_until
from tests.support.metrics import value
from tests.support.samples import job

RESULT = b'{"a":1.5}'


class Results:
    """A store, its results/ folder, and a follower that a test may start, or let copy by hand."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.folder, self.store = folder, SqliteJobStore(database, 1_000)
        self.files = ResultFiles(self.store, folder)
        self.highest = self.files.prepare()

    def finish(self, number: int, result: bytes = RESULT) -> None:
        self.store.create(job(number))
        self.store.finish(job(number).succeed(result, now=9))

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "state").mkdir()
    with closing(Database(tmp_path / "state" / NAME)) as database:
        yield database


@pytest.fixture
def results(database: Database, tmp_path: Path) -> Results:
    return Results(database, tmp_path / "results")


@pytest.fixture
def running(results: Results, monkeypatch: pytest.MonkeyPatch) -> Iterator[Results]:
    """With its thread."""
    monkeypatch.setattr(follower, "RETRY_SECONDS", 0.01)
    results.files.start()
    yield results
    results.files.stop()


def put_file_in_the_folders_place(results: Results) -> Callable[[], None]:
    """Return how it goes away."""
    shutil.rmtree(results.folder)
    results.folder.touch()
    return results.folder.unlink


def test_each_outcome_is_a_file_within_a_second(running: Results) -> None:
    running.finish(1)
    running.store.create(job(2), job(3))
    running.store.finish(job(2).fail("no such state: Größe", now=9))
    wait_until(lambda: running.names() == {"job_id_1", "job_id_2"})
    assert (running.folder / "job_id_1").read_bytes() == RESULT
    content = json.loads((running.folder / "job_id_2").read_text())
    assert content == {"status": "error", "reason": "no such state: Größe"}


def copied(results: Results, *numbers: int, result: bytes = RESULT) -> list[os.stat_result]:
    """Finish jobs with one result, copy them, and return the states of their files."""
    for number in numbers:
        results.finish(number, result)
    results.files.copy_batch()
    return [(results.folder / f"job_id_{number}").stat() for number in numbers]


def test_files_of_one_result_are_links_to_one_file(results: Results) -> None:
    first, second = copied(results, 1, 2)
    assert first.st_ino == second.st_ino
    [third] = copied(results, 3)
    assert (third.st_ino, third.st_nlink) == (first.st_ino, 3)
    [other] = copied(results, 4, result=b'{"a":2.5}')
    assert other.st_ino != first.st_ino
    results.store.delete("job_id_1")
    [fourth] = copied(results, 5)
    assert results.names() == {f"job_id_{number}" for number in (2, 3, 4, 5)}
    assert {(results.folder / f"job_id_{number}").read_bytes() for number in (2, 3, 5)} == {RESULT}
    assert fourth.st_size == len(RESULT)


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"mine"), Path.unlink])
def test_changed_or_removed_file_is_not_linked(results: Results, change: Callable[[Path], object]) -> None:
    copied(results, 1)
    change(results.folder / "job_id_1")
    copied(results, 2, 3)
    assert [(results.folder / f"job_id_{number}").read_bytes() for number in (2, 3)] == [RESULT] * 2


def test_files_are_copies_where_the_disk_has_no_links(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    first, second = copied(results, 1, 2)
    assert first.st_ino != second.st_ino
    assert {path.read_bytes() for path in results.folder.iterdir()} == {RESULT}


def test_foreign_file_in_the_place_of_a_link_is_quarantined(results: Results) -> None:
    copied(results, 1)
    (results.folder / "job_id_2").write_text("mine")
    copied(results, 2)
    assert (results.folder / "job_id_2").read_bytes() == RESULT
    assert (results.folder / "job_id_2.aside").read_text() == "mine"


def test_more_files_than_a_batch_are_written(running: Results) -> None:
    for number in range(1, 251):
        running.finish(number, b"%d" % number)
    wait_until(lambda: len(running.names()) == 250)
    wait_until(lambda: value(FOLLOWER_LAG, "files") == 0)


def test_the_file_of_a_deleted_job_is_removed(running: Results) -> None:
    running.finish(1)
    running.finish(2)
    wait_until(lambda: running.names() == {"job_id_1", "job_id_2"})
    wait_until(lambda: running.files.position == running.store.sequence)
    running.store.delete("job_id_1")
    wait_until(lambda: running.names() == {"job_id_2"})


def test_job_deleted_while_its_file_is_written_leaves_no_file(results: Results) -> None:
    class DeletingResults(ResultFiles):
        def _write(self, job: object) -> int:
            checksum = super()._write(job)
            results.store.delete("job_id_1")
            return checksum

    results.finish(1)
    files = DeletingResults(results.store, results.folder)
    files.copy_batch()
    files.copy_batch()
    assert results.names() == set()


def test_job_deleted_before_its_file_is_written_gets_no_file(results: Results) -> None:
    results.finish(1)
    results.store.delete("job_id_1")
    results.files.catch_up()
    assert results.names() == set()


def test_next_start_writes_and_removes_the_remaining_files(results: Results, database: Database) -> None:
    results.finish(1)
    results.files.catch_up()
    results.finish(2)
    results.store.delete("job_id_1")

    after = Results(database, results.folder)
    after.files.catch_up()

    assert after.names() == {"job_id_2"}


def test_stop_writes_the_remaining_files(running: Results) -> None:
    running.finish(1)
    running.files.stop()
    assert running.names() == {"job_id_1"}


def test_stale_temp_files_are_removed_on_start(results: Results, database: Database) -> None:
    """Ours alone: other people's files stay."""
    for name in (".job_id_7.123.tmp", ".notes.tmp", "mine.tmp"):
        (results.folder / name).touch()
    assert Results(database, results.folder).names() == {".notes.tmp", "mine.tmp"}


def test_deleted_folder_is_made_again(results: Results) -> None:
    results.folder.rmdir()
    results.finish(1)
    results.files.catch_up()
    assert (results.folder / "job_id_1").read_bytes() == RESULT


def test_folder_that_cannot_be_written_degrades_health_and_is_retried(running: Results) -> None:
    with Lines() as lines:
        mend = put_file_in_the_folders_place(running)
        for number in range(1, 4):
            running.finish(number)
        assert "results/ cannot be written" in str(running.files.problem())
        mend()
        wait_until(
            lambda: running.folder.exists() and running.names() == {"job_id_1", "job_id_2", "job_id_3"}
        )
        assert running.files.problem() is None
    assert lines == [
        "results/ cannot be written (Not a directory): "
        "answers are served all the same and written when it can be",
        "results/ can be written again",
    ]


def test_health_check_writes_waiting_files(results: Results) -> None:
    mend = put_file_in_the_folders_place(results)
    results.finish(1)
    results.files.catch_up()
    assert results.files.problem() is not None
    mend()
    assert results.files.problem() is None
    assert results.names() == {"job_id_1"}


def test_folder_that_cannot_be_made_is_retried_after_the_start(database: Database, tmp_path: Path) -> None:
    (tmp_path / "results").symlink_to(tmp_path / "disk that is not mounted" / "results")
    results = Results(database, tmp_path / "results")
    assert results.highest == 0
    assert results.files.problem() is not None
    results.finish(1)
    (tmp_path / "disk that is not mounted" / "results").mkdir(parents=True)
    assert results.files.problem() is None
    assert results.names() == {"job_id_1"}


def test_health_check_notices_a_broken_folder_before_any_job(results: Results) -> None:
    mend = put_file_in_the_folders_place(results)
    assert results.files.problem() is not None
    mend()
    assert results.files.problem() is None
    assert results.names() == set()


def test_file_that_does_not_fit_is_written_when_there_is_room(results: Results) -> None:
    results.finish(1)
    results.finish(2, b"x" * 6000)
    with disk_of(5000):
        results.files.catch_up()
        assert results.names() <= {"job_id_1"}
        assert results.files.problem() is not None
    assert results.files.problem() is None
    assert results.names() == {"job_id_1", "job_id_2"}


STRANGERS: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("somebody's"),
    "a directory": lambda path: (path.mkdir(), (path / "inside").write_text("somebody's")),
    "a link to a file": lambda path: path.symlink_to(path.with_name("elsewhere")),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS)
def test_foreign_file_in_a_results_place_is_quarantined(
    results: Results, make: Callable[[Path], object]
) -> None:
    elsewhere = results.folder / "elsewhere"
    elsewhere.write_text("somebody's")
    (results.folder / "job_id_1.aside").write_text("an earlier one")
    make(results.folder / "job_id_1")

    results.finish(1)
    results.files.catch_up()

    assert (results.folder / "job_id_1").read_bytes() == RESULT
    assert not (results.folder / "job_id_1").is_symlink()
    assert elsewhere.read_text() == "somebody's"
    assert (results.folder / "job_id_1.aside").read_text() == "an earlier one"
    aside = results.folder / "job_id_1.aside2"
    kept = aside / "inside" if aside.is_dir() else aside
    assert aside.is_symlink() or aside.is_fifo() or kept.read_text() == "somebody's"


@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS)
def test_foreign_file_is_not_removed_with_a_job(results: Results, make: Callable[[Path], object]) -> None:
    (results.folder / "elsewhere").write_bytes(RESULT)
    results.finish(1)
    results.files.catch_up()
    (results.folder / "job_id_1").unlink()
    make(results.folder / "job_id_1")

    results.store.delete("job_id_1")
    results.files.catch_up()

    assert results.names() == {"elsewhere", "job_id_1"}
    assert results.files.problem() is None


def test_a_file_of_the_same_content_is_left(results: Results) -> None:
    (results.folder / "job_id_1").write_bytes(RESULT)
    results.finish(1)
    results.files.catch_up()
    assert results.names() == {"job_id_1"}


def test_file_name_with_too_many_digits_reserves_no_id(results: Results, tmp_path: Path) -> None:
    for name in ("job_id_7", f"job_id_{'9' * 18}", "job_id_007", "notes"):
        (tmp_path / "results" / name).touch()
    assert results.files.prepare() == 7


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", size="1m") as disk:
        yield disk


@pytest.mark.parametrize("fault", ["full", "read_only"])
def test_writes_and_removals_wait_for_a_full_or_read_only_disk(
    database: Database, disk: SmallDisk, fault: str
) -> None:
    results = Results(database, disk.path / "results")
    results.finish(1)
    results.finish(2)
    results.files.catch_up()
    with getattr(disk, fault)():
        results.finish(3, RESULT * 1000)
        if fault == "read_only":
            results.store.delete("job_id_2")
        results.files.catch_up()
        assert results.names() == {"job_id_1", "job_id_2"}
        assert "results/ cannot be written" in str(results.files.problem())
    results.store.delete("job_id_2")
    results.files.catch_up()
    assert results.files.problem() is None
    assert results.names() == {"job_id_1", "job_id_3"}


def test_follower_survives_a_store_that_cannot_be_read(running: Results, tmp_path: Path) -> None:
    running.store.database.close()
    threading.Event().wait(0.05)
    assert running.files._thread.is_alive()


def test_dismissed_jobs_have_a_file_too(results: Results) -> None:
    results.store.create(job(1))
    results.store.finish(replace(job(1)).dismiss(now=9))
    results.files.catch_up()
    assert "dismissed by a client" in (results.folder / "job_id_1").read_text()
