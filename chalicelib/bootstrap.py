"""Wiring: the only place that names concrete adapters for AWS."""

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application.ports import Ports
from chalicelib.application.service import Limits, Service
from chalicelib.config import Settings, choice
from chalicelib.observability import logging as log_setup

if TYPE_CHECKING:
    from botocore.config import Config

# A request waits for an answer, so a call that hangs is given up early and tried again.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 5, 4
DAY = 24 * 60 * 60
# How old a function's count of the open jobs may be: else each job would cost one query more.
COUNT_SECONDS = 5.0


def client_config(**more: Any) -> "Config":
    from botocore.config import Config

    options: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
    }
    return Config(**options | more)


def aws_client(name: Any) -> Any:
    import boto3  # takes a tenth of a second: the first request that needs it pays

    return boto3.client(name, config=client_config())


def aws_service() -> Service:
    """The service on AWS, told about its resources by the environment."""
    log_setup.configure(
        choice(os.environ, "STATLINE_LOG_LEVEL", "info", log_setup.LEVELS),
        choice(os.environ, "STATLINE_LOG_FORMAT", "json", tuple(log_setup.FORMATS)),
    )
    settings, aws = Settings.from_environ(os.environ), Aws(aws_client)
    queue = SqsJobQueue(aws, settings.queue_url)
    ports = Ports(
        job_store(aws, settings),
        queue,
        S3DatasetStore(aws, settings.bucket),
        DynamoDbServiceState(aws, settings.table),
        HttpCallbackSender(settings.callback_private),
        callback_queue=queue,
    )
    limits = Limits(
        settings.id_block, settings.max_open, settings.settle_seconds, count_seconds=COUNT_SECONDS
    )
    return Service(ports, limits)


def job_store(aws: Aws, settings: Settings) -> DynamoDbJobStore:
    return DynamoDbJobStore(
        aws, settings.table, settings.bucket, settings.inline_limit, settings.retention_days * DAY
    )


class Provider:
    """Makes the service when it is first asked for, once, however many threads ask."""

    def __init__(self, factory: Callable[[], Service]) -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._service: Service | None = None

    def use(self, factory: Callable[[], Service]) -> None:
        """Replace how the service is made; one that is made already is let go."""
        with self._lock:
            self._factory, self._service = factory, None

    def __call__(self) -> Service:
        if self._service is None:
            with self._lock:
                if self._service is None:
                    self._service = self._factory()
        return self._service


get_service = Provider(aws_service)
