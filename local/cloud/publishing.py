"""`python -m local publish`: a data set compiled here, put into a stage's bucket, made current."""

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
    """Raised when no published data set, or more than one, begins with what was given."""

    def __init__(self, given: str, known: list[str]) -> None:
        super().__init__(f"{shown(given)} names no one published data set; there are: {listed(known)}")


class Published(NamedTuple):
    fingerprint: str
    title: str
    current: bool


def publish(csv: Path, datasets: S3DatasetStore, control: DynamoDbServiceState) -> str:
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


def published(datasets: S3DatasetStore, control: DynamoDbServiceState) -> list[Published]:
    current = control.read().dataset
    return [
        Published(name, str(datasets.catalogue(name)["title"]), name == current)
        for name in datasets.published()
    ]


def use(given: str, datasets: S3DatasetStore, control: DynamoDbServiceState) -> str:
    """Make the published data set current whose fingerprint begins with `given`; raises NotPublished."""
    known = datasets.published()
    fitting = [name for name in known if given and name.startswith(given)]
    if len(fitting) != 1:
        raise NotPublished(given, known)
    control.set(dataset=fitting[0])
    return fitting[0]
