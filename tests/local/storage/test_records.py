"""Jobs as the journal has them."""

from dataclasses import replace

import pytest

from chalicelib.application.job import Job, JobStatus
from local.storage.records import to_job, to_record
from tests.support.samples import job

OPEN = job(1, response="document", media_type="text/csv", trace="t", fresh=True)


@pytest.mark.parametrize(
    "known",
    [
        OPEN,
        job(2, status=JobStatus.SUCCESSFUL, started=5, finished=9),
        OPEN.fail("no rows", now=9, cause="NoUsableRows"),
        OPEN.dismiss(now=9),
        job(3, subscriber={"successUri": "http://a.test/"}, source="job_id_1", computed=3).succeed(b"", 9),
    ],
    ids=lambda known: known.id + known.status,
)
def test_every_fact_comes_back(known: Job) -> None:
    """But for the answer, which lies in results/."""
    assert to_job(to_record(known)) == replace(known, result=None)


def test_a_record_of_an_earlier_version() -> None:
    """Its job was asked for in the only form there was."""
    earlier = {name: value for name, value in to_record(job(1)).items() if name in EARLIER}
    assert to_job(earlier) == job(1)


EARLIER = ("id", "statistic", "inputs", "dataset", "accepted", "status", "finished", "reason", "checksum")
