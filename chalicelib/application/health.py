"""Is the service well: its own checks and those of whoever assembled it, made at most once a second."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

# What is wrong, as a sentence for whoever runs the service and for anyone who asks; None if nothing is.
Check = Callable[[], str | None]

log = logging.getLogger("statline.health")

MAX_AGE = 1.0


class HealthStatus(StrEnum):
    READY = "ready"
    DRAINING = "draining"
    DEGRADED = "degraded"


class Health(NamedTuple):
    """The status, and a sentence for everything that is not as it should be."""

    status: HealthStatus
    reasons: tuple[str, ...] = ()


class HealthChecker:
    """Checks, and what they said last."""

    def __init__(self, checks: Iterable[Check], clock: Callable[[], float] = time.monotonic) -> None:
        self._checks, self._clock = tuple(checks), clock
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._reasons: tuple[str, ...] = ()

    def reasons(self) -> tuple[str, ...]:
        """What is wrong, in the order of the checks."""
        with self._lock:
            if self._asked_at is None or self._clock() - self._asked_at >= MAX_AGE:
                self._reasons = tuple(filter(None, map(outcome, self._checks)))
                # Afterwards: a check may take longer than its outcome is kept.
                self._asked_at = self._clock()
            return self._reasons

    def expire(self) -> None:
        """Ask anew next time: something that a check looks at has changed."""
        with self._lock:
            self._asked_at = None


def outcome(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:
        log.exception("a health check")
        return f"a health check failed: {type(error).__name__}"
