"""Results that many jobs refer to, in DynamoDB and S3.

An item named by the question has the result, compressed, while it is small, and else the key of an object
named by the result's digest. A job that refers to a small result names nothing: question and version name it.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.job_item import Item, decoded, encoded
from chalicelib.application.job import Job
from chalicelib.application.known_results import KnownResult, ResultKey, key_of, known_result, result_digest
from chalicelib.byte_cache import ByteCache, cached, text_bytes

# Bytes of results, and of what they are compressed.
COMPRESSED_BYTES, CACHE_BYTES = 16_000_000, 16_000_000


@cached(COMPRESSED_BYTES)
def compressed(result: bytes) -> bytes:
    """Return a result compressed; cached, since many jobs have one result and compressing it is slower."""
    return zlib.compress(result)


class SharedResults:
    """Results in a table and a bucket, which may delete them `lifetime` seconds after they were put, 0 never.

    Those that were read or put last are in memory, by their digests.
    """

    def __init__(
        self, aws: Aws, table: str, bucket: str, inline_limit: int, lifetime: int, clock: Callable[[], float]
    ) -> None:
        self._aws, self._table, self._bucket = aws, table, bucket
        self._inline_limit, self._lifetime, self._clock = inline_limit, lifetime, clock
        self._cache = ByteCache[str, bytes](CACHE_BYTES, lambda digest, result: text_bytes((digest,), result))

    def find(self, keys: Sequence[ResultKey]) -> dict[ResultKey, KnownResult]:
        """Return the results of keys, without the bytes of those that are in S3."""
        by_id = {item_id(key): key for key in keys}
        if len(by_id) == 1:
            item = self._get_item(*keys, consistent=False)
            items = [] if item is None else [item]
        else:
            # What one response leaves out is not known.
            request: Any = {self._table: {"Keys": [{"id": {"S": name}} for name in by_id]}}
            items = self._aws.dynamodb.batch_get_item(RequestItems=request)["Responses"][self._table]
        return {by_id[item["id"]["S"]]: to_known_result(item) for item in items}

    def reference(self, job: Job) -> Item:
        """Return the attributes by which a job refers to its result."""
        if job.result is not None and len(compressed(job.result)) <= self._inline_limit:
            return {}
        return {"answer_key": {"S": object_key(job)}}

    def put(self, job: Job) -> bool:
        """Store the result that a job computed; False if the question's item has other bytes."""
        packed, known = compressed(job.result), known_result(job)
        if known is None:
            return False
        values: dict[str, Any] = {"digest": known.digest, "source": known.source, "computed": known.computed}
        if self._lifetime:
            values["expires"] = int(self._clock()) + self._lifetime
        body: Item = {"answer": {"B": packed}}
        if reference := self.reference(job):
            self._aws.s3.put_object(
                Bucket=self._bucket, Key=object_key(job), Body=packed, ContentType="application/zlib"
            )
            body = reference
        try:
            self._aws.dynamodb.put_item(
                TableName=self._table,
                Item={"id": {"S": item_id(key_of(job))}, **encoded(values), **body},
                ConditionExpression="attribute_not_exists(id) OR digest = :digest",
                ExpressionAttributeValues=encoded({":digest": known.digest}),
            )
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        self._cache.put(known.digest, job.result or b"")
        return True

    def read(self, job: Job, item: Item) -> bytes | None:
        """Return the result that the item of a job refers to; None if it is lost, or has other bytes."""
        digest = job.digest or ""
        if (result := self._cache.get(digest)) is not None:
            return result
        packed = self._packed(item) or self._packed(self._get_item(key_of(job), consistent=True) or {})
        if packed is None or result_digest(unpacked := zlib.decompress(packed)).hex() != digest:
            return None
        self._cache.put(digest, unpacked)
        return unpacked

    def _packed(self, item: Item) -> bytes | None:
        """Return the compressed result that an item has or names, or None."""
        if "answer" in item:
            return bytes(item["answer"]["B"])
        if "answer_key" not in item:
            return None
        try:
            return self._aws.read_object(self._bucket, item["answer_key"]["S"])
        except self._aws.s3.exceptions.NoSuchKey:
            return None

    def _get_item(self, key: ResultKey, *, consistent: bool) -> Item | None:
        response = self._aws.dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": item_id(key)}}, ConsistentRead=consistent
        )
        return response.get("Item")


def to_known_result(item: Item) -> KnownResult:
    values = decoded({name: item[name] for name in ("digest", "source", "computed")})
    result = zlib.decompress(item["answer"]["B"]) if "answer" in item else None
    return KnownResult(result, values["digest"], values["source"], values["computed"])


def item_id(key: ResultKey) -> str:
    return f"#result:{key.digest.hex()}"


def object_key(job: Job) -> str:
    return f"results/{job.digest}"
