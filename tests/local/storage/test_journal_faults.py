"""A journal on a full disk, removed by other people, or damaged: what was accepted stays accepted."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.errors import Unavailable
from local.storage.journal import encoded
from local.storage.records import to_record
from tests.local.machine import Machine
from tests.support.disks import disk_of
from tests.support.samples import job


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_the_disk_refuses_is_not_accepted(machine: Machine) -> None:
    """No record, no job, and no number used up; the next that fits is taken."""
    store = machine.boot()
    with disk_of((machine.disk / "journal").stat().st_size + 10):
        for _ in range(3):
            with pytest.raises(Unavailable, match="nothing can be stored now"):
                store.reserve_ids(10)
            with pytest.raises(Unavailable):
                store.create(job(1))
        assert store.count_open() == 0
        assert list(store.jobs()) == []
        assert ".statline/journal cannot be written" in str(store.journal_problem())
    assert store.journal_problem() is None
    assert store.reserve_ids(10) == range(1, 11)
    store.create(job(1))
    again = machine.boot()
    assert [found.id for found in again.jobs()] == ["job_id_1"]
    assert again.reserve_ids(1) == range(11, 12)


def test_an_outcome_that_the_journal_refuses_is_not_told(machine: Machine) -> None:
    """The job stays open, and its answer is taken later."""
    store = machine.boot()
    store.create(job(1))
    with disk_of((machine.disk / "journal").stat().st_size + 10), pytest.raises(Unavailable):
        store.finish(job(1).succeed(b"1", now=9))
    assert store.get("job_id_1") == job(1)
    assert list((machine.disk / "results").iterdir()) == []
    assert store.finish(job(1).succeed(b"1", now=10)) == store.get("job_id_1") == job(1).succeed(b"1", now=10)


def test_an_expiry_that_the_journal_refuses_ends_no_finish(tmp_path: Path) -> None:
    """The oldest goes another time."""
    machine = Machine(tmp_path, keep=1)
    store = machine.boot()
    for number in (1, 2, 3):
        store.create(job(number))
    store.finish(job(1).succeed(b"1", now=9))
    record = len(encoded({"job": to_record(job(2).succeed(b"2", now=9), zlib.crc32(b"2"))}))
    with disk_of((tmp_path / "journal").stat().st_size + record):
        assert store.finish(job(2).succeed(b"2", now=9)).result == b"2"
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"job_id_1", "job_id_2"}
    store.finish(job(3).succeed(b"3", now=9))
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"job_id_3"}


REMOVALS = {
    "removed": Path.unlink,
    "renamed": lambda path: path.rename(path.with_name("backup")),
    "replaced": lambda path: (path.unlink(), path.write_text("somebody's")),
}


@pytest.mark.parametrize("noticed_by", ["a job", "a look at the disk"])
@pytest.mark.parametrize("remove", REMOVALS.values(), ids=REMOVALS)
def test_a_removed_journal_comes_back(
    machine: Machine, remove: Callable[[Path], None], noticed_by: str
) -> None:
    """With all that was in it: what is written to a removed file, no later start would see."""
    store = machine.boot()
    store.reserve_ids(10)
    for number in (1, 2):
        store.create(job(number))
    store.finish(job(1).fail("why", now=9))
    remove(machine.disk / "journal")
    if noticed_by == "a job":
        store.create(job(3))
    else:
        assert store.journal_problem() is None
    before = list(store.jobs())
    again = machine.boot()
    assert list(again.jobs()) == before
    assert again.reserve_ids(1) == range(11, 12)


def test_a_removed_journal_that_cannot_come_back_takes_nothing(machine: Machine) -> None:
    """Not even a part of it: it comes back whole, when it can."""
    store = machine.boot()
    store.create(job(1))
    path = machine.disk / "journal"
    path.unlink()
    path.mkdir()
    for _ in range(2):
        with pytest.raises(Unavailable):
            store.create(job(2))
        assert "journal" in str(store.journal_problem())
    path.rmdir()
    assert store.journal_problem() is None
    assert [found.id for found in machine.boot().jobs()] == ["job_id_1"]


STRANGE = {
    "a later version's state": {"job": to_record(job(2)) | {"status": "paused"}},
    "a later version's record": {"pipeline": 1},
    "a job without a question": {"job": {"id": "job_id_2"}},
    "a job of another kind": {"job": to_record(job(2)) | {"id": "task_2"}},
    "a job that is a text": {"job": "job_id_2"},
    "numbers that are none": {"reserved": "many"},
    "a number beyond all": {"reserved": float("inf")},
    "a list of removals": {"removed": ["job_id_1"]},
}


@pytest.mark.parametrize("record", STRANGE.values(), ids=STRANGE)
def test_records_of_another_shape_are_passed_over_and_kept(
    machine: Machine, record: dict[str, object]
) -> None:
    """Their neighbours stay, no id in them is given again, and journal.unread has them word for word."""
    store = machine.boot()
    store.reserve_ids(1)
    store.create(job(1))
    with (machine.disk / "journal").open("ab") as file:
        file.write(encoded(record))
    store.create(job(3))
    again = machine.boot()
    assert [found.id for found in again.jobs()] == ["job_id_1", "job_id_3"]
    assert again.reserve_ids(1)[0] == 4
    assert json.loads((machine.disk / "journal.unread").read_text()) == record
    machine.boot()
    assert (machine.disk / "journal.unread").read_text().count("\n") == 1


def test_fields_of_a_later_version_do_no_harm(machine: Machine) -> None:
    """The job is known by the fields that this version has."""
    machine.boot()
    (machine.disk / "journal").write_bytes(encoded({"job": to_record(job(1)) | {"priority": 7}}))
    assert machine.boot().get("job_id_1") == job(1)


def test_a_journal_damaged_in_the_middle_keeps_the_rest(machine: Machine) -> None:
    """Zeros, as a power failure leaves them, cost the records that they cover; no id there is given again."""
    store = machine.boot()
    for number in range(1, 10):
        store.create(job(number))
    path = machine.disk / "journal"
    content = bytearray(path.read_bytes())
    start = content.index(b"job_id_9")
    content[start + 20 : start + 60] = bytes(40)
    start = content.index(b"job_id_4")
    content[start : start + 50] = bytes(50)
    path.write_bytes(content)
    again = machine.boot()
    assert [found.id for found in again.jobs()] == [f"job_id_{n}" for n in (1, 2, 3, 5, 6, 7, 8)]
    assert again.reserve_ids(1)[0] == 10
    assert b"job_id_9" in (machine.disk / "journal.unread").read_bytes()


def test_a_start_on_a_full_disk_serves_what_is_known(machine: Machine) -> None:
    """The journal is as it was, byte for byte, and takes jobs when there is room."""
    store = machine.boot()
    for number in (1, 2):
        store.create(job(number))
    store.finish(job(1).succeed(b"1", now=9))
    before = (machine.disk / "journal").read_bytes()
    with disk_of(10):
        again = machine.boot()
        assert again.get("job_id_1").result == b"1"
        assert machine.tasks == ["job_id_2"]
        with pytest.raises(Unavailable):
            again.create(job(3))
        assert (machine.disk / "journal").read_bytes() == before
    again.create(job(3))
    assert [found.id for found in machine.boot().jobs()] == ["job_id_1", "job_id_2", "job_id_3"]
