"""Clients of AWS, each made when first used: a quarter of a second that few cold starts need in full."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.adapters import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient


class Aws:
    """What the adapters share. `client` makes a client by its service's name.

    A call that fails raises AwsUnavailable, but for what chalicelib.faults says. Making a client is not safe
    for threads: who has several touches each client before they start.
    """

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._make = client

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self._client("dynamodb")  # type: ignore[no-any-return] # the name decides the type

    @cached_property
    def s3(self) -> "S3Client":
        return self._client("s3")  # type: ignore[no-any-return] # the name decides the type

    @cached_property
    def sqs(self) -> "SQSClient":
        return self._client("sqs")  # type: ignore[no-any-return] # the name decides the type

    def read_object(self, bucket: str, key: str) -> bytes:
        """An object's bytes. Raises the client's NoSuchKey, or AwsUnavailable."""
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"]
        with aws_errors.reading("s3.GetObject"):
            return body.read()

    def _client(self, name: str) -> Any:
        client = self._make(name)
        aws_errors.watch(client)
        return client
