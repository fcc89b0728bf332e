"""A part of the job list: which jobs, and where the next part begins."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from chalicelib.application.job import Job, JobStatus, by_acceptance

FOR_EVER = 10**15  # ms since the epoch
# Jobs that one page looks at: a filter that few jobs pass must not read the whole table for one request.
LOOKED_AT = 5_000


class Position(NamedTuple):
    """A job's place in the list, as by_acceptance gives it. It stays the same, whatever comes or goes."""

    accepted: int
    number: int


@dataclass(frozen=True)
class Filter:
    """Which jobs are listed. Empty sets filter nothing; times are milliseconds since the epoch,
    both ends included, durations milliseconds.
    """

    processes: frozenset[str] = frozenset()
    statuses: frozenset[JobStatus] = frozenset()
    earliest: int = 0
    latest: int = FOR_EVER
    shortest: int | None = None
    longest: int | None = None

    def takes(self, job: Job) -> bool:
        return (
            (not self.processes or job.statistic in self.processes)
            and (not self.statuses or job.status in self.statuses)
            and self.earliest <= job.accepted <= self.latest
            and self._lasted(job)
        )

    def _lasted(self, job: Job) -> bool:
        if self.shortest is None and self.longest is None:
            return True
        if job.started is None or job.finished is None:
            return False  # of a job that was not computed there is no duration
        took = job.finished - job.started
        return (self.shortest or 0) <= took <= (FOR_EVER if self.longest is None else self.longest)


class Page(NamedTuple):
    """`next` is where to go on, None at the end of the list."""

    jobs: list[Job]
    next: Position | None


def page(
    newest_first: Iterable[Job],
    wanted: Filter,
    limit: int,
    after: Position | None,
    looked_at: int = LOOKED_AT,
) -> Page:
    """At most `limit` jobs behind a position, newest first; it may be fewer with more to come."""
    found: list[Job] = []
    last = after
    candidates = behind(newest_first, after)
    for job in islice(candidates, looked_at):
        if job.accepted < wanted.earliest:
            return Page(found, None)
        if wanted.takes(job):
            if len(found) == limit:
                return Page(found, last)
            found.append(job)
        last = Position(*by_acceptance(job))
    return Page(found, last if next(candidates, None) else None)


def behind(newest_first: Iterable[Job], after: Position | None) -> Iterator[Job]:
    return (job for job in newest_first if after is None or by_acceptance(job) < after)
