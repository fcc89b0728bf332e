"""Jobs, their outcomes and their ids."""

import pytest

from chalicelib.application.job import JobStatus, by_acceptance, job_id, job_number
from chalicelib.errors import JobNotFound
from tests.support.samples import job


@pytest.mark.parametrize("number", [1, 9, 10, 10**17])
def test_id_and_number_convert_to_each_other(number: int) -> None:
    assert job_number(job_id(number)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "job_id_",
        "job_id_0",
        "job_id_01",
        "job_id_-1",
        "job_id_٣",
        "job_id_1\n",
        " job_id_1",
        "job_id_1/../2",
        "job_id_1\0",
        "job_id_１",
        "JOB_ID_1",
        "job_id_" + "9" * 19,
        "job_id_" + "9" * 400,
    ],
)
def test_invalid_job_id_is_not_found(text: str) -> None:
    with pytest.raises(JobNotFound):
        job_number(text)


def test_terminal_statuses_are_the_last_three() -> None:
    assert [status for status in JobStatus if status.is_terminal] == ["successful", "failed", "dismissed"]


def test_outcome_is_a_new_job_and_the_accepted_one_is_unchanged() -> None:
    accepted = job(1)
    done, failed = accepted.succeed(b"{}", 5), accepted.fail("no rows", 6)

    assert (done.status, done.result, done.finished, done.reason) == ("successful", b"{}", 5, None)
    assert (failed.status, failed.result, failed.finished, failed.reason) == ("failed", None, 6, "no rows")
    assert (accepted.status, accepted.finished) == ("accepted", None)


def test_jobs_sort_by_acceptance_then_number() -> None:
    jobs = [job(10, accepted=2), job(9, accepted=2), job(11, accepted=1)]
    assert [item.id for item in sorted(jobs, key=by_acceptance)] == ["job_id_11", "job_id_9", "job_id_10"]
