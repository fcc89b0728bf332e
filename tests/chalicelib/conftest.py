"""A service with every store, and a queue that the test delivers by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.ports import JobStore
from chalicelib.application.service import Service
from tests.support.samples import soil
from tests.support.services import make_service


class HeldQueue:
    """A JobQueue that keeps the ids of its messages; the test delivers them by hand."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def add_task(self, job_id: str, delay: float = 0) -> None:
        self.ids.append(job_id)

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        self.ids.extend(job_ids)


@pytest.fixture
def queue() -> HeldQueue:
    return HeldQueue()


@pytest.fixture
def state(clients: Aws) -> DynamoDbServiceState:
    return DynamoDbServiceState(clients, "statline")


@pytest.fixture
def service(
    store: JobStore, queue: HeldQueue, clients: Aws, state: DynamoDbServiceState, tmp_path: Path
) -> Service:
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    state.set(dataset="f1")
    return make_service(store, queue, datasets, state, id_block=10)
