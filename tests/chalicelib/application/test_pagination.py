"""Parts of the job list, whatever is in it."""

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
many = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["best5", "global_mean"]), st.sampled_from(STATES)),
    max_size=30,
).map(
    lambda facts: [
        job(number, accepted=accepted, statistic=statistic, **state)
        for number, (accepted, statistic, state) in enumerate(facts, start=1)
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
    return [one for one in newest_first if after is None or one.accepted <= after.accepted]


def followed(jobs: list[Job], wanted: Filter, limit: int, scan_limit: int = 100) -> list[Job]:
    """Every page's jobs, by way of each page's next."""
    found, after = [], None
    while True:
        part = page(latest(jobs, after), wanted, limit, after, scan_limit)
        assert len(part.jobs) <= limit
        found += part.jobs
        assert len(found) <= len(jobs), "the pages go round in circles"
        if part.next is None:
            return found
        after = part.next


@given(jobs=many, wanted=filters, limit=st.integers(1, 7))
def test_the_pages_together_are_the_list(jobs: list[Job], wanted: Filter, limit: int) -> None:
    """Each wanted job once, newest first."""
    assert followed(jobs, wanted, limit) == [one for one in latest(jobs) if wanted.matches(one)]


def test_jobs_that_come_and_go_disturb_no_page() -> None:
    """New ones are before every page; where one is removed, the rest stays in its place."""
    jobs = [job(number, accepted=7) for number in range(1, 7)]
    first = page(latest(jobs), Filter(), 2, None)
    rest = [one for one in jobs if one != first.jobs[-1]] + [job(9, accepted=8)]
    second = page(latest(rest, first.next), Filter(), 2, first.next)
    assert [one.id for one in first.jobs + second.jobs] == ["job_id_6", "job_id_5", "job_id_4", "job_id_3"]


def test_the_last_page_has_no_next() -> None:
    """Not even when it is full."""
    jobs = [job(1), job(2)]
    assert page(latest(jobs), Filter(), 2, None) == Page(latest(jobs), None)


def test_a_rare_job_is_found_over_several_pages() -> None:
    """One request looks at so many jobs and no more, and says where to go on."""
    jobs = [job(1, statistic="best5"), *(job(number) for number in range(2, 9))]
    wanted = Filter(processes=frozenset({"best5"}))
    assert page(latest(jobs), wanted, 5, None, scan_limit=3).jobs == []
    assert followed(jobs, wanted, 5, scan_limit=3) == [jobs[0]]


def test_durations_are_of_computed_jobs() -> None:
    """From start to end, both bounds included; what never started has none."""
    computed = job(1, status=JobStatus.SUCCESSFUL, started=2_000, finished=2_500)
    assert Filter(shortest=500, longest=500).matches(computed)
    assert not Filter(shortest=501).matches(computed)
    assert not Filter(longest=499).matches(computed)
    assert not Filter(shortest=0).matches(job(2))
    assert not Filter(longest=10**9).matches(job(3).fail("swept", now=10**6))


def test_reading_stops_where_the_interval_begins() -> None:
    """What is older than wanted is not looked at."""
    seen = []

    def jobs() -> Iterator[Job]:
        for one in latest([job(1, accepted=1), job(2, accepted=2), job(3, accepted=3)]):
            seen.append(one.id)
            yield one

    assert [one.id for one in page(jobs(), Filter(earliest=3), 9, None).jobs] == ["job_id_3"]
    assert seen == ["job_id_3", "job_id_2"]


def test_pages_of_jobs(service: Service) -> None:
    """Newest first, going on behind the last one, filtered."""
    for _ in range(5):
        submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_2")
    first = service.page(Filter(), 3)
    assert [one.id for one in first.jobs] == ["job_id_5", "job_id_4", "job_id_3"]
    assert first.next == Position(first.jobs[-1].accepted, 3)
    second = service.page(Filter(), 3, first.next)
    assert ([one.id for one in second.jobs], second.next) == (["job_id_2", "job_id_1"], None)
    done = service.page(Filter(statuses=frozenset({JobStatus.SUCCESSFUL})), 3)
    assert [one.id for one in done.jobs] == ["job_id_2"]
