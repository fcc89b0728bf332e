"""Jobs that a client wants no more."""

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
from tests.chalicelib.conftest import Held
from tests.support.services import make_service, submit
from tests.support.simulated import editions


def test_an_open_job_is_dismissed(service: Service) -> None:
    """Its message finds it ended, and who waits for it is told."""
    job = submit(service, "global_mean", {"question": "S1"})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.wait, job, 30)
        dismissed = service.dismiss("job_id_1")
        assert waiting.result(5).status is JobStatus.DISMISSED
    service.process("job_id_1")
    assert service.get("job_id_1") == dismissed
    assert (dismissed.status, service.num_jobs()) == (JobStatus.DISMISSED, 0)


def test_dismissing_what_has_ended_removes_it(service: Service) -> None:
    """Computed, failed or dismissed before: afterwards it is not found, nor listed."""
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


def test_a_job_removed_while_it_is_computed(
    store: JobStore, clients: Aws, control: DynamoDbServiceState
) -> None:
    """The worker's answer comes to nothing, and its message is done with."""
    service: Service

    class Removing(S3DatasetStore):
        def ingestor(self, fingerprint: str) -> DataIngestor:
            for _ in range(2):
                service.dismiss("job_id_1")
            return editions()["first"]

    control.set(dataset="f1")
    service = make_service(store, Held(), Removing(clients, "statline"), control, id_block=10)
    submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_1")
    assert list(service.jobs()) == []


def test_of_dismissal_and_answer_at_once_one_stands(service: Service) -> None:
    """Either dismissed, or answered and then removed; never answered after it was dismissed."""
    for number in range(1, 21):
        submit(service, "global_mean", {"question": "S1"})
        with ThreadPoolExecutor(2) as pool:
            pool.submit(service.process, f"job_id_{number}")
            pool.submit(service.dismiss, f"job_id_{number}").result(5)
    assert {one.status for one in service.jobs()} <= {JobStatus.DISMISSED}
    assert service.num_jobs() == 0
