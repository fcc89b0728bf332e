"""The JobStore port on DynamoDB and S3.

A job is one item. Two sparse indexes hang off it (job_indexes): `open` holds the jobs that are not finished,
so counting them costs what is open, and apart from them those with a pending callback; `listed` holds every
job without its result, so listing reads no results. A result is an item of its own, or an object, that jobs
refer to (shared_results); jobs of earlier versions have their results in their own items and objects,
compressed. An idempotency key is an item too.
"""

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.job_indexes import JobIndexes
from chalicelib.adapters.job_item import (
    CALLBACK_PENDING,
    CREATED,
    OPEN,
    Item,
    decoded,
    encoded,
    key_item_id,
    to_idempotency_record,
    to_item,
    to_job,
    to_key_item,
)
from chalicelib.adapters.shared_results import SharedResults, compressed
from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import JOB_ID, Job, JobStatus, job_number
from chalicelib.application.known_results import KnownResult, ResultKey
from chalicelib.config import Settings
from chalicelib.errors import JobNotFound

COUNTER = "#counter"


class DynamoDbJobStore:
    """JobStore on one DynamoDB table and one S3 bucket.

    A finished job expires `retention` seconds after it finished, 0 meaning never; AWS removes it later, but
    from then on it is not found. A shared result expires `result_lifetime` seconds after it was computed.
    A table keeps the number of its index keys' `shards` for life.
    """

    def __init__(
        self,
        aws: Aws,
        table: str,
        bucket: str,
        inline_limit: int,
        retention: int = 0,
        clock: Callable[[], float] = time.time,
        result_lifetime: int = 0,
        shards: int = Settings.index_shards,
    ) -> None:
        self._aws, self._table, self._bucket, self._shards = aws, table, bucket, shards
        self._indexes = JobIndexes(aws, table, shards)
        self._inline_limit, self._retention, self._clock = inline_limit, retention, clock
        self._results = SharedResults(aws, table, bucket, inline_limit, result_lifetime, clock)

    def reserve_ids(self, count: int) -> range:
        response = self._aws.dynamodb.update_item(
            **self._key(COUNTER),
            UpdateExpression="ADD reserved :count",
            ExpressionAttributeValues=encoded({":count": count}),
            ReturnValues="UPDATED_NEW",
        )
        last = decoded(response["Attributes"])["reserved"]
        return range(last - count + 1, last + 1)

    def create(self, *jobs: Job) -> None:
        puts: list[Any] = [
            {
                "TableName": self._table,
                "Item": self._referring_item(job),
                "ConditionExpression": "attribute_not_exists(id)",
            }
            for job in jobs
        ]
        if len(puts) > 1:
            # The SDK adds a token, under which its own retries change nothing.
            self._aws.dynamodb.transact_write_items(TransactItems=[{"Put": put} for put in puts])
            return
        try:
            self._aws.dynamodb.put_item(**puts[0])
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            # The SDK retries a write whose response was lost; then the item in the way is our own.
            if replace(self.get(jobs[0].id), result=None) != replace(jobs[0], result=None):
                raise

    def get(self, job_id: str) -> Job:
        job_number(job_id)
        item = self._get_item(job_id)
        if item is None or self._expired(item):
            raise JobNotFound(job_id)
        job = to_job(item)
        return replace(job, result=self._read_result(job, item))

    def finish(self, outcome: Job) -> Job:
        item = self._referring_item(outcome)
        changes = {name: value for name, value in item.items() if name not in CREATED}
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in changes)
        try:
            self._aws.dynamodb.update_item(
                **self._key(outcome.id),
                UpdateExpression=update if outcome.callback_pending else f"{update} REMOVE #open",
                ConditionExpression="begins_with(#open, :still)",
                ExpressionAttributeNames={f"#{name}": name for name in {*changes, "open"}},
                ExpressionAttributeValues={f":{name}": value for name, value in changes.items()}
                | encoded({":still": OPEN}),
            )
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            return self.get(outcome.id)
        return outcome

    def finish_all(self, outcomes: Sequence[Job]) -> list[Job | None]:
        return [self._finish_if_found(outcome) for outcome in outcomes]

    def _finish_if_found(self, outcome: Job) -> Job | None:
        with suppress(JobNotFound):
            return self.finish(outcome)
        return None

    def find_results(self, keys: Sequence[ResultKey]) -> dict[ResultKey, KnownResult]:
        return self._results.find(keys)

    def restore_result(self, job: Job) -> None:
        self._results.put(job)

    def bind_idempotency_key(
        self, record: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        condition: Item = {"ConditionExpression": "attribute_not_exists(id)"}
        if expired is not None:
            condition["ConditionExpression"] += " OR jobs = :expired"
            condition["ExpressionAttributeValues"] = {":expired": to_key_item(expired)["jobs"]}
        try:
            self._aws.dynamodb.put_item(TableName=self._table, Item=to_key_item(record), **condition)
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            # The record in the way may be gone by now, if it had just expired.
            return self.get_idempotency_record(record.key) or self.bind_idempotency_key(record)
        return record

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        item = self._get_item(key_item_id(key))
        return None if item is None else to_idempotency_record(item)

    def mark_delivered(self, job_id: str) -> None:
        # A job that is delivered already, or gone, needs no change.
        with suppress(self._aws.dynamodb.exceptions.ConditionalCheckFailedException):
            self._aws.dynamodb.update_item(
                **self._key(job_id),
                UpdateExpression="REMOVE #open",
                ConditionExpression="begins_with(#open, :pending)",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues=encoded({":pending": CALLBACK_PENDING}),
            )

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        return (job_id for job_id, _ in self._indexes.before(moment, CALLBACK_PENDING))

    def delete(self, job_id: str) -> None:
        if not JOB_ID.fullmatch(job_id):
            return  # the table holds the counter too
        response = self._aws.dynamodb.delete_item(**self._key(job_id), ReturnValues="ALL_OLD")
        object_key = response.get("Attributes", {}).get("answer_key", {"S": ""})["S"]
        if object_key.startswith(own_objects(job_id)):
            self._aws.s3.delete_object(Bucket=self._bucket, Key=object_key)

    def jobs(self) -> Iterator[Job]:
        return map(to_job, self._kept(self._indexes.listed()))

    def latest(self, until: int, count: int = 1_000) -> Iterator[Job]:
        return map(to_job, self._kept(self._indexes.listed(until, count)))

    def _kept(self, items: Iterator[Item]) -> Iterator[Item]:
        return (item for item in items if not self._expired(item))

    def count_open(self) -> int:
        return self._indexes.count(OPEN)

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        return self._indexes.before(moment, OPEN)

    def item(self, job: Job) -> Item:
        """Return the whole item of a job. A result that is too large for it is in S3 when this returns."""
        return {**to_item(job, self._shards), **self._write_result(job), **self._expiry(job)}

    def _referring_item(self, job: Job) -> Item:
        """Return the item of a job without its result, which is stored when this returns.

        A job that reuses a result found it stored.
        """
        if job.status is not JobStatus.SUCCESSFUL or job.digest is None:
            return self.item(job)
        if job.source is None and not self._results.put(job):
            return self.item(job)
        return {**to_item(job, self._shards), **self._results.reference(job), **self._expiry(job)}

    def _expiry(self, job: Job) -> Item:
        if not self._retention or job.finished is None:
            return {}
        return encoded({"expires": job.finished // 1000 + self._retention})

    def _key(self, item_id: str) -> Any:
        return {"TableName": self._table, "Key": {"id": {"S": item_id}}}

    def _get_item(self, item_id: str) -> Item | None:
        return self._aws.dynamodb.get_item(**self._key(item_id), ConsistentRead=True).get("Item")

    def _expired(self, item: Item) -> bool:
        return "expires" in item and int(item["expires"]["N"]) <= self._clock()

    def _write_result(self, job: Job) -> Item:
        if job.result is None:
            return {}
        packed = compressed(job.result)
        if len(packed) <= self._inline_limit:
            return {"answer": {"B": packed}}
        # Named by its content, so that two workers with one job do not overwrite each other's result.
        object_key = f"{own_objects(job.id)}{hashlib.sha256(job.result).hexdigest()[:16]}"
        self._aws.s3.put_object(
            Bucket=self._bucket, Key=object_key, Body=packed, ContentType="application/zlib"
        )
        return {"answer_key": {"S": object_key}}

    def _read_result(self, job: Job, item: Item) -> bytes | None:
        if "answer" in item:
            return zlib.decompress(item["answer"]["B"])
        own = item.get("answer_key", {"S": ""})["S"].startswith(own_objects(job.id))
        if job.digest is not None and not own:
            return self._results.read(job, item)
        if not own:
            return None
        try:
            return zlib.decompress(self._aws.read_object(self._bucket, item["answer_key"]["S"]))
        except self._aws.s3.exceptions.NoSuchKey:
            # Deleted after the item was read, or expired before: the result is stored nowhere.
            raise JobNotFound(item["id"]["S"]) from None


def own_objects(job_id: str) -> str:
    """Return the prefix of the objects that one job alone refers to."""
    return f"results/{job_id}/"
