"""The service's control record: which data set is current, and whether new jobs are taken."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

CONTROL = "#control"


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """`dataset` is the fingerprint new jobs are accepted under; empty before anything is published."""

    dataset: str = ""
    draining: bool = False


class Control:
    """The control record in the jobs' table, cached for at most `max_age` seconds.

    Who writes through a Control sees the write at once; others see it when their copy is too old.
    """

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        table: str,
        max_age: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dynamodb, self._table = dynamodb, table
        self._max_age, self._clock = max_age, clock
        self._lock = threading.Lock()
        self._record = ControlRecord()
        self._read_at: float | None = None

    def read(self) -> ControlRecord:
        with self._lock:
            if self._read_at is None or self._clock() - self._read_at >= self._max_age:
                self._remember(self._fetch())
            return self._record

    def set_dataset(self, fingerprint: str) -> None:
        self._write("dataset", {"S": fingerprint})
        with self._lock:
            self._record = replace(self._record, dataset=fingerprint)

    def set_draining(self, draining: bool) -> None:
        self._write("draining", {"BOOL": draining})
        with self._lock:
            self._record = replace(self._record, draining=draining)

    def _fetch(self) -> ControlRecord:
        item = self._dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": CONTROL}}, ConsistentRead=True
        ).get("Item", {})
        return ControlRecord(
            dataset=item.get("dataset", {}).get("S", ""), draining=item.get("draining", {}).get("BOOL", False)
        )

    def _remember(self, record: ControlRecord) -> None:
        self._record, self._read_at = record, self._clock()

    def _write(self, name: str, value: dict[str, object]) -> None:
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": CONTROL}},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )
