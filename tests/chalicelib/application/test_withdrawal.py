"""Jobs that are stored but cannot be queued: they are withdrawn, or else swept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application import lambda_handlers
from chalicelib.application.job import JobStatus
from chalicelib.application.ports import JobStore
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import Unavailable
from tests.support.samples import job, soil
from tests.support.services import make_service, submit
from tests.support.simulated import SimulatedServiceState
from tests.support.simulated_cloud import GIVE_UP_MS, QUESTION, RESEND_MS, SimulatedCloud
from tests.support.trouble import Steps


@pytest.fixture
def state(clients: Aws) -> DynamoDbServiceState:
    state = DynamoDbServiceState(clients, "statline")
    state.set(dataset="f1")
    return state


class LossyQueue:
    """A queue whose responses are lost, whether it has `queued` the message or not."""

    def __init__(self, queued: bool) -> None:
        self.ids: list[str] = []
        self._queued = queued

    def add_task(self, job_id: str) -> None:
        if self._queued:
            self.ids.append(job_id)
        raise Unavailable("the response is lost")


@pytest.mark.parametrize("queued", [False, True])
def test_job_that_cannot_be_queued_is_withdrawn(
    store: JobStore, clients: Aws, state: DynamoDbServiceState, queued: bool
) -> None:
    queue = LossyQueue(queued)
    service = make_service(store, queue, S3DatasetStore(clients, "statline"), state, id_block=10)
    with pytest.raises(Unavailable):
        submit(service, "global_mean", {"question": "S1"})
    assert queue.ids == ["job_id_1"] * queued
    for job_id in queue.ids:
        service.process(job_id)

    assert (list(service.jobs()), service.num_jobs()) == ([], 0)


class Outage(NamedTuple):
    """A queue that fails together with everything else."""

    steps: Steps

    def add_task(self, job_id: str) -> None:
        self.steps.plan(0, self.steps.outage)
        raise Unavailable("the queue is away")


def test_job_that_cannot_be_withdrawn_is_swept() -> None:
    cloud = SimulatedCloud()
    state = SimulatedServiceState(cloud.table, cloud.steps, cloud.clock)
    service = make_service(cloud.store, Outage(cloud.steps), cloud.datasets, state, 10, cloud.clock)
    with pytest.raises(Unavailable, match="queue"):  # the first failure
        submit(service, *QUESTION)
    cloud.steps.clear()
    assert cloud.open_jobs() == {"job_id_1"}
    cloud.clock.now += RESEND_MS + 1
    other = cloud.process().service
    other.sweep(RESEND_MS, GIVE_UP_MS)
    cloud.deliver(other, lambda_handlers.process, [*cloud.queue.waiting])

    assert other.get("job_id_1").status is JobStatus.SUCCESSFUL


class InterruptedDatasets(NamedTuple):
    """Data sets that call `meanwhile` while one is loaded."""

    datasets: S3DatasetStore
    meanwhile: Callable[[], object]

    def ingestor(self, fingerprint: str) -> DataIngestor:
        self.meanwhile()
        return self.datasets.ingestor(fingerprint)

    def catalogue(self, fingerprint: str) -> dict[str, Any]:
        return self.datasets.catalogue(fingerprint)


def test_job_withdrawn_during_its_computation_stays_withdrawn(
    store: JobStore, clients: Aws, state: DynamoDbServiceState, tmp_path: Path
) -> None:
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    slow = InterruptedDatasets(datasets, lambda: store.delete("job_id_1"))
    store.create(job(1, dataset="f1"))
    make_service(store, LossyQueue(queued=True), slow, state, id_block=10).process("job_id_1")

    assert list(store.jobs()) == []


def test_sweeper_ignores_a_withdrawn_job_that_the_index_still_lists() -> None:
    cloud = SimulatedCloud()
    service = cloud.process().service
    for _ in range(2):
        cloud.submit(service, *QUESTION)
    cloud.store.lag()
    cloud.store.delete("job_id_1")
    cloud.clock.now += GIVE_UP_MS + 1
    service.sweep(RESEND_MS, GIVE_UP_MS)

    assert cloud.store.get("job_id_2").status is JobStatus.FAILED
