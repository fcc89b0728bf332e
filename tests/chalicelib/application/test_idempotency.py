"""Idempotency records, in every JobStore."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from chalicelib.application.idempotency import IdempotencyKey, IdempotencyRecord
from chalicelib.application.ports import JobStore
from tests.support.samples import job


def test_second_record_of_a_key_returns_the_first_unless_that_expired(store: JobStore) -> None:
    for number in (1, 2, 3):
        store.create(job(number))
    first, second, other = record("job_id_1"), record("job_id_2", "job_id_3"), record("job_id_3")
    bind = store.bind_idempotency_key

    assert store.get_idempotency_record("k1") is None
    assert bind(first) == first
    assert bind(second) == first
    assert bind(second, expired=other) == first
    assert bind(second, expired=first) == second
    assert bind(first, expired=first) == store.get_idempotency_record("k1") == second


def test_record_is_bound_before_its_job_exists_and_confirmed_once(store: JobStore) -> None:
    pending = replace(record("job_id_1"), pending=True)
    confirmed = record("job_id_1")

    assert store.bind_idempotency_key(pending) == pending == store.get_idempotency_record("k1")
    for _ in range(2):
        assert store.bind_idempotency_key(confirmed, expired=pending) == confirmed
    assert store.get_idempotency_record("k1") == confirmed
    assert store.bind_idempotency_key(pending) == confirmed


def test_records_of_different_keys_are_independent(store: JobStore) -> None:
    store.create(job(1))
    first = record("job_id_1")
    store.bind_idempotency_key(first)

    assert store.bind_idempotency_key(replace(first, key="k2")) == replace(first, key="k2")
    assert store.get_idempotency_record("k2") == replace(first, key="k2")


def test_concurrent_records_of_a_key_return_the_same_jobs(store: JobStore) -> None:
    for number in range(1, 9):
        store.create(job(number))
    records = [record(f"job_id_{number}") for number in range(1, 9)]
    for expired in (None, store.bind_idempotency_key(replace(records[0], jobs=("job_id_8",)))):
        with ThreadPoolExecutor(8) as pool:
            stored = pool.map(store.bind_idempotency_key, records, [expired] * 8)
            assert len({record.jobs for record in stored}) == 1


def test_key_and_request_are_stored_as_digests_that_ignore_member_order() -> None:
    key = IdempotencyKey.of_request("secret", "submit", {"a": 1, "b": 2})

    assert key == IdempotencyKey.of_request("secret", "submit", {"b": 2, "a": 1})
    assert key != IdempotencyKey.of_request("secret", "execute", {"a": 1, "b": 2})
    assert key.name == IdempotencyKey.of_request("secret", "submit", {}).name
    assert key.name != IdempotencyKey.of_request("other", "submit", {}).name
    assert {len(key.name), len(key.question)} == {64}
    assert "secret" not in key.name


def record(*jobs: str) -> IdempotencyRecord:
    return IdempotencyRecord("k1", "q", jobs, made=1_700_000_000_000)
