"""Whether new jobs are taken, under which data set, and how far a drain is."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from chalicelib.capacity import Capacity
from chalicelib.control import Control, ControlRecord
from chalicelib.errors import Draining, NoDataset

log = logging.getLogger("statline.jobs")

DRAINING = "no new jobs are taken: shutting down"


class Drain(NamedTuple):
    """How far a drain is: jobs still open, and whether none can come any more."""

    left: int
    done: bool


class Admission:
    """Lets jobs in, and counts those on their way.

    A drain is settled `settle` milliseconds after the last open job was seen. `changed` is called when it
    begins or ends here.
    """

    def __init__(
        self,
        control: Control,
        capacity: Capacity,
        count_open: Callable[[], int],
        clock: Callable[[], int],
        settle: int,
        changed: Callable[[], None],
    ) -> None:
        self._control, self._capacity, self._count_open = control, capacity, count_open
        self._clock, self._settle, self._changed = clock, settle, changed
        self._lock = threading.Lock()
        self._entering = 0

    @contextmanager
    def admitted(self, count: int = 1) -> Iterator[str]:
        """The data set that so many jobs are accepted under. Raises Draining, NoDataset or Overloaded."""
        # Counted before the record is read: a drain that begins in between still waits for these jobs.
        with self._lock:
            self._entering += count
        try:
            record = self._control.read()
            if record.draining:
                raise Draining
            dataset = named(record)
            with self._capacity.places(count):
                yield dataset
        finally:
            with self._lock:
                self._entering -= count

    def num_jobs(self) -> int:
        """How many jobs are accepted, or being accepted, and not finished."""
        with self._lock:
            entering = self._entering
        return entering + self._count_open()

    def drain(self) -> Drain:
        """Take nothing new, and tell how far the rest is.

        Other processes see the drain when their copy of the control record is too old, and indexes lag:
        it is done when, after that time, no job was open twice, that time apart.
        """
        now = self._clock()
        if not self._control.read().draining:
            self._control.set(draining_since=now, quiet_since=0)
            self._changed()
            log.info("draining")
        record, left = self._control.read(), self.num_jobs()
        restless = left > 0 or now < record.draining_since + self._settle
        quiet_since = 0 if restless else record.quiet_since or now
        if quiet_since != record.quiet_since:
            self._control.set(quiet_since=quiet_since)
        return Drain(left, bool(quiet_since) and now >= quiet_since + self._settle)

    def reopen(self) -> None:
        """Take new jobs again after a drain."""
        self._control.set(draining_since=0, quiet_since=0)
        self._changed()
        log.info("open")

    def dataset(self) -> str:
        """The fingerprint of the data set that new jobs are accepted under. Raises NoDataset."""
        return named(self._control.read())

    def unready(self) -> str | None:
        """Why no jobs are taken now, or None."""
        try:
            record = self._control.read()
        except Exception as error:
            return f"the store does not answer ({type(error).__name__})"
        if not record.dataset:
            return str(NoDataset())
        return DRAINING if record.draining else None


def named(record: ControlRecord) -> str:
    if not record.dataset:
        raise NoDataset
    return record.dataset
