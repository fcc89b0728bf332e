"""The HostLeases port in the memory of one process."""

import threading
import time
from collections.abc import Callable
from itertools import count

from chalicelib.application.host_leases import FORGET_MS, Busy, HostState, Lease

# Hosts; beyond it those without an attempt for long are forgotten.
MANY = 1_000


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class MemoryHostLeases:
    """HostLeases, timed by a monotonic clock."""

    def __init__(self, clock: Callable[[], int] = monotonic_ms) -> None:
        self._clock, self._numbers, self._lock = clock, count(1), threading.Lock()
        self._states: dict[str, HostState] = {}

    def acquire(self, host: str) -> Lease | Busy:
        with self._lock:
            now, state = self._clock(), self._states.get(host, HostState())
            if not state.free(now):
                return state.busy(now)
            if len(self._states) >= MANY:
                self._forget(now)
            self._states[host] = leased = state.lease(str(next(self._numbers)), now)
            return Lease(host, leased)

    def release(self, lease: Lease, delivered: bool) -> float:
        with self._lock:
            now = self._clock()
            failed = lease.state.fail(now)
            if self._states.get(lease.host) == lease.state:
                if delivered:
                    del self._states[lease.host]
                else:
                    self._states[lease.host] = failed
            return 0.0 if delivered else failed.busy(now).seconds

    def _forget(self, now: int) -> None:
        self._states = {host: state for host, state in self._states.items() if now < state.until + FORGET_MS}
