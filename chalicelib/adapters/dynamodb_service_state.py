"""The service's state: which data set is current, and whether the service drains."""

import threading
import time
from collections.abc import Callable
from dataclasses import fields, replace

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.job_item import decoded, encoded
from chalicelib.application.ports import ServiceState

CONTROL = "#control"


class DynamoDbServiceState:
    """ServiceStateStore on one item of the jobs' table, cached for at most `max_age` seconds.

    A process sees its own writes at once, and those of others when its copy is too old.
    """

    def __init__(
        self, aws: Aws, table: str, max_age: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._aws, self._table = aws, table
        self._max_age, self._clock = max_age, clock
        self._lock = threading.Lock()
        self._state = ServiceState()
        self._read_at: float | None = None

    def read(self) -> ServiceState:
        with self._lock:
            if self._read_at is None or self._clock() - self._read_at >= self._max_age:
                self._state, self._read_at = self._fetch(), self._clock()
            return self._state

    def set(self, **changes: str | int) -> None:
        self._aws.dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": CONTROL}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues=encoded({f":{name}": value for name, value in changes.items()}),
        )
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type] # callers name the fields

    def _fetch(self) -> ServiceState:
        response = self._aws.dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": CONTROL}}, ConsistentRead=True
        )
        values = decoded(response.get("Item", {}))
        return ServiceState(**{f.name: values[f.name] for f in fields(ServiceState) if f.name in values})
