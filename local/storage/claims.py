"""The idempotency keys of a laptop: each is known for as long as its jobs are."""

from collections.abc import Container, Iterator
from dataclasses import asdict
from typing import Any

from chalicelib.application.idempotency import IdempotencyRecord


class Claims:
    """Claims by key. Not safe for threads: whoever owns the jobs guards it with them."""

    def __init__(self) -> None:
        self._claims: dict[str, IdempotencyRecord] = {}
        self._keys: dict[str, str] = {}  # by job

    def records(self) -> Iterator[dict[str, Any]]:
        """All of them, for the journal."""
        yield from map(claim_record, self._claims.values())

    def get(self, key: str) -> IdempotencyRecord | None:
        return self._claims.get(key)

    def add(self, claim: IdempotencyRecord, jobs: Container[str]) -> None:
        """Keep a claim, unless one of its jobs is gone already: it would never be forgotten."""
        if not all(job_id in jobs for job_id in claim.jobs):
            return
        self._claims[claim.key] = claim
        self._keys |= dict.fromkeys(claim.jobs, claim.key)

    def forget(self, job_id: str) -> None:
        """Whatever led to this job leads nowhere any more."""
        key = self._keys.pop(job_id, "")
        if key in self._claims and job_id in self._claims[key].jobs:
            del self._claims[key]


def claim_record(claim: IdempotencyRecord) -> dict[str, Any]:
    return {"claim": asdict(claim)}


def to_idempotency_record(record: dict[str, Any]) -> IdempotencyRecord:
    return IdempotencyRecord(
        str(record["key"]), str(record["question"]), tuple(map(str, record["jobs"])), int(record["made"])
    )
