"""A job, and an idempotency record, as items of DynamoDB.

What the index `listed` projects are attributes of their own, since CloudFormation refuses to change a
projection; every other field of a job is in one JSON document. Earlier versions kept all fields in
attributes, and index keys without shards: such items are read too.
"""

import json
import zlib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from chalicelib.application.idempotency import KEY_LIFETIME_SECONDS, IdempotencyRecord
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.job_record import from_record, to_record
from chalicelib.config import Settings

Item = dict[str, Any]

# The fields of a job among the attributes that `listed` projects, and the table's and indexes' keys.
PROJECTED = frozenset(
    (
        *("id", "accepted", "statistic", "inputs", "dataset", "status", "response", "media_type"),
        *("started", "finished", "reason", "cause", "source", "computed"),
    )
)
DOCUMENT = "document"
# The attributes that a job has from its creation on and that its end does not change.
CREATED = frozenset(("id", "listed", "accepted", "statistic", "inputs", "dataset", "response", "media_type"))
# What index keys say, before the number of their shard: every job is listed; in `open` are those that are not
# finished, and those with a pending callback about their end.
LISTED, OPEN, CALLBACK_PENDING = "listed", "open", "unsent"


def encoded(values: Mapping[str, Any]) -> Item:
    """Return attributes of DynamoDB for plain values."""
    return {name: codecs()[0](value) for name, value in values.items()}


def decoded(item: Item) -> dict[str, Any]:
    """Return the plain values of an item; its numbers, all of which are whole, as int."""
    values = {name: codecs()[1](value) for name, value in item.items()}
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in values.items()}


@cache
def codecs() -> tuple[Any, Any]:
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer  # with boto3, which loads late

    return TypeSerializer().serialize, TypeDeserializer().deserialize


def index_key(kind: str, job_id: str, shards: int) -> str:
    """Return the key that a job has in an index, such as `open#07`."""
    return f"{kind}#{zlib.crc32(job_id.encode()) % shards:02}"


def index_keys(kind: str, shards: int) -> list[str]:
    """Return all keys of a kind, among them that of jobs from versions without shards."""
    return [*(f"{kind}#{shard:02}" for shard in range(shards)), "job" if kind == LISTED else kind]


def to_item(job: Job, shards: int = Settings.index_shards) -> Item:
    """Return the item of a job, without its result."""
    record = {"status": JobStatus.ACCEPTED.value} | to_record(job)
    record.pop("callback_pending", None)  # the attribute `open` holds it, which one update can remove
    values = {name: value for name, value in record.items() if name in PROJECTED}
    if rest := {name: value for name, value in record.items() if name not in PROJECTED}:
        values[DOCUMENT] = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
    if job.callback_pending or not job.status.is_terminal:
        values["open"] = index_key(CALLBACK_PENDING if job.callback_pending else OPEN, job.id, shards)
    return encoded({"listed": index_key(LISTED, job.id, shards), **values})


def to_job(item: Item, result: bytes | None = None) -> Job:
    """Return the job of an item, or of its projection, which lacks the document."""
    values = decoded({name: value for name, value in item.items() if name != "answer"})
    document = json.loads(values.get(DOCUMENT, "{}"))
    callback_pending = values.get("open", "").startswith(CALLBACK_PENDING)
    return from_record({**values, **document, "callback_pending": callback_pending}, result)


def key_item_id(key: str) -> str:
    return f"#key:{key}"


def to_key_item(record: IdempotencyRecord) -> Item:
    values = {
        "id": key_item_id(record.key),
        "question": record.question,
        "jobs": " ".join(record.jobs),
        "made": record.made,
        "expires": record.made // 1000 + KEY_LIFETIME_SECONDS,
    }
    return encoded(values | {"pending": True} if record.pending else values)


def to_idempotency_record(item: Item) -> IdempotencyRecord:
    values = decoded(item)
    return IdempotencyRecord(
        key=values["id"].removeprefix(key_item_id("")),
        question=values["question"],
        jobs=tuple(values["jobs"].split()),
        made=values["made"],
        pending=values.get("pending", False),
    )
