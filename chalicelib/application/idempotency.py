"""Idempotency keys: which jobs a client's key led to, so that it leads to no others."""

import hashlib
import json
from dataclasses import dataclass

KEY_LIFETIME_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """A key, hashed, and what it led to: the digest of what was asked, the ids of the jobs.

    `made` is in milliseconds since the epoch. A claim is void a day later, or when a job of it is gone.
    """

    key: str
    question: str
    jobs: tuple[str, ...]
    made: int


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's Idempotency-Key and what it is for, both as digests: no length, no secret of a client's."""

    name: str
    question: str

    @classmethod
    def of_request(cls, text: str | None, *request: object) -> "IdempotencyKey | None":
        """The key of a request that has one, for `request` as JSON values: operation, statistic, body."""
        return None if text is None else cls.of(text, *request)

    @classmethod
    def of(cls, text: str, *question: object) -> "IdempotencyKey":
        """`question` is JSON: the operation, what it is applied to, and the body."""
        return cls(digest(text), digest(json.dumps(question, sort_keys=True)))

    def record(self, jobs: tuple[str, ...], now: int) -> IdempotencyRecord:
        return IdempotencyRecord(self.name, self.question, jobs, now)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
