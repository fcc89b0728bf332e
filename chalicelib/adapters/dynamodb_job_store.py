"""Where jobs are kept: the JobStore port and its AWS adapter.

A job is one DynamoDB item. Two sparse indexes hang off it: `open` holds the jobs that are not
finished, so counting them costs what is open, and apart from them those whose end is still to be told;
`listed` holds every job without its answer, so listing never reads answers. Answers are compressed, and lie
in the item while they are small. An idempotency key is an item too.
"""

import hashlib
import itertools
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.job_item import (
    CALLBACK_PENDING,
    OPEN,
    Item,
    compressed,
    index_key,
    key_item_id,
    to_idempotency_record,
    to_item,
    to_job,
    to_key_item,
)
from chalicelib.application.idempotency import IdempotencyRecord
from chalicelib.application.job import JOB_ID, Job, by_acceptance, job_number
from chalicelib.errors import JobNotFound

if TYPE_CHECKING:
    from chalicelib.adapters.aws_clients import Aws

COUNTER = "#counter"
OPEN_INDEX = "open"
LISTED_INDEX = "listed"
# What finishing a job writes; of it, what the list shows is in the index `listed`.
OUTCOME = (
    *("status", "started", "finished", "answer", "answer_key", "reason", "cause", "expires"),
    *("source", "computed", "open"),
)


class DynamoDbJobStore:
    """JobStore on one DynamoDB table and one S3 bucket.

    A finished job expires `retention` seconds after it finished, 0 meaning never; AWS removes it later,
    when it likes, but from then on it is not found.
    """

    def __init__(
        self,
        aws: "Aws",
        table: str,
        bucket: str,
        inline_limit: int,
        retention: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._aws, self._table, self._bucket = aws, table, bucket
        self._inline_limit, self._retention, self._clock = inline_limit, retention, clock

    def reserve_ids(self, count: int) -> range:
        answer = self._aws.dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": COUNTER}},
            UpdateExpression="ADD reserved :count",
            ExpressionAttributeValues={":count": {"N": str(count)}},
            ReturnValues="UPDATED_NEW",
        )
        last = int(answer["Attributes"]["reserved"]["N"])
        return range(last - count + 1, last + 1)

    def create(self, *jobs: Job) -> None:
        if len(jobs) == 1:
            self._create(jobs[0])
            return
        # The SDK gives it a token, under which its own retries change nothing.
        puts: Any = [{"Put": self._new(job)} for job in jobs]
        self._aws.dynamodb.transact_write_items(TransactItems=puts)

    def _create(self, job: Job) -> None:
        try:
            self._aws.dynamodb.put_item(**self._new(job))
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            # The SDK retries a write whose answer was lost; then the item in the way is our own.
            if self.get(job.id) != job:
                raise

    def _new(self, job: Job) -> Item:
        return {
            "TableName": self._table,
            "Item": self.item(job),
            "ConditionExpression": "attribute_not_exists(id)",
        }

    def get(self, job_id: str) -> Job:
        job_number(job_id)
        answer = self._aws.dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": job_id}}, ConsistentRead=True
        )
        if "Item" not in answer or self._expired(answer["Item"]):
            raise JobNotFound(job_id)
        return to_job(answer["Item"], self._read_answer(answer["Item"]))

    def finish(self, outcome: Job) -> Job:
        item = self.item(outcome)
        changes = {name: item[name] for name in OUTCOME if name in item}
        try:
            self._aws.dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": outcome.id}},
                UpdateExpression="SET "
                + ", ".join(f"#{name} = :{name}" for name in changes)
                + ("" if outcome.callback_pending else " REMOVE #open"),
                ConditionExpression="#open = :still",
                ExpressionAttributeNames={f"#{name}": name for name in {*changes, "open"}},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in changes.items()},
                    ":still": {"S": OPEN},
                },
            )
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            return self.get(outcome.id)
        return outcome

    def bind_idempotency_key(
        self, claim: IdempotencyRecord, expired: IdempotencyRecord | None = None
    ) -> IdempotencyRecord:
        item = to_key_item(claim)
        condition: Item = {"ConditionExpression": "attribute_not_exists(id)"}
        if expired is not None:
            condition["ConditionExpression"] += " OR jobs = :void"
            condition["ExpressionAttributeValues"] = {":void": to_key_item(expired)["jobs"]}
        try:
            self._aws.dynamodb.put_item(TableName=self._table, Item=item, **condition)
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            return self.get_idempotency_record(claim.key) or self.bind_idempotency_key(
                claim
            )  # gone by now if it had just expired
        return claim

    def get_idempotency_record(self, key: str) -> IdempotencyRecord | None:
        found = self._aws.dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": key_item_id(key)}}, ConsistentRead=True
        )
        return to_idempotency_record(found["Item"]) if "Item" in found else None

    def mark_delivered(self, job_id: str) -> None:
        # Told already, or gone: then there is nothing to change.
        with suppress(self._aws.dynamodb.exceptions.ConditionalCheckFailedException):
            self._aws.dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": job_id}},
                UpdateExpression="REMOVE #open",
                ConditionExpression="#open = :unsent",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues={":unsent": {"S": CALLBACK_PENDING}},
            )

    def pending_callbacks_before(self, moment: int) -> Iterator[str]:
        yield from (item["id"]["S"] for item in self._before(moment, CALLBACK_PENDING))

    def delete(self, job_id: str) -> None:
        if not JOB_ID.fullmatch(job_id):
            return  # the table holds the counter too
        gone = self._aws.dynamodb.delete_item(
            TableName=self._table, Key={"id": {"S": job_id}}, ReturnValues="ALL_OLD"
        ).get("Attributes", {})
        if "answer_key" in gone:
            self._aws.s3.delete_object(Bucket=self._bucket, Key=gone["answer_key"]["S"])

    def jobs(self) -> Iterator[Job]:
        pages = self._aws.dynamodb.get_paginator("query").paginate(**self._in_index(LISTED_INDEX, "job"))
        # Jobs of one millisecond come from the index in no order, so the order is made here.
        items = (item for page in pages for item in page["Items"] if not self._expired(item))
        yield from sorted(map(to_job, items), key=by_acceptance)

    def latest(self, until: int) -> Iterator[Job]:
        query = self._in_index(LISTED_INDEX, "job") | {"ScanIndexForward": False}
        query["KeyConditionExpression"] += " AND accepted <= :time"
        query["ExpressionAttributeValues"][":time"] = {"N": str(until)}
        pages = self._aws.dynamodb.get_paginator("query").paginate(**query)
        items = (item for page in pages for item in page["Items"] if not self._expired(item))
        # In order by the index but for jobs of one millisecond.
        for _, together in itertools.groupby(map(to_job, items), key=lambda job: job.accepted):
            yield from sorted(together, key=by_acceptance, reverse=True)

    def count_open(self) -> int:
        pages = self._aws.dynamodb.get_paginator("query").paginate(
            **self._in_index(OPEN_INDEX, OPEN), Select="COUNT"
        )
        return sum(page["Count"] for page in pages)

    def open_before(self, moment: int) -> Iterator[tuple[str, int]]:
        for item in self._before(moment, OPEN):
            yield item["id"]["S"], int(item["accepted"]["N"])

    def _before(self, moment: int, value: str) -> Iterator[Item]:
        query = self._in_index(OPEN_INDEX, value)
        query["KeyConditionExpression"] += " AND accepted < :time"
        query["ExpressionAttributeValues"][":time"] = {"N": str(moment)}
        for page in self._aws.dynamodb.get_paginator("query").paginate(**query):
            yield from page["Items"]

    def item(self, job: Job) -> Item:
        """The whole record of a job. An answer that is too large for it is in S3 when this returns."""
        return {**to_item(job), **index_key(job), **self._write_answer(job), **self._expiry(job)}

    def _in_index(self, index: str, value: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": "#key = :value",
            "ExpressionAttributeNames": {"#key": index},
            "ExpressionAttributeValues": {":value": {"S": value}},
        }

    def _expiry(self, job: Job) -> Item:
        if not self._retention or job.finished is None:
            return {}
        return {"expires": {"N": str(job.finished // 1000 + self._retention)}}

    def _expired(self, item: Item) -> bool:
        return "expires" in item and int(item["expires"]["N"]) <= self._clock()

    def _write_answer(self, job: Job) -> Item:
        if job.result is None:
            return {}
        packed = compressed(job.result)
        if len(packed) <= self._inline_limit:
            return {"answer": {"B": packed}}
        # Named by its content, so that of two workers with one job neither overwrites the other's answer.
        key = f"results/{job.id}/{hashlib.sha256(job.result).hexdigest()[:16]}"
        self._aws.s3.put_object(Bucket=self._bucket, Key=key, Body=packed, ContentType="application/zlib")
        return {"answer_key": {"S": key}}

    def _read_answer(self, item: Item) -> bytes | None:
        if "answer" in item:
            return zlib.decompress(item["answer"]["B"])
        if "answer_key" in item:
            return zlib.decompress(self._read_object(item))
        return None

    def _read_object(self, item: Item) -> bytes:
        try:
            return self._aws.read_object(self._bucket, item["answer_key"]["S"])
        except self._aws.s3.exceptions.NoSuchKey:
            # Deleted since the record was read, or expired before it: the answer is stored nowhere.
            raise JobNotFound(item["id"]["S"]) from None
