"""A job as DynamoDB has it."""

import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from chalicelib.application.idempotency import KEY_LIFETIME_SECONDS, IdempotencyRecord
from chalicelib.application.job import Job, JobStatus

Item = dict[str, Any]

# A job's facts that its item may lack: what did not happen yet, and what older items never had.
OPTIONAL_TIMES = ("started", "finished", "computed")
OPTIONAL_TEXTS = ("response", "media_type", "reason", "cause", "trace", "source")
# The values of `open`: the job is not finished, or its end is still to be told to a subscriber.
OPEN, CALLBACK_PENDING = "open", "unsent"


@lru_cache(maxsize=256)
def compressed(answer: bytes) -> bytes:
    """Remembered, since many jobs have one answer and compressing takes longer than finding it."""
    return zlib.compress(answer)


def to_item(job: Job) -> Item:
    """The DynamoDB item of a job, without its answer and its key in the index `open`."""
    item: Item = {
        "id": {"S": job.id},
        "listed": {"S": "job"},
        "statistic": {"S": job.statistic},
        "inputs": texts_item(job.inputs),
        "dataset": {"S": job.dataset},
        "accepted": {"N": str(job.accepted)},
        "status": {"S": job.status.value},
    }
    times = {name: getattr(job, name) for name in OPTIONAL_TIMES}
    texts = {name: getattr(job, name) for name in OPTIONAL_TEXTS}
    item |= {name: {"N": str(value)} for name, value in times.items() if value is not None}
    item |= {name: {"S": value} for name, value in texts.items() if value}
    item |= {"fresh": {"BOOL": True}} if job.fresh else {}
    item |= {"subscriber": texts_item(job.subscriber)} if job.subscriber else {}
    return item


def texts_item(texts: Mapping[str, str]) -> Item:
    return {"M": {name: {"S": value} for name, value in texts.items()}}


def texts_of(item: Item) -> dict[str, str]:
    return {name: value["S"] for name, value in item["M"].items()}


def index_key(job: Job) -> Item:
    """What holds a job in the index `open`."""
    if job.callback_pending:
        return {"open": {"S": CALLBACK_PENDING}}
    return {} if job.status.is_terminal else {"open": {"S": OPEN}}


def to_job(item: Item, answer: bytes | None = None) -> Job:
    return Job(
        id=item["id"]["S"],
        statistic=item["statistic"]["S"],
        inputs=texts_of(item["inputs"]),
        dataset=item["dataset"]["S"],
        accepted=int(item["accepted"]["N"]),
        status=JobStatus(item["status"]["S"]),
        result=answer,
        subscriber=texts_of(item.get("subscriber", {"M": {}})),
        callback_pending=item.get("open") == {"S": CALLBACK_PENDING},
        fresh="fresh" in item,
        **optional(item),
    )


def optional(item: Item) -> dict[str, Any]:
    times = {name: int(item[name]["N"]) for name in OPTIONAL_TIMES if name in item}
    return times | {name: item[name]["S"] for name in OPTIONAL_TEXTS if name in item}


def key_item_id(key: str) -> str:
    return f"#key:{key}"


def to_key_item(claim: IdempotencyRecord) -> Item:
    return {
        "id": {"S": key_item_id(claim.key)},
        "question": {"S": claim.question},
        "jobs": {"S": " ".join(claim.jobs)},
        "made": {"N": str(claim.made)},
        "expires": {"N": str(claim.made // 1000 + KEY_LIFETIME_SECONDS)},
    }


def to_idempotency_record(item: Item) -> IdempotencyRecord:
    return IdempotencyRecord(
        key=item["id"]["S"].removeprefix(key_item_id("")),
        question=item["question"]["S"],
        jobs=tuple(item["jobs"]["S"].split()),
        made=int(item["made"]["N"]),
    )
