"""The dismissal of open jobs, and the removal of finished ones."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.job import JobStatus
from chalicelib.application.ports import JobStore
from chalicelib.application.service import Service
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import JobNotFound
from tests.chalicelib.conftest import HeldQueue
from tests.support.services import make_service, submit
from tests.support.simulated import editions


def test_dismissed_open_job_stays_dismissed_and_ends_the_wait_for_it(service: Service) -> None:
    job = submit(service, "global_mean", {"question": "S1"})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.wait, job, 30)
        dismissed = service.dismiss("job_id_1")
        assert waiting.result(5).status is JobStatus.DISMISSED
    service.process("job_id_1")

    assert service.get("job_id_1") == dismissed
    assert (dismissed.status, service.num_jobs()) == (JobStatus.DISMISSED, 0)


def test_dismissed_finished_job_is_not_found(service: Service) -> None:
    for _ in range(3):
        submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_1")
    service.fail("job_id_2", "no luck")
    service.dismiss("job_id_3")
    for job_id in ("job_id_1", "job_id_2", "job_id_3"):
        assert service.dismiss(job_id).status is JobStatus.DISMISSED
        with pytest.raises(JobNotFound):
            service.get(job_id)
        with pytest.raises(JobNotFound):
            service.dismiss(job_id)
        service.process(job_id)
        service.fail(job_id, "swept")

    assert list(service.jobs()) == []


def test_job_removed_during_its_computation_stays_removed(
    store: JobStore, clients: Aws, state: DynamoDbServiceState
) -> None:
    service: Service

    class Removing(S3DatasetStore):
        def ingestor(self, fingerprint: str) -> DataIngestor:
            for _ in range(2):
                service.dismiss("job_id_1")
            return editions()["first"]

    state.set(dataset="f1")
    service = make_service(store, HeldQueue(), Removing(clients, "statline"), state, id_block=10)
    submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_1")
    assert list(service.jobs()) == []


def test_dismissal_and_result_at_once_never_turn_a_dismissed_job_successful(service: Service) -> None:
    for number in range(1, 21):
        submit(service, "global_mean", {"question": "S1"})
        with ThreadPoolExecutor(2) as pool:
            pool.submit(service.process, f"job_id_{number}")
            pool.submit(service.dismiss, f"job_id_{number}").result(5)
    assert {job.status for job in service.jobs()} <= {JobStatus.DISMISSED}
    assert service.num_jobs() == 0
