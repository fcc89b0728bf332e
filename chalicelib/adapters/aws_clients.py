"""Clients of AWS, each made when first used: a quarter of a second that few cold starts need in full.

botocore retries a call by itself, within limits that only a client's configuration sets. So that a request
is answered before API Gateway gives up, a call made when little time is left goes through a client that
makes fewer attempts: a call that begins before the deadline ends at most ATTEMPT_SECONDS after it.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_errors import translated, unavailable
from chalicelib.application import deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 1, 2, 4
ATTEMPT_SECONDS = CONNECT_SECONDS + READ_SECONDS
# How much botocore lengthens each of its pauses when a server asks for it (x-amz-retry-after).
LONGEST_RETRY_AFTER = 5


def longest_call(attempts: int) -> int:
    """Return the seconds that a call takes at most: its attempts, and the pauses of 1, 2, 4… s in between."""
    pauses = attempts - 1
    return attempts * ATTEMPT_SECONDS + (1 << pauses) - 1 + pauses * LONGEST_RETRY_AFTER


def attempts_left() -> int:
    """Return how many attempts a call may make now without ending too long after the deadline."""
    seconds = deadline.left() + ATTEMPT_SECONDS
    return max((n for n in range(1, ATTEMPTS + 1) if longest_call(n) <= seconds), default=1)


class AwsClient:
    """A boto3 client whose calls keep to the deadline, and raise AwsUnavailable (see aws_errors)."""

    def __init__(self, make: Callable[[int], Any]) -> None:
        """`make` returns a boto3 client whose calls make so many attempts."""
        self._make, self._lock = make, threading.Lock()
        self._clients: dict[int, Any] = {}

    def __getattr__(self, name: str) -> Any:
        client = self._client()
        if name in client.meta.method_to_api_mapping:
            return functools.partial(self._call, name)
        return getattr(client, name)

    def _call(self, method: str, **arguments: Any) -> Any:
        client = self._client()
        operation = f"{client.meta.service_model.service_name}.{client.meta.method_to_api_mapping[method]}"
        if deadline.left() <= 0:
            raise unavailable(operation, "OutOfTime", "no time was left for it", attempts="0")
        with translated(operation, client.meta.config.retries["total_max_attempts"]):
            return getattr(client, method)(**arguments)

    def _client(self) -> Any:
        attempts = attempts_left()
        with self._lock:  # boto3 makes one client at a time
            if attempts not in self._clients:
                self._clients[attempts] = self._make(attempts)
            return self._clients[attempts]


class Aws:
    """The clients that the adapters share.

    `client` makes a boto3 client: called with a service's name and `config`, a botocore Config. `attempts`
    bounds how often a call is tried; `options` are further options of the Config, such as proxies.
    """

    def __init__(self, client: Callable[..., Any], attempts: int = ATTEMPTS, **options: Any) -> None:
        def lazy(name: str) -> Any:
            return AwsClient(lambda left: client(name, config=client_config(min(left, attempts), **options)))

        self.dynamodb: DynamoDBClient = lazy("dynamodb")
        self.s3: S3Client = lazy("s3")
        self.sqs: SQSClient = lazy("sqs")

    def read_object(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes. Raises the client's NoSuchKey, or AwsUnavailable."""
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"]
        with translated("s3.GetObject"):  # the body is read after the call and its retries
            return body.read()


def client_config(attempts: int = ATTEMPTS, **options: Any) -> Any:
    """Return the botocore Config of a client: its timeouts, attempts, and further `options`."""
    from botocore.config import Config  # with boto3 a tenth of a second: the first request that needs it pays

    defaults: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": attempts},
    }
    return Config(**defaults | options)


def pages(call: Callable[..., Any], cursor: str, next_cursor: str, **arguments: Any) -> Iterator[Any]:
    """Yield the pages of a call that returns its items in parts; each page keeps to the deadline anew.

    `cursor` is the argument that continues after a page, `next_cursor` the page's member with its value.
    """
    while True:
        page = call(**arguments)
        yield page
        if next_cursor not in page:
            return
        arguments[cursor] = page[next_cursor]
