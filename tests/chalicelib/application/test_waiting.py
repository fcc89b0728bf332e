"""Execute requests, and waiting for their jobs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application import completion
from chalicelib.application.job import JobStatus
from chalicelib.application.ports import JobStore
from chalicelib.application.service import Service
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import InvalidRequest, JobNotFound, UnknownQuestion, UnknownState
from tests.chalicelib.conftest import HeldQueue
from tests.support.samples import GLOBAL_HUMUS
from tests.support.services import execute, make_service, submit

EXECUTE = {"inputs": {"question": "S1"}, "response": "document"}


def test_execute_request_makes_the_same_job_and_keeps_its_form(service: Service) -> None:
    executed = execute(service, "global_mean", EXECUTE)
    submitted = submit(service, "global_mean", EXECUTE["inputs"])
    assert (executed.statistic, executed.inputs) == (submitted.statistic, submitted.inputs)
    service.process(executed.id)
    done = service.get(executed.id)

    assert (frozen_json(done), done.response) == (GLOBAL_HUMUS, "document")
    assert done.accepted <= done.started <= done.finished


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ({"question": "Humuss", "state": "Hessen"}, UnknownQuestion, '"Humus"'),
        ({"question": "S1", "state": "hessen"}, UnknownState, '"Hessen"'),
        ({"question": "S1"}, InvalidRequest, '"state"'),
    ],
)
def test_invalid_execute_request_is_refused_and_makes_no_job(
    service: Service, queue: HeldQueue, inputs: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        execute(service, "state_mean", {"inputs": inputs})
    assert (list(service.jobs()), queue.ids, service.num_jobs()) == ([], [], 0)


def test_wait_returns_when_the_job_finishes_in_this_process(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "FIRST_PAUSE", 60.0)
    job = submit(service, "global_mean", {"question": "S1"})
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(service.wait, job, 30) for _ in range(8)]
        service.process("job_id_1")
        assert {frozen_json(future.result(5)) for future in waiting} == {GLOBAL_HUMUS}


def test_wait_returns_when_the_job_finishes_in_another_process(
    service: Service, store: JobStore, queue: HeldQueue, clients: Aws, state: DynamoDbServiceState
) -> None:
    worker = make_service(store, queue, S3DatasetStore(clients, "statline"), state, id_block=10)
    job = submit(service, "global_mean", {"question": "S1"})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.wait, job, 30)
        worker.process("job_id_1")
        assert frozen_json(waiting.result(5)) == GLOBAL_HUMUS


def test_wait_returns_the_open_job_after_its_time(service: Service) -> None:
    job = submit(service, "global_mean", {"question": "S1"})
    assert service.wait(job, 0.05).status is JobStatus.ACCEPTED
    for _ in range(2):
        service.dismiss("job_id_1")
    with pytest.raises(JobNotFound):
        service.wait(job, 30)
