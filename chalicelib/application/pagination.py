"""Keyset pagination of the job list: filters, positions and pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from chalicelib.application.job import Job, JobStatus, by_acceptance

FOR_EVER = 10**15  # ms since the epoch
# Jobs that one page reads: a filter that few jobs match must not read the whole table for one request.
SCAN_LIMIT = 5_000


class Position(NamedTuple):
    """A job's sort key, as by_acceptance returns it. It stays valid when jobs are added or removed."""

    accepted: int
    number: int


@dataclass(frozen=True)
class Filter:
    """The jobs to list. Empty sets match every job.

    `earliest` and `latest` bound the time of acceptance, in milliseconds since the epoch; `shortest` and
    `longest` bound the duration in milliseconds. All bounds are inclusive. `text`, in lower case, is looked
    for in the id, the statistic and the inputs; a job that asks one of `questions` has it too.
    """

    processes: frozenset[str] = frozenset()
    statuses: frozenset[JobStatus] = frozenset()
    earliest: int = 0
    latest: int = FOR_EVER
    shortest: int | None = None
    longest: int | None = None
    text: str = ""
    questions: frozenset[str] = frozenset()

    def matches(self, job: Job) -> bool:
        return (
            (not self.processes or job.statistic in self.processes)
            and (not self.statuses or job.status in self.statuses)
            and self.earliest <= job.accepted <= self.latest
            and self._matches_duration(job)
            and self._matches_text(job)
        )

    def _matches_text(self, job: Job) -> bool:
        if not self.text or job.inputs.get("question") in self.questions:
            return True
        return any(self.text in part.lower() for part in (job.id, job.statistic, *job.inputs.values()))

    def _matches_duration(self, job: Job) -> bool:
        if self.shortest is None and self.longest is None:
            return True
        if job.started is None or job.finished is None:
            return False  # a job that was not computed has no duration
        duration = job.finished - job.started
        return (self.shortest or 0) <= duration <= (FOR_EVER if self.longest is None else self.longest)


class Page(NamedTuple):
    """Part of the list. `next` is the position after which the next page begins, None on the last one."""

    jobs: list[Job]
    next: Position | None


def page(
    newest_first: Iterable[Job],
    job_filter: Filter,
    limit: int,
    after: Position | None,
    scan_limit: int = SCAN_LIMIT,
) -> Page:
    """Return at most `limit` matching jobs after a position, newest first.

    A page may have fewer jobs, or none, and still a next one: it ends where `scan_limit` jobs were read.
    """
    jobs: list[Job] = []
    last = after
    candidates = (job for job in newest_first if after is None or by_acceptance(job) < after)
    for job in islice(candidates, scan_limit):
        if job.accepted < job_filter.earliest:
            return Page(jobs, None)
        if job_filter.matches(job):
            if len(jobs) == limit:
                return Page(jobs, last)
            jobs.append(job)
        last = Position(*by_acceptance(job))
    return Page(jobs, last if next(candidates, None) else None)
