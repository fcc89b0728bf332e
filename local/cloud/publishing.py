"""`python -m local publish`: compile a data set, store it in a stage's bucket, make it current."""

from pathlib import Path
from typing import NamedTuple

from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description, find_description, fingerprint
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import StatlineError, listed, shown
from local.settings import DEFAULT_DESCRIPTION


class NotPublished(StatlineError):
    """Raised when no published data set, or more than one, begins with the prefix."""


class Published(NamedTuple):
    fingerprint: str
    title: str
    current: bool


def publish(csv: Path, control: DynamoDbServiceState, datasets: S3DatasetStore) -> str:
    """Compile `csv`, store it under its fingerprint unless it is there, then make it current.

    Raises a DatasetError for data that cannot be used; then nothing has changed.
    """
    description = Description.load(find_description(csv, DEFAULT_DESCRIPTION))
    name = fingerprint(csv, description, snapshot.VERSION)
    if name not in datasets.published():
        data = DataIngestor.from_csv(csv, description)
        datasets.publish(name, data.snapshot(), data.catalogue())
    control.set(dataset=name)
    return name


def published(control: DynamoDbServiceState, datasets: S3DatasetStore) -> list[Published]:
    current = control.read().dataset
    return [
        Published(name, str(datasets.catalogue(name)["title"]), name == current)
        for name in datasets.published()
    ]


def use(prefix: str, control: DynamoDbServiceState, datasets: S3DatasetStore) -> str:
    """Make the published data set current whose fingerprint begins with `prefix`. Raises NotPublished."""
    names = datasets.published()
    matches = [name for name in names if prefix and name.startswith(prefix)]
    if len(matches) != 1:
        raise NotPublished(f"{shown(prefix)} names no one published data set; there are: {listed(names)}")
    control.set(dataset=matches[0])
    return matches[0]
