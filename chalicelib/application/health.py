"""Health: checks that return what is wrong, run at most once a second."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

# Returns what is wrong, as a sentence for operators and clients, or None.
Check = Callable[[], str | None]

log = logging.getLogger("statline.health")

MAX_AGE = 1.0  # seconds


class HealthStatus(StrEnum):
    READY = "ready"
    DRAINING = "draining"
    DEGRADED = "degraded"


class Health(NamedTuple):
    """The status, and one sentence for each reason that it is not ready."""

    status: HealthStatus
    reasons: tuple[str, ...] = ()


class HealthChecker:
    """Runs the checks, and caches their outcome for a second."""

    def __init__(self, checks: Iterable[Check], clock: Callable[[], float] = time.monotonic) -> None:
        self._checks, self._clock = tuple(checks), clock
        self._lock = threading.Lock()
        self._checked_at: float | None = None
        self._reasons: tuple[str, ...] = ()

    def reasons(self) -> tuple[str, ...]:
        """Return what is wrong, in the order of the checks."""
        with self._lock:
            if self._checked_at is None or self._clock() - self._checked_at >= MAX_AGE:
                self._reasons = tuple(filter(None, map(run, self._checks)))
                # Read the clock afterwards: a check may take longer than its outcome is cached.
                self._checked_at = self._clock()
            return self._reasons

    def expire(self) -> None:
        """Discard the cached outcome, because a checked condition has changed."""
        with self._lock:
            self._checked_at = None


def run(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:
        log.exception("health check failed")
        return f"a health check failed: {type(error).__name__}"
