"""What is particular to the job store on SQLite: restarts, retention, shared results, memory."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import Job, JobStatus, job_number
from chalicelib.application.job_record import to_record
from chalicelib.application.known_results import (
    computed_outcome,
    key_of,
    known_result,
    result_digest,
    reusing,
)
from chalicelib.application.pagination import FOR_EVER, Filter, page
from chalicelib.errors import JobNotFound
from local.storage import job_memory, sqlite_job_store
from local.storage.database import KNOWN, NAME, PAGE_BYTES, SCHEMA, WAL_PAGES, Database
from local.storage.job_memory import RecentJobs
from local.storage.job_rows import (
    NEWEST_FIRST,
    OPEN_JOBS,
    PENDING_CALLBACKS,
    STORE_RESULT,
    Stored,
    question_of,
    row_of,
    state_of,
)
from local.storage.sqlite_job_store import SqliteJobStore
from local.storage.sqlite_service_state import SqliteServiceState
from tests.local.machine import Machine
from tests.support.samples import job


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class CountedDatabase(Database):
    """A database that counts the rows that are read from it."""

    rows = 0

    def read(self, statement: str, *values: object) -> list[Any]:
        found = super().read(statement, *values)
        self.rows += len(found)
        return found


def count(store: SqliteJobStore, table: str) -> int:
    [(rows,)] = store.database.read(f"SELECT count(*) FROM {table}")
    return int(rows)


def test_jobs_and_results_are_the_same_after_a_crash(machine: Machine) -> None:
    store = machine.boot()
    for number in store.reserve_ids(12):
        store.create(job(number))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    store.finish(job(2).fail("why", now=9))
    before = [store.get(f"job_id_{n}") for n in range(1, 13)], list(store.jobs())

    after = machine.boot()

    assert ([after.get(f"job_id_{n}") for n in range(1, 13)], list(after.jobs())) == before
    assert [job_id for job_id, _ in after.open_before(10**15)] == [f"job_id_{n}" for n in range(3, 13)]
    assert after.count_open() == 10


def test_deleted_and_dismissed_jobs_stay_so_after_a_crash(machine: Machine) -> None:
    store = machine.boot()
    for number in store.reserve_ids(2):
        store.create(job(number))
    store.finish(job(1).succeed(b'{"a":1.5}', now=9))
    dismissed = store.finish(job(2).dismiss(now=9))
    store.delete("job_id_1")

    after = machine.boot()

    with pytest.raises(JobNotFound):
        after.get("job_id_1")
    assert list(after.jobs()) == [dismissed]
    assert after.count_open() == 0


def test_no_id_is_given_twice_after_a_crash(machine: Machine) -> None:
    first = machine.boot().reserve_ids(10)
    store = machine.boot()
    assert store.reserve_ids(10)[0] == first[-1] + 1
    store.create(job(500))
    assert machine.boot().reserve_ids(1)[0] == 501


def test_first_outcome_stands_after_a_crash(machine: Machine) -> None:
    store = machine.boot()
    store.create(job(1))
    first = store.finish(job(1).succeed(b"1", now=9))
    assert machine.boot().finish(job(1).fail("late", now=10)) == first


def test_idempotency_keys_outlive_a_crash_and_go_with_their_jobs(machine: Machine) -> None:
    store = machine.boot()
    store.create(job(1), job(2))
    record = store.bind_idempotency_key(IdempotencyRecord("k", "q", ("job_id_1", "job_id_2"), made=1))

    after = machine.boot()

    assert after.get_idempotency_record("k") == record
    after.delete("job_id_1")
    assert after.get_idempotency_record("k") is None


def test_pending_callbacks_outlive_a_crash(machine: Machine) -> None:
    store = machine.boot()
    open_job = job(1, subscriber={"successUri": "http://a.test/"})
    store.create(open_job)
    store.finish(open_job.succeed(b"1", now=9))

    after = machine.boot()

    assert list(after.pending_callbacks_before(10**15)) == ["job_id_1"]
    after.mark_delivered("job_id_1")
    assert list(machine.boot().pending_callbacks_before(10**15)) == []


def test_oldest_finished_jobs_beyond_the_limit_are_deleted(tmp_path: Path) -> None:
    machine = Machine(tmp_path, keep=3)
    store = machine.boot()
    for number in range(1, 9):
        store.create(job(number))
    for number in range(2, 9):
        store.finish(job(number).succeed(b"%d" % number, now=number))
    kept = ["job_id_1", "job_id_6", "job_id_7", "job_id_8"]
    assert [found.id for found in store.jobs()] == kept
    with pytest.raises(JobNotFound):
        store.get("job_id_2")
    assert [found.id for found in machine.boot().jobs()] == kept
    assert count(store, "results") == 3


def test_oldest_finished_jobs_beyond_the_bytes_are_deleted(tmp_path: Path) -> None:
    with closing(Database(tmp_path / NAME)) as database:
        store = SqliteJobStore(database, keep=1_000, keep_bytes=1_000_000)
        store.create(job(1))
        for number in range(2, 202):
            store.create(job(number))
            store.finish(job(number).succeed(b"%d" % number * 10_000, now=number))
            assert database.used_bytes() < 1_100_000

        kept = [found.id for found in store.jobs()]
        assert kept[0] == "job_id_1"
        assert kept[1:] == [f"job_id_{number}" for number in range(203 - len(kept), 202)]
        assert 10 < len(kept) < 60


def test_equal_results_count_for_each_job_that_has_a_file(tmp_path: Path) -> None:
    for _ in range(2):  # the second time as the first one left it
        with closing(Database(tmp_path / NAME)) as database:
            store = SqliteJobStore(database, keep=1_000, keep_bytes=1_000_000)
            for number in store.reserve_ids(60):
                store.create(job(number))
                store.finish(job(number).succeed(b"x" * 50_000, now=9))
                store.mark_delivered(f"job_id_{number}")
            assert len(list(store.jobs())) == 20


def test_open_jobs_and_pending_callbacks_are_found_by_their_index(machine: Machine) -> None:
    database = machine.boot().database
    for statement, values in ((OPEN_JOBS, (1,)), (PENDING_CALLBACKS, (2, 9))):
        plan = str(database.read(f"EXPLAIN QUERY PLAN {statement}", *values))
        assert "INDEX jobs_unsettled (state=?" in plan


def test_newest_job_stays_however_large_it_is(tmp_path: Path) -> None:
    with closing(Database(tmp_path / NAME)) as database:
        store = SqliteJobStore(database, keep=1_000, keep_bytes=100_000)
        for number in (1, 2):
            store.create(job(number))
            store.finish(job(number).succeed(b"%d" % number * 500_000, now=number))
        assert [found.id for found in store.jobs()] == ["job_id_2"]
        assert len(store.get("job_id_2").result or b"") == 500_000


def test_a_start_reads_no_finished_job(tmp_path: Path) -> None:
    rows = {}
    for finished in (0, 3_000):
        path = tmp_path / f"{finished}.db"
        with closing(Database(path)) as database:
            store = SqliteJobStore(database, keep=10_000)
            store.create(job(1), *(job(n).succeed(b"%d" % n, now=n) for n in range(2, finished + 2)))
        with closing(CountedDatabase(path)) as database:
            store = SqliteJobStore(database, keep=10_000)
            rows[finished] = database.rows
            assert store.count_open() == 1
    assert rows[3_000] == rows[0] < 10


def test_a_lower_limit_deletes_bit_by_bit(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_job_store, "PAGE", 3)
    store = machine.boot()
    for number in range(1, 9):
        store.create(job(number).fail("why", now=9))
    machine.keep = 2

    store = machine.boot()

    assert [found.id for found in store.jobs()] == [f"job_id_{number}" for number in range(4, 9)]
    for number in (9, 10):
        store.create(job(number))
        store.finish(job(number).fail("why", now=9))
    assert [found.id for found in store.jobs()] == ["job_id_9", "job_id_10"]


def test_a_lower_limit_deletes_at_the_next_start(machine: Machine) -> None:
    store = machine.boot()
    for number in range(1, 9):
        store.create(job(number))
        store.finish(job(number).fail("why", now=9))
    machine.keep = 2
    assert [found.id for found in machine.boot().jobs()] == ["job_id_7", "job_id_8"]


def test_equal_results_are_stored_once_and_go_with_the_last_job(machine: Machine) -> None:
    store = machine.boot()
    for number in range(1, 4):
        store.create(job(number))
        store.finish(job(number).succeed(b"same", now=9))
    assert count(store, "results") == 1
    store.delete("job_id_1")
    store.delete("job_id_3")
    assert machine.boot().get("job_id_2").result == b"same"
    store.delete("job_id_2")
    assert count(store, "results") == 0


def test_a_result_that_was_deleted_is_stored_again(machine: Machine) -> None:
    store = machine.boot()
    for number, result in ((1, b"same"), (2, b"other"), (3, b"same")):
        store.create(job(number))
        store.finish(job(number).succeed(result, now=9))
        store.delete(f"job_id_{number - 1}")
    assert store.get("job_id_3").result == machine.boot().get("job_id_3").result == b"same"


def finished(store: SqliteJobStore, number: int, result: bytes = b"same", **changes: object) -> Job:
    store.create(job(number, **changes))
    return store.finish(computed_outcome(job(number, **changes), result, 9))


def test_known_result_outlives_a_crash_and_goes_with_its_last_job(machine: Machine) -> None:
    store = machine.boot()
    first = finished(store, 1)
    known = known_result(first)
    store.create(reusing(job(2), known, 10))
    key = key_of(first)

    store = machine.boot()

    assert store.find_results([key]) == {key: known}
    store.delete("job_id_1")
    assert store.find_results([key]) == {key: known}
    store.delete("job_id_2")
    assert store.find_results([key]) == {}
    assert (count(store, "known"), count(store, "results")) == (0, 0)
    store.create(reusing(job(3), known, 11))  # from memory
    assert machine.boot().find_results([key]) == {key: known}


def test_known_results_are_bounded_by_the_jobs_that_are_kept(tmp_path: Path) -> None:
    machine = Machine(tmp_path, keep=3)
    store = machine.boot()
    for number in range(1, 50):
        finished(store, number, b"%d" % number, inputs={"question": f"Q{number}"})
    assert count(store, "known") == count(store, "results") == 3


def test_known_jobs_beyond_the_limit_delete_the_oldest(tmp_path: Path) -> None:
    machine = Machine(tmp_path, keep=3)
    store = machine.boot()
    known = known_result(finished(store, 1))
    for number in range(2, 20):
        store.create(reusing(job(number), known, number))
    assert [found.id for found in store.jobs()] == ["job_id_17", "job_id_18", "job_id_19"]
    assert count(store, "known") == 1


def test_delivered_callback_of_an_older_job_changes_no_known_result(machine: Machine) -> None:
    store, subscriber = machine.boot(), {"successUri": "http://a.test/"}
    finished(store, 1, subscriber=subscriber)
    second = finished(store, 2)
    store.mark_delivered("job_id_1")
    assert store.find_results([key_of(second)]) == {key_of(second): known_result(second)}


def test_lost_result_leaves_the_job_and_can_be_restored(machine: Machine) -> None:
    store = machine.boot()
    first = finished(store, 1)
    store.database.write("PRAGMA foreign_keys=OFF")
    store.database.write("DELETE FROM results")

    store = machine.boot()

    assert store.get("job_id_1") == replace(first, result=None)
    store.restore_result(first)
    assert store.get("job_id_1") == machine.boot().get("job_id_1") == first
    store.delete("job_id_1")
    store.restore_result(first)
    with pytest.raises(JobNotFound):
        store.get("job_id_1")
    assert count(store, "results") == 0


@pytest.mark.parametrize("version", [1, 2])
def test_database_of_an_earlier_version_is_read_and_goes_on(machine: Machine, version: int) -> None:
    """Its open jobs are finished, its callbacks delivered, and its results served, also after a restart."""
    done = job(1).succeed(b"old", now=9)
    told = replace(
        job(3, subscriber={"successUri": "http://s/"}).succeed(b"old", now=9), callback_pending=True
    )
    with closing(sqlite3.connect(machine.state / NAME, isolation_level=None)) as before:
        before.executescript(SCHEMA + (KNOWN if version == 2 else "") + f"PRAGMA user_version = {version};")
        before.execute(STORE_RESULT, (result_digest(b"old"), b"old"))
        for sequence, one in enumerate((done, job(2), told), 1):
            record, key = json.dumps(to_record(one)), result_digest(one.result) if one.result else None
            values = (job_number(one.id), one.accepted, state_of(one), sequence, record, key)
            before.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)", values)

    store = machine.boot()

    assert [store.get(f"job_id_{number}") for number in (1, 2, 3)] == [done, job(2), told]
    assert [job_id for job_id, _ in store.open_before(10**15)] == ["job_id_2"]
    assert store.names_dataset(done.dataset)
    assert not store.names_dataset("other")
    outcome = store.finish(computed_outcome(job(2), b"new", 9))
    store.mark_delivered("job_id_3")
    after = machine.boot()
    assert after.find_results([key_of(outcome)]) == {key_of(outcome): known_result(outcome)}
    assert list(after.pending_callbacks_before(10**15)) == []
    jobs = [done, outcome, replace(told, callback_pending=False)]
    assert [after.get(f"job_id_{number}") for number in (1, 2, 3)] == jobs


def test_question_is_stored_once_for_the_jobs_that_ask_it_and_goes_with_the_last(machine: Machine) -> None:
    store = machine.boot()
    for number in range(1, 5):
        store.create(job(number))
    store.create(job(5, inputs={"question": "other"}))
    assert count(store, "questions") == 2

    store.delete("job_id_5")
    for number in range(1, 4):
        store.delete(f"job_id_{number}")
    assert count(store, "questions") == 1
    store.delete("job_id_4")
    assert count(store, "questions") == 0
    store.create(job(6))  # asks what was forgotten

    assert machine.boot().get("job_id_6") == job(6)
    assert not store.names_dataset("other")


def test_question_of_a_job_whose_storing_failed_is_stored_with_the_next(machine: Machine) -> None:
    store = machine.boot()
    with pytest.raises(TypeError, match="not JSON serializable"):
        store.create(job(1), job(2, reason=b"no JSON"))

    store.create(job(3))

    assert machine.boot().get("job_id_3") == job(3)
    assert [one.id for one in store.jobs()] == ["job_id_3"]


@given(
    st.builds(
        dict,
        started=st.none() | st.integers(0, 3),
        finished=st.none() | st.integers(0, 3),
        status=st.sampled_from(JobStatus),
        result=st.none() | st.binary(max_size=3),
        digest=st.none() | st.just("other") | st.just("same"),
        version=st.none() | st.just(1),
    )
)
def test_fields_that_a_row_implies_are_read_as_they_were(fields: dict[str, Any]) -> None:
    """Of a successful job the table has the moment, the state and the digest in columns already."""
    if fields["result"] is not None:
        fields["status"] = JobStatus.SUCCESSFUL
    if fields["digest"] == "same":
        fields["digest"] = result_digest(fields["result"] or b"").hex()
    before = job(1, accepted=2, **fields)
    _, accepted, _, _, record, key, *_ = row_of(before, 1, 7)
    *_, whole = row_of(before, 1, None)

    for stored in (Stored(record, accepted, key, question_of(before)), Stored(whole, accepted, key, None)):
        assert stored.job(before.result) == before


def test_hundred_thousand_jobs_of_one_result_take_less_than_40_mb(machine: Machine) -> None:
    store = machine.boot()
    text = {"question": "Percent of adults aged 18 years and older who have an overweight classification"}
    first = computed_outcome(job(1, inputs=text, dataset="d" * 64, trace="t" * 32), b'{"a":1.5}', 9)
    store.create(first)
    known = known_result(first)
    assert known is not None
    empty = store.database.used_bytes()

    asked = (
        job(number, accepted=10**12, inputs=text, dataset="d" * 64, trace="t" * 32)
        for number in range(2, 1_002)
    )
    store.create(*(reusing(one, known, one.accepted) for one in asked))

    assert 100 * (store.database.used_bytes() - empty) + WAL_PAGES * PAGE_BYTES < 40_000_000


def test_polls_beyond_the_memory_read_the_database(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_memory, "LIMIT_BYTES", 3_100)
    store = machine.boot()
    for number in range(1, 8):
        store.create(job(number))
        store.finish(job(number).succeed(b"result %d" % number, now=9))
    assert [store.get(f"job_id_{n}").result for n in range(1, 8)] == [b"result %d" % n for n in range(1, 8)]


def test_polls_in_memory_are_bounded_by_the_bytes_of_texts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_memory, "LIMIT_BYTES", 1_000_000)
    memory = RecentJobs()
    for number in range(1, 101):
        memory.add(job(number, inputs={"question": "x" * 64_000}).fail("y" * 9_000, now=9))
    assert [number for number in range(1, 101) if memory.get(f"job_id_{number}")] == [98, 99, 100]


def test_lists_are_read_in_pages(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_job_store, "PAGE", 3)
    store = machine.boot()
    for number in range(1, 11):
        store.create(job(number, accepted=number // 4))
    expected = [f"job_id_{n}" for n in range(1, 11)]
    assert [found.id for found in machine.boot().jobs()] == expected
    assert [found.id for found in store.latest(10)] == expected[::-1]


def test_page_of_a_long_list_reads_the_rows_that_it_holds(tmp_path: Path) -> None:
    with closing(CountedDatabase(tmp_path / NAME)) as database:
        store = SqliteJobStore(database, keep=10_000)
        store.create(*map(job, range(1, 3_001)))
        database.rows = 0

        first = page(store.latest(FOR_EVER, 11), Filter(), 10, None)
        second = page(store.latest(first.jobs[-1].accepted, 11), Filter(), 10, first.next)

        assert [found.id for found in second.jobs] == [f"job_id_{n}" for n in range(2_990, 2_980, -1)]
        assert database.rows <= 50
        plan = str(database.read(f"EXPLAIN QUERY PLAN {NEWEST_FIRST}", 1, 1, 1))
        assert "USING INDEX jobs_by_acceptance" in plan
        assert "TEMP B-TREE" not in plan


def test_a_job_created_finished_is_one_write(machine: Machine) -> None:
    finished = job(1).succeed(b"known", now=9)
    store = machine.boot()
    store.create(finished)
    assert store.count_open() == 0
    assert store.get("job_id_1") == machine.boot().get("job_id_1") == finished


def test_followers_read_the_latest_state_of_changed_jobs(machine: Machine) -> None:
    store = machine.boot()
    store.create(job(1), job(2), job(3))
    first = store.changes(0, 10)
    store.finish(job(1).succeed(b"1", now=9))
    store.delete("job_id_2")

    changes = store.changes(first[-1].sequence, 10)

    assert [change.job() for change in changes] == [store.get("job_id_1")]
    assert store.deleted_since(first[-1].sequence, store.sequence) == ["job_id_2"]
    assert [change.job().id for change in store.changes(0, 1)] == ["job_id_3"]


def test_deleted_jobs_are_remembered_in_bounds(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_job_store, "TOMBSTONES", 2)
    store = machine.boot()
    store.create(*map(job, range(1, 5)))
    for number in range(1, 4):
        store.delete(f"job_id_{number}")
    assert store.deleted_since(0, store.sequence) is None
    assert store.deleted_since(store.sequence - 1, store.sequence) == ["job_id_3"]


def test_a_record_of_a_later_version_is_read(machine: Machine) -> None:
    store = machine.boot()
    store.create(job(1))
    [(record,)] = store.database.read("SELECT record FROM jobs")
    later = json.dumps(json.loads(record) | {"mood": "good"})
    store.database.write("UPDATE jobs SET record = ?", later)
    assert machine.boot().get("job_id_1") == job(1)


def test_service_state_outlives_the_process(tmp_path: Path) -> None:
    with closing(Database(tmp_path / NAME)) as database:
        SqliteServiceState(database).set(dataset="d", draining_since=5)
    with closing(Database(tmp_path / NAME)) as database:
        state = SqliteServiceState(database).read()
    assert (state.dataset, state.draining_since, state.quiet_since) == ("d", 5, 0)


def test_jobs_of_a_data_set_are_found(machine: Machine) -> None:
    store = machine.boot()
    store.create(Job("job_id_1", "best5", {"question": "Q"}, "a" * 64, accepted=1, status=JobStatus.ACCEPTED))
    assert (store.names_dataset("a" * 64), store.names_dataset("b" * 64)) == (True, False)
