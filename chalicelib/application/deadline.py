"""Until when what is being done is waited for: whoever begins it says so, whoever waits for others asks."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_end: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done in here has this long, whatever had been said before; no thread inherits it."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def left() -> float:
    """Seconds; infinity outside `within`."""
    return _end.get() - time.monotonic()


def passed() -> bool:
    """Whether nobody waits any longer."""
    return left() <= 0
