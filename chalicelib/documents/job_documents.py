"""A job in JSON: the status and results documents of OGC API - Processes."""

import json
from datetime import UTC, datetime
from typing import Any

from chalicelib.application.job import JSON, Job, JobStatus
from chalicelib.documents.process_description import OUTPUT
from chalicelib.documents.result_table import as_csv, frozen_json
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.statistics.registry import STATISTICS, replay_id

MESSAGES = {
    JobStatus.ACCEPTED: "waiting to be computed",
    JobStatus.RUNNING: "being computed",
    JobStatus.SUCCESSFUL: "computed",
}


def status_facts(job: Job, catalogue: Catalogue | None = None) -> dict[str, Any]:
    """Return the status document of OGC API - Processes, without links, and what was asked.

    With the catalogue of its data set, the text of the question stands beside its id.
    """
    times = {
        "created": job.accepted,
        "started": job.started,
        "finished": job.finished,
        "updated": job.finished or job.accepted,
    }
    return {
        "jobID": job.id,
        "processID": job.statistic,
        "type": "process",
        "status": job.status.value,
        "message": job.reason or MESSAGES.get(job.status, job.status.value),
        "progress": 100 if job.status is JobStatus.SUCCESSFUL else 0,
        **{name: timestamp(ms) for name, ms in times.items() if ms is not None},
        "inputs": dict(job.inputs),
        **question_text(job, catalogue),
        "dataset": job.dataset,
        **reuse(job),
        **replay(job),
    }


def question_text(job: Job, catalogue: Catalogue | None) -> dict[str, str]:
    text = catalogue.texts.get(job.inputs.get("question", "")) if catalogue else None
    return {"question": text} if text else {}


def replay(job: Job) -> dict[str, str]:
    """Return the replay id of a mean, whose frozen JSON has no place for it; that of an estimate has.

    It is of the inputs as the client wrote them: a question's id and its text have two.
    """
    entry = STATISTICS.get(job.statistic)
    if entry is None or not entry.computes_rows:
        return {}
    return {"replay": replay_id(job.dataset, entry, job.inputs)}


def reuse(job: Job) -> dict[str, Any]:
    """Return the job that a reused result was computed for, and the result's age in seconds at the time."""
    if job.source is None or job.computed is None or job.finished is None:
        return {}
    age = max(0, job.finished - job.computed) / 1000
    return {"reusedFrom": job.source, "computed": timestamp(job.computed), "age": age}


def timestamp(ms: int) -> str:
    """Return a time as RFC 3339, in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def results_document(job: Job) -> str:
    """Return all outputs by name, in the media type that the job was asked for."""
    # The bytes of the frozen JSON are a promise: they are placed, never parsed and rebuilt.
    value = (
        frozen_json(job).decode() if job.media_type == JSON else json.dumps(as_csv(job), ensure_ascii=False)
    )
    return f'{{"{OUTPUT}": {{"mediaType": "{job.media_type}", "value": {value}}}}}'


def callback_body(job: Job) -> bytes:
    """Return the results of a job that has some, else its status document."""
    if job.result is not None:
        return results_document(job).encode()
    return json.dumps(status_facts(job), ensure_ascii=False).encode()


def callback_headers(job: Job) -> dict[str, str]:
    trace = {"Statline-Trace": job.trace} if job.trace else {}
    return {"Content-Type": "application/json", "Statline-Job": job.id, **trace}
