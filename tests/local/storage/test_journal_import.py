"""A home of an earlier version, whose jobs were in a journal."""

import json
import os
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import JobStatus
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import JobNotFound
from local.emulator.emulator import Emulator
from local.settings import LocalSettings
from local.storage.database import NAME, Database
from local.storage.journal_import import import_journal
from local.storage.sqlite_job_store import SqliteJobStore
from tests.conftest import running
from tests.local.emulator.test_emulator import finished
from tests.support.samples import GLOBAL_HUMUS, job

RESULT = b'{"a":1.5}'


def record(number: int, **changes: Any) -> dict[str, Any]:
    """A job as the journal had it."""
    return {
        "id": f"job_id_{number}",
        "statistic": "global_mean",
        "inputs": {"question": "Humus"},
        "dataset": "d" * 64,
        "accepted": 1_000 + number,
        "status": "accepted",
        "response": "raw",
        "media_type": "application/json",
        "started": None,
        "finished": None,
        "reason": None,
        "cause": None,
        "trace": "",
        "subscriber": {},
        "unsent": False,
        "fresh": False,
        "source": None,
        "computed": None,
        "checksum": None,
    } | changes


def done(number: int, **changes: Any) -> dict[str, Any]:
    facts = {"status": "successful", "started": 8, "finished": 9, "checksum": zlib.crc32(RESULT)}
    return record(number, **facts | changes)


CLAIM = {"key": "k", "question": "q", "jobs": ["job_id_1"], "made": 5}
HISTORY: list[dict[str, Any]] = [
    {"reserved": 100},
    {"job": record(1)},
    {"jobs": [record(2), record(3), record(4)]},
    {"job": done(1)},
    {"claim": CLAIM},
    {"job": record(2, status="failed", finished=9, reason="why", cause="NoUsableRows")},
    {"job": record(3, status="dismissed", finished=9, reason="dismissed by a client")},
    {"job": record(5, subscriber={"successUri": "http://a.test/"})},
    {"job": done(5, subscriber={"successUri": "http://a.test/"}, unsent=True)},
    {"job": done(6, subscriber={"successUri": "http://a.test/"}, unsent=True)},
    {"settled": "job_id_6"},
    {"job": done(7)},
    {"removed": "job_id_7"},
]


class EarlierHome:
    def __init__(self, folder: Path) -> None:
        self.journal, self.results = folder / "journal", folder / "results"
        self.results.mkdir()
        self.path = folder / NAME

    def write(self, *records: dict[str, Any], tail: bytes = b"") -> None:
        lines = (b"\n" + json.dumps(item, ensure_ascii=False).encode() for item in records)
        self.journal.write_bytes(b"".join(lines) + tail)

    def boot(self) -> SqliteJobStore:
        with closing(Database(self.path)) as database:
            import_journal(SqliteJobStore(database, 100), self.journal, self.results)
        return SqliteJobStore(Database(self.path), 100)


@pytest.fixture
def earlier(tmp_path: Path) -> EarlierHome:
    earlier = EarlierHome(tmp_path)
    for number in (1, 5, 6, 7):
        (earlier.results / f"job_id_{number}").write_bytes(RESULT)
    return earlier


def test_jobs_results_and_keys_are_imported_once(earlier: EarlierHome) -> None:
    earlier.write(*HISTORY)

    store = earlier.boot()

    assert store.get("job_id_1") == job(1, started=8).succeed(RESULT, now=9)
    assert store.get("job_id_2") == job(2).fail("why", now=9, cause="NoUsableRows")
    assert store.get("job_id_3").status is JobStatus.DISMISSED
    assert [*store.open_before(10**15)] == [("job_id_4", 1_004)]
    assert list(store.pending_callbacks_before(10**15)) == ["job_id_5"]
    with pytest.raises(JobNotFound):
        store.get("job_id_7")
    assert store.get_idempotency_record("k") == IdempotencyRecord("k", "q", ("job_id_1",), 5)
    assert store.reserve_ids(1)[0] > 100
    assert not earlier.journal.exists()
    assert earlier.journal.with_name("journal.imported").exists()


@pytest.mark.parametrize("content", [None, b"", b'{"a":9}'])
def test_job_with_damaged_result_file_is_computed_again(earlier: EarlierHome, content: bytes | None) -> None:
    earlier.write({"job": done(1, subscriber={"successUri": "http://a.test/"})})
    (earlier.results / "job_id_1").unlink()
    if content is not None:
        (earlier.results / "job_id_1").write_bytes(content)
    assert earlier.boot().get("job_id_1") == job(1)


def test_damaged_lines_are_skipped_and_no_id_repeats(earlier: EarlierHome) -> None:
    damaged = b'\n{"job": {"id": "job_id_900", "stat\n{"job": {"id": "job_id_7"}}\n[1]\n\xff\xfe'
    earlier.write({"job": record(1)}, tail=damaged)
    store = earlier.boot()
    assert [found.id for found in store.jobs()] == ["job_id_1"]
    assert store.reserve_ids(1)[0] > 900


def test_record_of_the_first_version_is_read(earlier: EarlierHome) -> None:
    names = ("id", "statistic", "inputs", "dataset", "accepted", "status", "finished", "reason", "checksum")
    earlier.write({"job": {name: value for name, value in done(1).items() if name in names}})
    assert earlier.boot().get("job_id_1") == job(1).succeed(RESULT, now=9)


def test_crash_during_the_import_repeats_it(earlier: EarlierHome) -> None:
    earlier.write(*HISTORY)
    before = earlier.boot()
    jobs = list(before.jobs())
    before.database.close()
    earlier.journal.with_name("journal.imported").rename(earlier.journal)
    assert list(earlier.boot().jobs()) == jobs


def test_unreadable_journal_is_an_error(earlier: EarlierHome) -> None:
    os.mkfifo(earlier.journal)
    with pytest.raises(OSError, match="no regular file"):
        earlier.boot()


def test_server_finishes_the_jobs_of_an_earlier_home(settings: LocalSettings) -> None:
    with running(settings) as emulator:
        dataset = emulator.service.dataset()
    for path in settings.state.glob(f"{NAME}*"):
        path.unlink()
    (settings.results / "job_id_1").write_bytes(RESULT)
    accepted = record(2, dataset=dataset, inputs={"question": "S1"})
    lines = (json.dumps(item) for item in ({"job": done(1)}, {"job": accepted}))
    (settings.state / "journal").write_text("".join(f"\n{line}" for line in lines))

    emulator = Emulator(settings)
    emulator.start()

    assert emulator.service.get("job_id_1").result == RESULT
    assert frozen_json(finished(emulator, "job_id_2")) == GLOBAL_HUMUS
    emulator.stop()
    assert (settings.results / "job_id_2").read_bytes() == GLOBAL_HUMUS
