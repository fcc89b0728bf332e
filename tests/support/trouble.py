"""Planned trouble: a crash, a failed call or another process, at one exact moment of a step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hypothesis import strategies as st

from chalicelib.errors import Unavailable


class Crash(BaseException):
    """Raised when the process crashes. A BaseException, so that no handler in the service catches it."""


class Fault(Unavailable):
    """Raised when a call fails. The caller cannot know whether it was applied."""


class Steps:
    """The moments before and after every call of a port. An event can be planned for one of them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._moments, self._event = 0, None

    def plan(self, moment: int, event: Callable[[], None]) -> None:
        """Call `event` at this moment, counted from 0 from now on."""
        self._moments, self._event = moment, event

    def crash(self) -> None:
        raise Crash

    def fault(self) -> None:
        raise Fault

    def outage(self) -> None:
        """Fail this call and every later one."""
        self.plan(0, self.outage)
        raise Fault

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call with two moments: before it, and after it was applied."""
        self._pass()
        yield
        self._pass()

    def _pass(self) -> None:
        if self._event is None:
            return
        if self._moments:
            self._moments -= 1
            return
        event = self._event
        self.clear()
        event()


class Trouble(NamedTuple):
    """A kind of trouble, and the moment of a step at which it happens."""

    kind: str
    moment: int


OWN = ["crash", "fault", "outage"]
OF_OTHERS = [
    "submit",
    "submit with a key",
    "deliver",
    "run a turn",
    "fail dead letters",
    "sweep",
    "late sweep",
    "drain",
    "dismiss",
]
MOMENTS = 20  # at least as many as a step has
troubles = st.none() | st.builds(Trouble, st.sampled_from(OWN + OF_OTHERS), st.integers(0, MOMENTS - 1))
