"""A job whose record is made and whose message may not be: it is taken back, or else swept."""

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
from tests.support.simulated import SimulatedControl
from tests.support.simulated_cloud import GIVE_UP_MS, QUESTION, RESEND_MS, SimulatedCloud
from tests.support.trouble import Steps


@pytest.fixture
def control(clients: Aws) -> DynamoDbServiceState:
    control = DynamoDbServiceState(clients, "statline")
    control.set(dataset="f1")
    return control


class LossyQueue:
    """A queue whose answers are lost: nobody can know whether it took a message; `took` says."""

    def __init__(self, took: bool) -> None:
        self.ids: list[str] = []
        self._took = took

    def add_task(self, job_id: str) -> None:
        if self._took:
            self.ids.append(job_id)
        raise Unavailable("the answer is lost")


@pytest.mark.parametrize("took", [False, True])
def test_a_job_that_cannot_be_queued_is_taken_back(
    store: JobStore, clients: Aws, control: DynamoDbServiceState, took: bool
) -> None:
    """Nobody was told of it; a message that went out all the same finds nothing to do."""
    queue = LossyQueue(took)
    service = make_service(store, queue, S3DatasetStore(clients, "statline"), control, id_block=10)
    with pytest.raises(Unavailable):
        submit(service, "global_mean", {"question": "S1"})
    assert queue.ids == ["job_id_1"] * took
    for job_id in queue.ids:
        service.process(job_id)
    assert (list(service.jobs()), service.num_jobs()) == ([], 0)


class Outage(NamedTuple):
    """A queue with which everything ends."""

    steps: Steps

    def add_task(self, job_id: str) -> None:
        self.steps.plan(0, self.steps.outage)
        raise Unavailable("the queue is away")


def test_a_job_that_cannot_be_taken_back_is_swept() -> None:
    """It is whole: though nobody was told of it, it ends as any other."""
    cloud = SimulatedCloud()
    control = SimulatedControl(cloud.table, cloud.steps, cloud.clock)
    service = make_service(cloud.store, Outage(cloud.steps), cloud.datasets, control, 10, cloud.clock)
    with pytest.raises(Unavailable, match="queue"):  # it says what failed first
        submit(service, *QUESTION)
    cloud.steps.clear()
    assert cloud.open_jobs() == {"job_id_1"}
    cloud.clock.now += RESEND_MS + 1
    other = cloud.process().service
    other.sweep(RESEND_MS, GIVE_UP_MS)
    cloud.deliver(other, lambda_handlers.process, [*cloud.queue.waiting])
    assert other.get("job_id_1").status is JobStatus.SUCCESSFUL


class Interrupted(NamedTuple):
    """Data sets that are slow: while one is loaded, something else happens."""

    datasets: S3DatasetStore
    meanwhile: Callable[[], object]

    def ingestor(self, fingerprint: str) -> DataIngestor:
        self.meanwhile()
        return self.datasets.ingestor(fingerprint)

    def catalogue(self, fingerprint: str) -> dict[str, Any]:
        return self.datasets.catalogue(fingerprint)


def test_a_job_that_is_taken_back_while_it_is_answered(
    store: JobStore, clients: Aws, control: DynamoDbServiceState, tmp_path: Path
) -> None:
    """Its answer goes nowhere, and its message is done with."""
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    slow = Interrupted(datasets, lambda: store.delete("job_id_1"))
    store.create(job(1, dataset="f1"))
    make_service(store, LossyQueue(took=True), slow, control, id_block=10).process("job_id_1")
    assert list(store.jobs()) == []


def test_the_sweeper_passes_over_what_only_the_index_has() -> None:
    """A job that was taken back is listed for a moment yet; the others have their turn."""
    cloud = SimulatedCloud()
    service = cloud.process().service
    for _ in range(2):
        cloud.submit(service, *QUESTION)
    cloud.store.lag()
    cloud.store.delete("job_id_1")
    cloud.clock.now += GIVE_UP_MS + 1
    service.sweep(RESEND_MS, GIVE_UP_MS)
    assert cloud.store.get("job_id_2").status is JobStatus.FAILED
