"""Keys are known for as long as their jobs are, and no longer."""

from pathlib import Path

from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import Job
from local.storage.claims import Claims
from local.storage.journal import Journal
from local.storage.results import MirroredStore
from tests.support.samples import job
from tests.support.simulated import SimulatedStore


def record(key: str, *jobs: str) -> IdempotencyRecord:
    return IdempotencyRecord(key, "q", jobs, made=1)


def test_a_claim_goes_with_the_first_of_its_jobs() -> None:
    """Others stay; so does what a key leads to by now, when what it led to before goes."""
    claims = Claims()
    claims.add(record("a", "job_id_1", "job_id_2"), {"job_id_1", "job_id_2"})
    claims.add(record("b", "job_id_3"), {"job_id_3"})
    claims.add(record("b", "job_id_4"), {"job_id_4"})
    for gone in ("job_id_2", "job_id_3", "job_id_9"):
        claims.forget(gone)
    assert claims.get("a") is None
    assert claims.get("b") == record("b", "job_id_4")
    assert len(list(claims.records())) == 1


def test_a_claim_on_a_job_that_is_gone_is_not_kept() -> None:
    """Nothing would ever remove it."""
    claims = Claims()
    claims.add(record("a", "job_id_1", "job_id_2"), {"job_id_2"})
    assert claims.get("a") is None


def test_keys_are_as_many_as_jobs_at_most(tmp_path: Path) -> None:
    """Also after a restart: the oldest jobs go, and their keys with them."""

    def mirrored() -> MirroredStore:
        store = MirroredStore(
            SimulatedStore(),
            tmp_path / "results",
            Journal(tmp_path / "journal"),
            2,
            recomputed,
            lambda _: None,
        )
        store.restore(lambda job_id: None)
        return store

    def recomputed(job: Job) -> bytes:
        return b"1"

    store = mirrored()
    for number in range(1, 6):
        store.create(job(number))
        store.bind_idempotency_key(record(f"k{number}", f"job_id_{number}"))
        store.finish(job(number).succeed(b"1", now=9_000))
    for one in (store, mirrored()):
        kept = [number for number in range(1, 6) if one.get_idempotency_record(f"k{number}")]
        assert kept == [4, 5]
