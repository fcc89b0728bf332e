"""The storage of STATLINE_STORE=aws: the adapters of the cloud, on moto or another emulator of AWS."""

import contextlib

from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.bootstrap import job_store
from local.emulator import moto_backend
from local.settings import LocalSettings
from local.storage.snapshot_files import SnapshotFiles


def aws_storage(
    settings: LocalSettings, undo: contextlib.ExitStack, snapshots: SnapshotFiles, dataset: str
) -> tuple[DynamoDbJobStore, DynamoDbServiceState, S3DatasetStore]:
    """Job store, service state and data sets, with `dataset` published."""
    service = settings.service
    if settings.aws_endpoint:
        aws = moto_backend.connect_to(settings.aws_endpoint, service)
    else:
        undo.callback(moto_backend.start_moto().stop)
        aws = moto_backend.connect(service)
    datasets, data = S3DatasetStore(aws, service.bucket), snapshots.ingestor(dataset)
    datasets.publish(dataset, data.snapshot(), data.catalogue())
    datasets.hold(dataset, data)
    return job_store(aws, service), DynamoDbServiceState(aws, service.table), datasets
