"""Jobs and their ids."""

import pytest

from chalicelib.errors import JobNotFound
from chalicelib.jobs import JobStatus, job_id, job_number


@pytest.mark.parametrize("number", [1, 9, 10, 10**17])
def test_a_number_and_its_id(number: int) -> None:
    """Lead to each other."""
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
        "JOB_ID_1",
        "job_id_" + "9" * 400,
    ],
)
def test_what_was_never_an_id(text: str) -> None:
    """Is not found, and asks no store."""
    with pytest.raises(JobNotFound):
        job_number(text)


def test_terminal_states() -> None:
    """The last three of the standard's five."""
    assert [status for status in JobStatus if status.is_terminal] == ["successful", "failed", "dismissed"]
