"""AWS on this machine: moto in process, or an emulator on loopback. No request leaves the machine."""

import contextlib
import functools
import json
import os
import threading
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.bootstrap import job_store
from chalicelib.config import Settings
from local.settings import RESOURCES, LocalSettings
from local.storage.snapshot_files import SnapshotFiles

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

REGION = "us-east-1"
# The proxy for requests that moto does not answer: nothing listens there, so none leaves the machine.
NOWHERE = "http://127.0.0.1:9"


def start_moto() -> Any:
    """Start moto in this process; `stop()` of the returned object ends it."""
    # A profile, an endpoint or a key of this process would lead outside.
    for name in [name for name in os.environ if name.startswith("AWS_") and "CHALICE" not in name]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    from moto import mock_aws

    mend_moto()
    mock = mock_aws()
    mock.start()
    return mock


@functools.cache
def mend_moto() -> None:
    """Make moto's writes atomic, and let it free deleted items."""
    from moto.core.common_models import BaseModel
    from moto.dynamodb.responses import DynamoHandler

    unguarded, lock = DynamoHandler.call_action, threading.RLock()

    def call_action(self: DynamoHandler) -> Any:
        # It evaluates a condition and writes in two steps that threads can come between.
        with lock:
            return unguarded(self)

    def new(cls: type[BaseModel], *_: Any, **__: Any) -> Any:
        # Its own lists every item and object ever made, for a dashboard: weeks of jobs would pile up.
        return super(BaseModel, cls).__new__(cls)

    setattr(DynamoHandler, "call_action", call_action)  # noqa: B010 - mypy refuses a plain assignment
    setattr(BaseModel, "__new__", new)  # noqa: B010 - as above


def storage(
    settings: LocalSettings, undo: contextlib.ExitStack, snapshots: SnapshotFiles, dataset: str
) -> tuple[DynamoDbJobStore, DynamoDbServiceState, S3DatasetStore]:
    """The storage of STATLINE_STORE=aws: the adapters of the cloud, with `dataset` published."""
    service = settings.service
    if settings.aws_endpoint:
        aws = connect_to(settings.aws_endpoint, service)
    else:
        undo.callback(start_moto().stop)
        aws = connect(service)
    datasets, data = S3DatasetStore(aws, service.bucket), snapshots.ingestor(dataset)
    datasets.publish(dataset, data.snapshot(), data.catalogue())
    datasets.hold(dataset, data)
    return job_store(aws, service), DynamoDbServiceState(aws, service.table), datasets


def connect(settings: Settings) -> Aws:
    """Return clients of the running moto, with table and bucket created."""
    import boto3
    import botocore.session

    core = botocore.session.Session()
    core.register_component("data_loader", descriptions_of_services())
    session = boto3.session.Session("local", "local", region_name=REGION, botocore_session=core)
    aws = Aws(
        session.client, ignore_configured_endpoint_urls=True, proxies={"http": NOWHERE, "https": NOWHERE}
    )
    make_resources(aws, settings)
    return aws


def connect_to(url: str, settings: Settings) -> Aws:
    """Return clients of an emulator of AWS at a URL; create the table and the bucket if they are missing."""
    import boto3

    session = boto3.session.Session("local", "local", region_name=REGION)
    aws = Aws(functools.partial(session.client, endpoint_url=url))
    if settings.table not in aws.dynamodb.list_tables()["TableNames"]:
        create_table(aws.dynamodb, settings.table)
        aws.dynamodb.get_waiter("table_exists").wait(TableName=settings.table)
    if settings.bucket not in [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]]:
        aws.s3.create_bucket(Bucket=settings.bucket)
    return aws


@functools.cache
def descriptions_of_services() -> Any:
    """Return botocore's loader of service descriptions, shared by all clients."""
    from botocore.loaders import create_loader

    return create_loader()


def make_resources(aws: Aws, settings: Settings) -> None:
    create_table(aws.dynamodb, settings.table)
    aws.s3.create_bucket(Bucket=settings.bucket)


def create_table(dynamodb: "DynamoDBClient", name: str) -> None:
    """Create the table of the template, without the properties that moto does not need."""
    needed = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    properties = table_properties()
    dynamodb.create_table(TableName=name, **{part: properties[part] for part in needed})


def table_properties() -> Any:
    """Return the properties of the jobs' table in the template."""
    return json.loads(RESOURCES.read_text())["Resources"]["JobTable"]["Properties"]
