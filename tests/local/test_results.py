"""The mirror: what the disk has after a crash is what a client was told before it."""

import json
from pathlib import Path

import pytest

from chalicelib.aws import Aws
from chalicelib.config import Settings
from chalicelib.errors import JobNotFound
from chalicelib.jobs import JobStatus
from chalicelib.stores import DynamoJobStore
from local import results
from local.aws import connect
from local.journal import Journal
from local.results import MirroredStore
from tests.samples import job
from tests.simulated import SimulatedStore
from tests.trouble import Fault, Steps


class Machine:
    """One machine whose process can die: each boot has an empty moto and the same disk."""

    def __init__(self, disk: Path, keep: int = 100) -> None:
        self.disk, self.keep = disk, keep
        self.tasks: list[str] = []

    def boot(self, clients: Aws) -> MirroredStore:
        inner = DynamoJobStore(clients, "statline", "statline", inline_limit=1000)
        store = MirroredStore(inner, self.disk / "results", Journal(self.disk / "journal"), self.keep)
        self.tasks = []
        store.restore(self.tasks.append)
        return store

    def crash(self, clients: Aws) -> MirroredStore:
        clients.dynamodb.delete_table(TableName="statline")
        for found in clients.s3.list_objects_v2(Bucket="statline").get("Contents", []):
            clients.s3.delete_object(Bucket="statline", Key=found["Key"])
        clients.s3.delete_bucket(Bucket="statline")
        return self.boot(connect(Settings()))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_answer_is_a_file(machine: Machine, clients: Aws) -> None:
    """results/<job_id> is the answer as JSON; a failure's file says why."""
    store = machine.boot(clients)
    store.create(job(1))
    store.create(job(2))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    store.finish(job(2).fail("no such state", now=9))
    assert (machine.disk / "results" / "job_id_1").read_bytes() == b'{"a":1.5}'
    assert json.loads((machine.disk / "results" / "job_id_2").read_text())["reason"] == "no such state"


def test_after_a_crash_everything_is_as_it_was(machine: Machine, clients: Aws) -> None:
    """Finished jobs answer the same bytes, open ones are handed to the workers, in order."""
    store = machine.boot(clients)
    for number in store.reserve_ids(12):
        store.create(job(number))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    store.finish(job(2).fail("why", now=9))
    before = [store.get(f"job_id_{n}") for n in range(1, 13)], list(store.jobs())
    again = machine.crash(clients)
    assert ([again.get(f"job_id_{n}") for n in range(1, 13)], list(again.jobs())) == before
    assert machine.tasks == [f"job_id_{n}" for n in range(3, 13)]
    assert again.count_open() == 10


def test_no_id_is_given_again(machine: Machine, clients: Aws) -> None:
    """Not after a crash, nor after one in the middle of a block, nor when the journal is deleted."""
    first = machine.boot(clients).reserve_ids(10)
    second = machine.crash(clients).reserve_ids(10)
    assert second[0] == first[-1] + 1
    (machine.disk / "journal").unlink()
    (machine.disk / "results" / "job_id_500").write_text("{}")
    (machine.disk / "results" / "notes.txt").write_text("somebody's")
    assert machine.crash(clients).reserve_ids(1)[0] == 501
    assert (machine.disk / "results" / "notes.txt").exists()


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b'{"a":9.9}')])
def test_a_damaged_answer_is_computed_again(machine: Machine, clients: Aws, damage: object) -> None:
    """It is noticed when asked for, and never served."""
    store = machine.boot(clients)
    store.create(job(1))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    again = machine.crash(clients)
    damage(machine.disk / "results" / "job_id_1")  # type: ignore[operator]
    assert again.get("job_id_1").status is JobStatus.ACCEPTED
    assert machine.tasks == ["job_id_1"]
    again.finish(job(1).succeed(b'{"a":1.5}', now=99))
    assert again.get("job_id_1").answer == b'{"a":1.5}'


def test_a_torn_journal_loses_only_what_was_never_told(machine: Machine, clients: Aws) -> None:
    """A record that was cut short is passed over; its neighbours stay."""
    store = machine.boot(clients)
    store.create(job(1))
    with (machine.disk / "journal").open("ab") as file:
        file.write(b'\n{"job": {"id": "job_id_2", "stat')
    store.create(job(3))
    assert [one.id for one in machine.crash(clients).jobs()] == ["job_id_1", "job_id_3"]


def test_old_results_go(tmp_path: Path, clients: Aws) -> None:
    """The oldest finished beyond the setting: record and file; open jobs stay, however old."""
    machine = Machine(tmp_path, keep=3)
    store = machine.boot(clients)
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
    assert [one.id for one in machine.crash(clients).jobs()] == [
        "job_id_1",
        "job_id_6",
        "job_id_7",
        "job_id_8",
    ]


def test_the_journal_does_not_grow_for_ever(
    tmp_path: Path, clients: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is rewritten when most of it no longer matters, and still restores."""
    monkeypatch.setattr(results, "COMPACT_AFTER", 20)
    machine = Machine(tmp_path, keep=2)
    store = machine.boot(clients)
    for number in range(1, 61):
        store.create(job(number))
        store.finish(job(number).succeed(b"1", now=number))
    assert (tmp_path / "journal").read_bytes().count(b"\n") < 60
    assert [one.id for one in machine.crash(clients).jobs()] == ["job_id_59", "job_id_60"]


def test_what_a_killed_writer_left_is_removed(machine: Machine, clients: Aws) -> None:
    """Ours alone: the files of other people stay."""
    machine.boot(clients)
    for name in (".job_id_7.123.tmp", ".notes.tmp", "mine.tmp"):
        (machine.disk / "results" / name).touch()
    machine.crash(clients)
    assert sorted(path.name for path in (machine.disk / "results").iterdir()) == [".notes.tmp", "mine.tmp"]


def test_a_deleted_folder_comes_back(machine: Machine, clients: Aws) -> None:
    """People tidy up while the server runs."""
    store = machine.boot(clients)
    store.create(job(1))
    (machine.disk / "results").rmdir()
    store.finish(job(1).succeed(b"1", now=9))
    assert (machine.disk / "results" / "job_id_1").read_bytes() == b"1"


def test_what_the_disk_refuses_is_not_accepted(machine: Machine, clients: Aws) -> None:
    """No record, no job."""
    store = machine.boot(clients)
    store._journal.close()
    (machine.disk / "journal").unlink()
    (machine.disk / "journal").mkdir()
    with pytest.raises(OSError, match="journal"):
        store.create(job(1))
    assert store.count_open() == 0


def test_an_outcome_whose_answer_was_lost_stands_after_a_crash(tmp_path: Path) -> None:
    """The other store had taken it and failed to say so; a later attempt's outcome does not replace it."""
    steps = Steps()

    def boot() -> MirroredStore:
        store = MirroredStore(SimulatedStore(steps), tmp_path / "results", Journal(tmp_path / "journal"), 100)
        store.restore(lambda job_id: None)
        return store

    store = boot()
    store.create(job(1))
    steps.plan(1, steps.fault)  # after it was applied
    with pytest.raises(Fault):
        store.finish(job(1).succeed(b"1", now=9))
    first = store.finish(job(1).fail("given up", now=10))
    assert first == store.get("job_id_1") == job(1).succeed(b"1", now=9)
    assert boot().get("job_id_1") == first
