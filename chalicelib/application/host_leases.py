"""Host leases: one callback attempt in flight for a host, and a pause after failures."""

from dataclasses import dataclass
from typing import NamedTuple

# Milliseconds. A lease outlasts one attempt with its calls to storage; it expires where its process crashed.
LEASE_MS = 10_000
# How long a host is left alone after its first failure in a row; the pause doubles up to the maximum.
FIRST_BACK_OFF_MS, LONGEST_BACK_OFF_MS = 500, 8_000
# A host that is at an attempt and has not failed is free again soon.
HEALTHY_WAIT_MS = 1_000
# No lease and no pause is so long: one that ends later was written before a clock was set back.
ABSURD_MS = 60_000
# Failures are forgotten so long after the last attempt.
FORGET_MS = 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class HostState:
    """The lease and the failures of a host. Times are in milliseconds.

    No attempt begins before `until`; `holder` is the process that makes one. `failures` counts the failed
    attempts in a row, the first of which ended at `failing_since`.
    """

    until: int = 0
    holder: str = ""
    failures: int = 0
    failing_since: int = 0

    def free(self, now: int) -> bool:
        return not now < self.until <= now + ABSURD_MS

    def lease(self, holder: str, now: int) -> "HostState":
        return HostState(now + LEASE_MS, holder, self.failures, self.failing_since)

    def fail(self, now: int) -> "HostState":
        pause = min(FIRST_BACK_OFF_MS << min(self.failures, 10), LONGEST_BACK_OFF_MS)
        return HostState(now + pause, "", self.failures + 1, self.failing_since or now)

    def busy(self, now: int) -> "Busy":
        left = self.until - now
        wait = min(left, HEALTHY_WAIT_MS) if self.holder and not self.failures else left
        return Busy(wait / 1000, now - self.failing_since if self.failures else 0)


class Lease(NamedTuple):
    """The right to one attempt at a host."""

    host: str
    state: HostState


class Busy(NamedTuple):
    """A host that is to be left alone for some seconds, and has failed for `failing_ms`."""

    seconds: float
    failing_ms: int
