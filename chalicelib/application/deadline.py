"""The deadline of the current request, in a context variable."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_end: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set the deadline for this block, replacing an outer one. Other threads do not inherit it."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def left() -> float:
    """Return the seconds until the deadline; infinity when none is set."""
    return _end.get() - time.monotonic()
