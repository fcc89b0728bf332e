"""Pages of the job list."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.job import Job, JobStatus, by_acceptance
from chalicelib.application.pagination import Filter, Page, Position, page
from chalicelib.application.service import Service
from tests.support.samples import job
from tests.support.services import submit

STATES = [
    {"status": JobStatus.ACCEPTED},
    {"status": JobStatus.SUCCESSFUL, "started": 2_000, "finished": 2_500},
    {"status": JobStatus.FAILED, "finished": 9_000},
]
job_lists = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["best5", "global_mean"]), st.sampled_from(STATES)),
    max_size=30,
).map(
    lambda examples: [
        job(number, accepted=accepted, statistic=statistic, **state)
        for number, (accepted, statistic, state) in enumerate(examples, start=1)
    ]
)
filters = st.builds(
    Filter,
    processes=st.sampled_from([frozenset(), frozenset({"best5"})]),
    statuses=st.sampled_from([frozenset(), frozenset({JobStatus.ACCEPTED})]),
    earliest=st.integers(0, 3),
    latest=st.integers(2, 6),
)


def latest(jobs: list[Job], after: Position | None = None) -> list[Job]:
    newest_first = sorted(jobs, key=by_acceptance, reverse=True)
    return [job for job in newest_first if after is None or job.accepted <= after.accepted]


def all_pages(jobs: list[Job], job_filter: Filter, limit: int, scan_limit: int = 100) -> list[Job]:
    """Return the jobs of all pages, following each page's next."""
    paged, after = [], None
    while True:
        part = page(latest(jobs, after), job_filter, limit, after, scan_limit)
        assert len(part.jobs) <= limit
        paged += part.jobs
        assert len(paged) <= len(jobs), "the pages go round in circles"
        if part.next is None:
            return paged
        after = part.next


@given(jobs=job_lists, job_filter=filters, limit=st.integers(1, 7))
def test_pages_together_have_each_matching_job_once_newest_first(
    jobs: list[Job], job_filter: Filter, limit: int
) -> None:
    assert all_pages(jobs, job_filter, limit) == [job for job in latest(jobs) if job_filter.matches(job)]


def test_added_and_removed_jobs_do_not_shift_the_next_page() -> None:
    jobs = [job(number, accepted=7) for number in range(1, 7)]
    first = page(latest(jobs), Filter(), 2, None)
    changed = [*jobs, job(9, accepted=8)]
    changed.remove(first.jobs[-1])
    second = page(latest(changed, first.next), Filter(), 2, first.next)

    assert [item.id for item in first.jobs + second.jobs] == ["job_id_6", "job_id_5", "job_id_4", "job_id_3"]


def test_last_page_has_no_next_even_when_full() -> None:
    jobs = [job(1), job(2)]
    assert page(latest(jobs), Filter(), 2, None) == Page(latest(jobs), None)


def test_scan_limit_ends_a_page_and_the_next_one_continues() -> None:
    jobs = [job(1, statistic="best5"), *(job(number) for number in range(2, 9))]
    only_best5 = Filter(processes=frozenset({"best5"}))
    assert page(latest(jobs), only_best5, 5, None, scan_limit=3).jobs == []
    assert all_pages(jobs, only_best5, 5, scan_limit=3) == [jobs[0]]


def test_duration_filter_matches_computed_jobs_within_its_bounds() -> None:
    computed = job(1, status=JobStatus.SUCCESSFUL, started=2_000, finished=2_500)
    assert Filter(shortest=500, longest=500).matches(computed)
    assert not Filter(shortest=501).matches(computed)
    assert not Filter(longest=499).matches(computed)
    assert not Filter(shortest=0).matches(job(2))
    assert not Filter(longest=10**9).matches(job(3).fail("swept", now=10**6))


def test_reading_stops_at_jobs_older_than_the_interval() -> None:
    read = []

    def jobs() -> Iterator[Job]:
        for item in latest([job(1, accepted=1), job(2, accepted=2), job(3, accepted=3)]):
            read.append(item.id)
            yield item

    assert [item.id for item in page(jobs(), Filter(earliest=3), 9, None).jobs] == ["job_id_3"]
    assert read == ["job_id_3", "job_id_2"]


def test_service_returns_filtered_pages_newest_first(service: Service) -> None:
    for _ in range(5):
        submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_2")
    first = service.page(Filter(), 3)
    assert [item.id for item in first.jobs] == ["job_id_5", "job_id_4", "job_id_3"]
    assert first.next == Position(first.jobs[-1].accepted, 3)
    second = service.page(Filter(), 3, first.next)
    assert ([item.id for item in second.jobs], second.next) == (["job_id_2", "job_id_1"], None)
    done = service.page(Filter(statuses=frozenset({JobStatus.SUCCESSFUL})), 3)

    assert [item.id for item in done.jobs] == ["job_id_2"]
