"""The HostLeases port on DynamoDB: one item a host in the jobs' table, written under conditions."""

import secrets
import time
from collections.abc import Callable
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.job_item import Item, decoded, encoded
from chalicelib.application import deadline
from chalicelib.application.host_leases import ABSURD_MS, FORGET_MS, Busy, HostState, Lease

# A call that begins in time ends early enough for the attempt to end before its lease does.
ACQUIRE_SECONDS = 3
FIELDS = HostState.__slots__


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class DynamoDbHostLeases:
    """HostLeases for the processes of a stage. A host that does not fail has an item only during attempts."""

    def __init__(self, aws: Aws, table: str, clock: Callable[[], int] = now_ms) -> None:
        self._aws, self._table, self._clock = aws, table, clock

    def acquire(self, host: str) -> Lease | Busy:
        holder, now = secrets.token_hex(8), self._clock()
        leased = HostState().lease(holder, now)
        with deadline.within(ACQUIRE_SECONDS):
            try:
                response = self._aws.dynamodb.update_item(
                    **self._key(host),
                    UpdateExpression="SET #until = :until, #holder = :holder, #expires = :expires",
                    ConditionExpression="attribute_not_exists(id) OR #until <= :now OR #until > :absurd",
                    ExpressionAttributeNames={f"#{name}": name for name in ("until", "holder", "expires")},
                    ExpressionAttributeValues=encoded(
                        {
                            ":until": leased.until,
                            ":holder": holder,
                            ":expires": expiry(leased),
                            ":now": now,
                            ":absurd": now + ABSURD_MS,
                        }
                    ),
                    ReturnValues="ALL_NEW",
                )
            except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
                state = self._read(host)
                # The SDK retries a write whose response was lost; then the lease in the way is our own.
                return Lease(host, state) if state.holder == holder else state.busy(now)
        return Lease(host, to_state(response["Attributes"]))

    def release(self, lease: Lease, delivered: bool) -> float:
        now = self._clock()
        state, held = lease.state.fail(now), {":held": lease.state.holder}
        try:
            if delivered:
                self._aws.dynamodb.delete_item(
                    **self._key(lease.host),
                    ConditionExpression="holder = :held",
                    ExpressionAttributeValues=encoded(held),
                )
                return 0.0
            values = {name: getattr(state, name) for name in FIELDS} | {"expires": expiry(state)}
            self._aws.dynamodb.update_item(
                **self._key(lease.host),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ConditionExpression="#holder = :held",
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues=encoded(
                    {f":{name}": value for name, value in values.items()} | held
                ),
            )
        except self._aws.dynamodb.exceptions.ConditionalCheckFailedException:
            pass  # it had expired, and may be another's by now; or the SDK repeated a write that was applied
        return 0.0 if delivered else state.busy(now).seconds

    def _read(self, host: str) -> HostState:
        response = self._aws.dynamodb.get_item(**self._key(host), ConsistentRead=True)
        return to_state(response.get("Item", {}))

    def _key(self, host: str) -> Any:
        return {"TableName": self._table, "Key": {"id": {"S": f"#host:{host}"}}}


def to_state(item: Item) -> HostState:
    values = decoded(item)
    return HostState(**{name: values[name] for name in FIELDS if name in values})


def expiry(state: HostState) -> int:
    """Return when DynamoDB may delete the item, in seconds since the epoch."""
    return (state.until + FORGET_MS) // 1000
