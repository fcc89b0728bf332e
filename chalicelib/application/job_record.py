"""The serialiser of jobs as JSON values, for every store. A new field of Job needs no change here.

It omits fields at their default and ignores unknown members, so it reads records of earlier and later
versions. The result is not part of the record: each store decides where to keep its bytes.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from chalicelib.application.job import Job, JobStatus, job_number

Record = dict[str, Any]

RESULT = "result"
_FIELDS = {field.name: field for field in fields(Job) if field.name != RESULT}


def to_record(job: Job) -> Record:
    """Return the job's fields as JSON values, without its result and without fields at their default."""
    values = {name: getattr(job, name) for name in _FIELDS}
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value != default(_FIELDS[name])
    }


def from_record(record: Mapping[str, Any], result: bytes | None = None) -> Job:
    """Return the job of a record. Raises KeyError, TypeError, ValueError or JobNotFound if it is invalid."""
    values = {name: record[name] for name in _FIELDS if record.get(name) is not None}
    job = Job(**values | {"status": JobStatus(record.get("status", JobStatus.ACCEPTED)), RESULT: result})
    job_number(job.id)
    return job


def default(field: "Field[Any]") -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
