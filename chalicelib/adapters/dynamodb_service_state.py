"""The service's control record: which data set is current, and whether new jobs are taken."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.application.ports import ServiceState

if TYPE_CHECKING:
    from chalicelib.adapters.aws_clients import Aws

CONTROL = "#control"


class DynamoDbServiceState:
    """The control record in the jobs' table, cached for at most `max_age` seconds.

    Who writes through a Control sees the write at once; others see it when their copy is too old.
    """

    def __init__(
        self,
        aws: "Aws",
        table: str,
        max_age: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aws, self._table = aws, table
        self._max_age, self._clock = max_age, clock
        self._lock = threading.Lock()
        self._record = ServiceState()
        self._read_at: float | None = None

    def read(self) -> ServiceState:
        with self._lock:
            if self._read_at is None or self._clock() - self._read_at >= self._max_age:
                self._remember(self._fetch())
            return self._record

    def set(self, **changes: str | int) -> None:
        """Write fields of the record, and no others."""
        self._write({name: encoded(value) for name, value in changes.items()})
        with self._lock:
            self._record = replace(self._record, **changes)  # type: ignore[arg-type] # callers name the fields

    def _fetch(self) -> ServiceState:
        item = self._aws.dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": CONTROL}}, ConsistentRead=True
        ).get("Item", {})
        return ServiceState(
            dataset=item.get("dataset", {}).get("S", ""),
            draining_since=int(item.get("draining_since", {}).get("N", 0)),
            quiet_since=int(item.get("quiet_since", {}).get("N", 0)),
        )

    def _remember(self, record: ServiceState) -> None:
        self._record, self._read_at = record, self._clock()

    def _write(self, changes: dict[str, Any]) -> None:
        self._aws.dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": CONTROL}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues={f":{name}": value for name, value in changes.items()},
        )


def encoded(value: str | int) -> dict[str, str]:
    return {"S": value} if isinstance(value, str) else {"N": str(value)}
