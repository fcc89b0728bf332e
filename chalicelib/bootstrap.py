"""Wiring: the only place that names concrete adapters for AWS, and reads the environment."""

import os
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.adapters.dynamodb_host_leases import DynamoDbHostLeases
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.s3_response_store import S3ResponseStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application.ports import Ports
from chalicelib.application.service import Service
from chalicelib.config import Settings
from chalicelib.observability import logging as log_setup

DAY = 24 * 60 * 60
# How old a function's count of the open jobs may be; counting anew for each job would cost a query each.
COUNT_SECONDS = 5.0
# How old its copy of the service's state may be.
STATE_SECONDS = 5.0

T = TypeVar("T")


class Provider(Generic[T]):
    """A value of this process, made once, when a thread first calls for it."""

    def __init__(self, factory: Callable[[], T]) -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._value: T | None = None

    def use(self, factory: Callable[[], T]) -> None:
        """Replace the factory, and drop the value that the earlier one made."""
        with self._lock:
            self._factory, self._value = factory, None

    def __call__(self) -> T:
        if (value := self._value) is not None:
            return value
        with self._lock:
            if self._value is None:
                self._value = self._factory()
            return self._value


def aws_client(name: Any, config: Any = None) -> Any:
    """Return a boto3 client; without a config one of boto3's own patience, for commands."""
    import boto3  # takes a tenth of a second: the first request that needs it pays

    return boto3.client(name, config=config)


def aws_service(settings: Settings, state_seconds: float = STATE_SECONDS, aws: Aws | None = None) -> Service:
    """Return the service on AWS, on the resources that the settings name."""
    aws = aws or Aws(aws_client)
    ports = Ports(
        job_store(aws, settings),
        SqsJobQueue(aws, settings.queue_url),
        S3DatasetStore(aws, settings.bucket),
        DynamoDbServiceState(aws, settings.table, state_seconds),
        HttpCallbackSender(settings.callback_private),
        SqsJobQueue(aws, settings.callback_queue_url),
        DynamoDbHostLeases(aws, settings.table),
    )
    return Service(ports, settings, count_seconds=COUNT_SECONDS)


def job_store(aws: Aws, settings: Settings) -> DynamoDbJobStore:
    return DynamoDbJobStore(
        aws, settings.table, settings.bucket, settings.inline_limit, settings.retention_days * DAY
    )


def settings_from_environ() -> Settings:
    return Settings.from_environ(os.environ)


def service_from_settings() -> Service:
    settings = get_settings()
    log_setup.configure(settings.log_level, settings.log_format)
    return aws_service(settings, aws=get_aws())


def callback_queue_from_settings() -> SqsJobQueue:
    return SqsJobQueue(get_aws(), get_settings().callback_queue_url)


def response_store() -> S3ResponseStore:
    # The newest signature: S3 takes links with an older one in its oldest regions only.
    return S3ResponseStore(Aws(aws_client, signature_version="s3v4"), get_settings().bucket)


get_aws = Provider(lambda: Aws(aws_client))
get_settings = Provider(settings_from_environ)
get_service = Provider(service_from_settings)
get_callback_queue = Provider(callback_queue_from_settings)
get_response_store = Provider(response_store)
