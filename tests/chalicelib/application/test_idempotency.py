"""What a key leads to, in every JobStore."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from chalicelib.application.idempotency import IdempotencyKey, IdempotencyRecord
from chalicelib.application.ports import JobStore
from tests.support.samples import job


def test_a_key_is_bound_once(store: JobStore) -> None:
    """Whoever comes second is told of the first; a void claim counts as none, but only that one."""
    for number in (1, 2, 3):
        store.create(job(number))
    first, second = record("job_id_1"), record("job_id_2", "job_id_3")
    assert store.get_idempotency_record("k1") is None
    assert store.bind_idempotency_key(first) == first
    assert (
        store.bind_idempotency_key(second)
        == store.bind_idempotency_key(second, expired=record("job_id_3"))
        == first
    )
    assert store.bind_idempotency_key(second, expired=first) == second
    assert store.bind_idempotency_key(first, expired=first) == store.get_idempotency_record("k1") == second
    assert (
        store.bind_idempotency_key(replace(first, key="k2"))
        == store.get_idempotency_record("k2")
        == replace(first, key="k2")
    )


def test_of_many_claims_at_once_one_wins(store: JobStore) -> None:
    """Threads that bind one key to different jobs all hear the same."""
    for number in range(1, 9):
        store.create(job(number))
    claims = [record(f"job_id_{number}") for number in range(1, 9)]
    for expired in (None, store.bind_idempotency_key(replace(claims[0], jobs=("job_id_8",)))):
        with ThreadPoolExecutor(8) as pool:
            assert len({one.jobs for one in pool.map(store.bind_idempotency_key, claims, [expired] * 8)}) == 1


def test_a_key_and_its_request_are_digests() -> None:
    """Equal for equal requests, whatever the order of their members; of one length, and no key itself."""
    one, same = (
        IdempotencyKey.of_request("secret", "submit", {"a": 1, "b": 2}),
        IdempotencyKey.of_request("secret", "submit", {"b": 2, "a": 1}),
    )
    assert one == same != IdempotencyKey.of_request("secret", "execute", {"a": 1, "b": 2})
    assert (
        one.name
        == IdempotencyKey.of_request("secret", "submit", {}).name
        != IdempotencyKey.of_request("other", "submit", {}).name
    )
    assert {len(one.name), len(one.question)} == {64}
    assert "secret" not in one.name


def record(*jobs: str) -> IdempotencyRecord:
    return IdempotencyRecord("k1", "q", jobs, made=1_700_000_000_000)
