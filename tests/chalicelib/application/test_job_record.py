"""The serialiser of jobs."""

import json
from dataclasses import replace

import pytest

from chalicelib.application.job_record import from_record, to_record
from chalicelib.errors import JobNotFound
from tests.support.samples import job

FULL = replace(
    job(7, subscriber={"successUri": "http://a.test/"}, trace="ab" * 16, fresh=True),
    response="document",
    media_type="text/csv",
    source="job_id_3",
    computed=5,
)


@pytest.mark.parametrize(
    "original",
    [
        job(1),
        FULL,
        replace(FULL, started=1_008).succeed(b"[1]", now=1_009),
        FULL.fail("no rows", now=9, cause="NoUsableRows"),
        job(2).dismiss(now=9),
    ],
)
def test_every_field_survives_json(original: object) -> None:
    record = json.loads(json.dumps(to_record(original)))

    assert from_record(record, original.result) == original


def test_fields_at_their_default_take_no_room() -> None:
    assert to_record(job(1)).keys() == {"id", "statistic", "inputs", "dataset", "accepted"}


def test_members_of_a_later_version_are_ignored() -> None:
    assert from_record({**to_record(job(1)), "colour": "red", "reason": None}) == job(1)


@pytest.mark.parametrize(
    ("change", "error"),
    [({"status": "lost"}, ValueError), ({"id": "../x"}, JobNotFound), ({"dataset": None}, TypeError)],
)
def test_a_record_of_no_job_is_refused(change: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        from_record(to_record(job(1)) | change)
