"""The mirror: what the disk has after a crash is what a client was told before it."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.application.job import Job, JobStatus
from chalicelib.errors import DatasetGone, JobNotFound, Unavailable
from local.storage import results
from tests.local.machine import Machine, nobody_asked
from tests.support.samples import job
from tests.support.trouble import Fault


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_answer_is_a_file(machine: Machine) -> None:
    """results/<job_id> is the answer as JSON; a failure's file says why."""
    store = machine.boot()
    store.create(job(1))
    store.create(job(2))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    store.finish(job(2).fail("no such state", now=9))
    assert (machine.disk / "results" / "job_id_1").read_bytes() == b'{"a":1.5}'
    assert json.loads((machine.disk / "results" / "job_id_2").read_text())["reason"] == "no such state"


def test_after_a_crash_everything_is_as_it_was(machine: Machine) -> None:
    """Finished jobs answer the same bytes, open ones are handed to the workers, in order."""
    store = machine.boot()
    for number in store.reserve_ids(12):
        store.create(job(number))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    store.finish(job(2).fail("why", now=9))
    before = [store.get(f"job_id_{n}") for n in range(1, 13)], list(store.jobs())
    again = machine.boot()
    assert ([again.get(f"job_id_{n}") for n in range(1, 13)], list(again.jobs())) == before
    assert machine.tasks == [f"job_id_{n}" for n in range(3, 13)]
    assert again.count_open() == 10


def test_what_was_removed_stays_removed(machine: Machine) -> None:
    """Record and file, after a restart too; so does a dismissal that did not remove."""
    store = machine.boot()
    for number in store.reserve_ids(2):
        store.create(job(number))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    dismissed = store.finish(job(2).dismiss(now=9))
    store.delete("job_id_1")
    again = machine.boot()
    with pytest.raises(JobNotFound):
        again.get("job_id_1")
    assert list(again.jobs()) == [again.get("job_id_2")] == [dismissed]
    assert machine.tasks == []


def test_no_id_is_given_again(machine: Machine) -> None:
    """Not after a crash, nor after one in the middle of a block, nor when the journal is deleted."""
    first = machine.boot().reserve_ids(10)
    second = machine.boot().reserve_ids(10)
    assert second[0] == first[-1] + 1
    (machine.disk / "journal").unlink()
    (machine.disk / "results" / "job_id_500").write_text("{}")
    (machine.disk / "results" / "notes.txt").write_text("somebody's")
    assert machine.boot().reserve_ids(1)[0] == 501
    assert (machine.disk / "results" / "notes.txt").exists()


def in_its_place(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


DAMAGES = {
    "deleted": Path.unlink,
    "written over": lambda path: path.write_bytes(b'{"a":9.9}'),
    "cut short": lambda path: path.write_bytes(b'{"a":'),
    "emptied": lambda path: path.write_bytes(b""),
    "a directory": in_its_place(Path.mkdir),
    "a link to nowhere": in_its_place(lambda path: path.symlink_to("nowhere")),
    "a link to itself": in_its_place(lambda path: path.symlink_to(path)),
    "a pipe": in_its_place(os.mkfifo),
    "all of results/ deleted": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_answer_is_computed_again(machine: Machine, damage: Callable[[Path], None]) -> None:
    """It is noticed when asked for, and never served: the job stays done, and its file comes back."""
    store = machine.boot()
    store.create(job(1))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    before, path = store.get("job_id_1"), machine.disk / "results" / "job_id_1"
    again = machine.boot()
    damage(path)
    machine.recompute = lambda job: b'{"a":1.5}'
    assert again.get("job_id_1") == before
    assert machine.tasks == []
    assert path.read_bytes() == b'{"a":1.5}'
    machine.recompute = nobody_asked
    assert again.get("job_id_1") == before


def gone(job: Job) -> bytes:
    raise DatasetGone(job.dataset)


@pytest.mark.parametrize("recompute", [gone, lambda job: b'{"a":1.6}'], ids=["data gone", "another answer"])
def test_an_answer_that_cannot_be_had_again_never_becomes_another(
    machine: Machine, recompute: Callable[[Job], bytes]
) -> None:
    """It is unavailable, and the job stays successful, until its file is back."""
    store = machine.boot()
    store.create(job(1))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    before, path = store.get("job_id_1"), machine.disk / "results" / "job_id_1"
    path.unlink()
    machine.recompute = recompute
    for _ in range(2):
        again = machine.boot()
        with pytest.raises(Unavailable, match="results/job_id_1"):
            again.get("job_id_1")
        assert [found.status for found in again.jobs()] == [JobStatus.SUCCESSFUL]
        assert again.count_open() == 0
    path.write_bytes(b'{"a":1.5}')
    assert again.get("job_id_1") == before


def test_a_torn_journal_loses_only_what_was_never_told(machine: Machine) -> None:
    """A record that was cut short is passed over; its neighbours stay."""
    store = machine.boot()
    store.create(job(1))
    with (machine.disk / "journal").open("ab") as file:
        file.write(b'\n{"job": {"id": "job_id_2", "stat')
    store.create(job(3))
    assert [one.id for one in machine.boot().jobs()] == ["job_id_1", "job_id_3"]


def test_old_results_go(tmp_path: Path) -> None:
    """The oldest finished beyond the setting: record and file; open jobs stay, however old."""
    machine = Machine(tmp_path, keep=3)
    store = machine.boot()
    for number in range(1, 9):
        store.create(job(number))
    for number in range(2, 9):
        store.finish(job(number).succeed(b"%d" % number, now=number))
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "job_id_6",
        "job_id_7",
        "job_id_8",
    ]
    with pytest.raises(JobNotFound):
        store.get("job_id_2")
    assert [one.id for one in machine.boot().jobs()] == [
        "job_id_1",
        "job_id_6",
        "job_id_7",
        "job_id_8",
    ]


def test_the_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is rewritten when most of it no longer matters, and still restores."""
    monkeypatch.setattr(results, "COMPACT_AFTER", 20)
    machine = Machine(tmp_path, keep=2)
    store = machine.boot()
    for number in range(1, 61):
        store.create(job(number))
        store.finish(job(number).succeed(b"1", now=number))
    assert (tmp_path / "journal").read_bytes().count(b"\n") < 60
    assert [one.id for one in machine.boot().jobs()] == ["job_id_59", "job_id_60"]


def test_what_a_killed_writer_left_is_removed(machine: Machine) -> None:
    """Ours alone: the files of other people stay."""
    machine.boot()
    for name in (".job_id_7.123.tmp", ".notes.tmp", "mine.tmp"):
        (machine.disk / "results" / name).touch()
    machine.boot()
    assert sorted(path.name for path in (machine.disk / "results").iterdir()) == [".notes.tmp", "mine.tmp"]


def test_a_deleted_folder_comes_back(machine: Machine) -> None:
    """People tidy up while the server runs."""
    store = machine.boot()
    store.create(job(1))
    (machine.disk / "results").rmdir()
    store.finish(job(1).succeed(b"1", now=9))
    assert (machine.disk / "results" / "job_id_1").read_bytes() == b"1"


def test_an_outcome_whose_answer_was_lost_stands_after_a_crash(machine: Machine) -> None:
    """The other store had taken it and failed to say so; a later attempt's outcome does not replace it."""
    store = machine.boot()
    store.create(job(1))
    machine.steps.plan(1, machine.steps.fault)  # after it was applied
    with pytest.raises(Fault):
        store.finish(job(1).succeed(b"1", now=9))
    first = store.finish(job(1).fail("given up", now=10))
    assert first == store.get("job_id_1") == job(1).succeed(b"1", now=9)
    assert machine.boot().get("job_id_1") == first
