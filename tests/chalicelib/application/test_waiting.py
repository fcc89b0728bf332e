"""Execute requests, and who waits for what they ask."""

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
from tests.chalicelib.conftest import Held
from tests.support.samples import GLOBAL_HUMUS
from tests.support.services import execute, make_service, submit

EXECUTE = {"inputs": {"question": "S1"}, "response": "document"}


def test_an_execute_request_makes_the_same_job(service: Service) -> None:
    """As a submission does, and it keeps the form that the result was asked for in."""
    executed = execute(service, "global_mean", EXECUTE)
    submitted = submit(service, "global_mean", EXECUTE["inputs"])
    assert (executed.statistic, executed.inputs) == (submitted.statistic, submitted.inputs)
    service.process(executed.id)
    done = service.get(executed.id)
    assert (frozen_json(done), done.response) == (GLOBAL_HUMUS, "document")
    assert done.accepted <= done.started <= done.finished


@pytest.mark.parametrize(
    ("inputs", "error", "named"),
    [
        ({"question": "Humuss", "state": "Hessen"}, UnknownQuestion, '"Humus"'),
        ({"question": "S1", "state": "hessen"}, UnknownState, '"Hessen"'),
        ({"question": "S1"}, InvalidRequest, '"state"'),
    ],
)
def test_an_execute_request_is_checked_at_once(
    service: Service, queue: Held, inputs: dict[str, str], error: type[Exception], named: str
) -> None:
    """Against what the data set has; nothing that is refused makes a job."""
    with pytest.raises(error, match=named):
        execute(service, "state_mean", {"inputs": inputs})
    assert (list(service.jobs()), queue.ids, service.num_jobs()) == ([], [], 0)


def test_waiting_ends_with_the_job(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, when it ends in this process; not at the next look."""
    monkeypatch.setattr(completion, "FIRST_LOOK", 60.0)
    job = submit(service, "global_mean", {"question": "S1"})
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(service.wait, job, 30) for _ in range(8)]
        service.process("job_id_1")
        assert {frozen_json(one.result(5)) for one in waiting} == {GLOBAL_HUMUS}


def test_waiting_for_a_job_that_another_process_ends(
    service: Service, store: JobStore, queue: Held, clients: Aws, control: DynamoDbServiceState
) -> None:
    """Nobody tells this one, so it looks now and then."""
    worker = make_service(store, queue, S3DatasetStore(clients, "statline"), control, id_block=10)
    job = submit(service, "global_mean", {"question": "S1"})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(service.wait, job, 30)
        worker.process("job_id_1")
        assert frozen_json(waiting.result(5)) == GLOBAL_HUMUS


def test_waiting_is_bounded(service: Service) -> None:
    """The job as it stands by then."""
    job = submit(service, "global_mean", {"question": "S1"})
    assert service.wait(job, 0.05).status is JobStatus.ACCEPTED
    for _ in range(2):
        service.dismiss("job_id_1")
    with pytest.raises(JobNotFound):
        service.wait(job, 30)
