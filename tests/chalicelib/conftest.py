"""A service over real stores, with a queue that the test delivers by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from chalicelib.aws import Aws
from chalicelib.control import Control
from chalicelib.datasets import S3Datasets
from chalicelib.service import Service
from chalicelib.stores import JobStore
from tests.samples import soil


class Held:
    """A JobQueue that keeps what it is given until the test delivers it."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def add_task(self, job_id: str, delay: float = 0) -> None:
        self.ids.append(job_id)

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        self.ids.extend(job_ids)


@pytest.fixture
def queue() -> Held:
    return Held()


@pytest.fixture
def control(clients: Aws) -> Control:
    return Control(clients, "statline")


@pytest.fixture
def service(store: JobStore, queue: Held, clients: Aws, control: Control, tmp_path: Path) -> Service:
    datasets, data = S3Datasets(clients, "statline"), soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    control.set(dataset="f1")
    return Service(store, queue, datasets, control, id_block=10)
