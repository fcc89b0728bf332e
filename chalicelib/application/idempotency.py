"""Idempotency keys: a request repeated with the same `Idempotency-Key` returns the jobs of the first one."""

import hashlib
import json
from dataclasses import dataclass

KEY_LIFETIME_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """The jobs that a key is bound to.

    `key` and `question` are the digests of the client's key and of its request, `jobs` are ids, `made` is in
    milliseconds since the epoch. A record is valid for a day, and only while all of its jobs exist; while it
    is `pending`, no client has their ids yet, and some of them may not be stored or queued.
    """

    key: str
    question: str
    jobs: tuple[str, ...]
    made: int
    pending: bool = False

    def expired(self, now: int) -> bool:
        return self.made + KEY_LIFETIME_SECONDS * 1000 <= now


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's key and its request, as digests: of fixed length, and without a client's secrets."""

    name: str
    question: str

    @classmethod
    def of_request(cls, text: str | None, *request: object) -> "IdempotencyKey | None":
        """Return the key of a request that has one. `request` is JSON: operation, statistic, body."""
        return None if text is None else cls(digest(text), digest(json.dumps(request, sort_keys=True)))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
