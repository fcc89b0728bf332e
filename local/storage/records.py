"""A job as the journal and results/ have it."""

import json
from typing import Any

from chalicelib.application.job import JSON, RAW, Job, JobStatus, job_number
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import JobNotFound

# What reading a record of another shape raises.
NO_JOB = (LookupError, TypeError, ValueError, ArithmeticError, JobNotFound)


def answer_file(job: Job) -> bytes:
    """What stands in results/<job_id>: the answer, or the error that took its place."""
    if job.result is not None:
        return frozen_json(job)
    return json.dumps({"status": "error", "reason": job.reason}, ensure_ascii=False).encode()


def to_record(job: Job, checksum: int | None = None) -> dict[str, Any]:
    return {
        "id": job.id,
        "statistic": job.statistic,
        "inputs": dict(job.inputs),
        "dataset": job.dataset,
        "accepted": job.accepted,
        "status": job.status.value,
        "response": job.response,
        "media_type": job.media_type,
        "started": job.started,
        "finished": job.finished,
        "reason": job.reason,
        "cause": job.cause,
        "trace": job.trace,
        "subscriber": dict(job.subscriber),
        "unsent": job.callback_pending,
        "fresh": job.fresh,
        "source": job.source,
        "computed": job.computed,
        "checksum": checksum,
    }


def to_job(record: dict[str, Any]) -> Job:
    """Raises one of NO_JOB for what is none; fields that only a later version knows are no harm."""
    job = Job(
        id=record["id"],
        statistic=str(record["statistic"]),
        inputs=dict(record["inputs"]),
        dataset=str(record["dataset"]),
        accepted=int(record["accepted"]),
        status=JobStatus(record["status"]),
        response=str(record.get("response", RAW)),
        media_type=str(record.get("media_type", JSON)),
        started=record.get("started"),
        finished=record.get("finished"),
        reason=record.get("reason"),
        cause=record.get("cause"),
        trace=str(record.get("trace", "")),
        subscriber=dict(record.get("subscriber", {})),
        callback_pending=bool(record.get("unsent", False)),
        fresh=bool(record.get("fresh", False)),
        source=record.get("source"),
        computed=record.get("computed"),
    )
    job_number(job.id)
    return job
