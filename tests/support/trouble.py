"""Trouble that a test plans: crashes, failed calls, lost answers, at exactly one step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hypothesis import strategies as st


class Crash(BaseException):
    """The process dies at this step; no handler in the service may live on after it."""


class Fault(Exception):
    """A call that failed. Whether it was applied, the caller cannot know."""


class Steps:
    """The moments before and after every call to the outside; something can be planned for one of them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._moments, self._happening = 0, None

    def plan(self, moment: int, happening: Callable[[], None]) -> None:
        """Have `happening` called at the moment of that number from now on, counted from 0."""
        self._moments, self._happening = moment, happening

    def crash(self) -> None:
        raise Crash

    def fault(self) -> None:
        raise Fault

    def outage(self) -> None:
        """This and every later call fails."""
        self.plan(0, self.outage)
        raise Fault

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call: what happens at its second moment happens after it was applied."""
        self._pass()
        yield
        self._pass()

    def _pass(self) -> None:
        if self._happening is None:
            return
        if self._moments:
            self._moments -= 1
            return
        happening = self._happening
        self.clear()
        happening()


class Trouble(NamedTuple):
    """What happens, and at which of a step's moments: one before and one after each call to the outside."""

    what: str
    moment: int


OURS = ["crash", "fault", "outage"]
ANOTHERS = ["submit", "submit with a key", "deliver", "bury", "sweep", "late sweep", "drain", "dismiss"]
MOMENTS = 16  # no fewer than a step has
troubles = st.none() | st.builds(Trouble, st.sampled_from(OURS + ANOTHERS), st.integers(0, MOMENTS - 1))
