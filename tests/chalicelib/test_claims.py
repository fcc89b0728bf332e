"""What a key leads to, in every JobStore."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from chalicelib.claims import Claim, Key
from chalicelib.stores import JobStore
from tests.samples import job


def test_a_key_is_bound_once(store: JobStore) -> None:
    """Whoever comes second is told of the first; a void claim counts as none, but only that one."""
    for number in (1, 2, 3):
        store.create(job(number))
    first, second = claim("job_id_1"), claim("job_id_2", "job_id_3")
    assert store.claimed("k1") is None
    assert store.claim(first) == first
    assert store.claim(second) == store.claim(second, void=claim("job_id_3")) == first
    assert store.claim(second, void=first) == second
    assert store.claim(first, void=first) == store.claimed("k1") == second
    assert store.claim(replace(first, key="k2")) == store.claimed("k2") == replace(first, key="k2")


def test_of_many_claims_at_once_one_wins(store: JobStore) -> None:
    """Threads that bind one key to different jobs all hear the same."""
    for number in range(1, 9):
        store.create(job(number))
    claims = [claim(f"job_id_{number}") for number in range(1, 9)]
    for void in (None, store.claim(replace(claims[0], jobs=("job_id_8",)))):
        with ThreadPoolExecutor(8) as pool:
            assert len({one.jobs for one in pool.map(store.claim, claims, [void] * 8)}) == 1


def test_a_key_and_its_request_are_digests() -> None:
    """Equal for equal requests, whatever the order of their members; of one length, and no key itself."""
    one, same = Key.of("secret", "submit", {"a": 1, "b": 2}), Key.of("secret", "submit", {"b": 2, "a": 1})
    assert one == same != Key.of("secret", "execute", {"a": 1, "b": 2})
    assert one.name == Key.of("secret", "submit", {}).name != Key.of("other", "submit", {}).name
    assert {len(one.name), len(one.question)} == {64}
    assert "secret" not in one.name


def claim(*jobs: str) -> Claim:
    return Claim("k1", "q", jobs, made=1_700_000_000_000)
