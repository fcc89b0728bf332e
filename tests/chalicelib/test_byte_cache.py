"""Caches that are bounded by bytes."""

from chalicelib.adapters.shared_results import compressed
from chalicelib.application.known_results import result_digest
from chalicelib.byte_cache import cached
from chalicelib.documents.result_table import RENDERED_BYTES, render


def test_least_recently_used_entries_go_first() -> None:
    calls = []

    @cached(1_000)
    def double(text: bytes) -> bytes:
        calls.append(text[:1])
        return text * 2

    for letter in b"a", b"b", b"a", b"c", b"a", b"b":
        assert double(letter * 50) == letter * 100

    assert calls == [b"a", b"b", b"c", b"b"]


def test_large_results_leave_the_caches_in_their_bounds() -> None:
    """With one of some megabytes each, bounds by number let through hundreds of megabytes."""
    rows = ",".join(f'["Place {number:05}",{number}.5]' for number in range(30_000))
    for number in range(20):
        stored = f"[1,[[{number}.5,1],{rows}]]".encode()
        compressed(stored)
        result_digest(stored)
        if number < 3:
            render("states_mean", stored)
    assert 0 < compressed.cache.size <= 16_000_000
    assert 0 < result_digest.cache.size <= 16_000_000
    assert 0 < render.cache.size <= RENDERED_BYTES
