"""Submission of questions whose results are known, with every store."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.ports import JobStore
from chalicelib.application.service import Service
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import Draining, Overloaded
from chalicelib.observability.metrics import ACCEPTED, DURATION, FINISHED
from tests.chalicelib.conftest import HeldQueue
from tests.support.metrics import value
from tests.support.samples import GLOBAL_HUMUS, soil
from tests.support.services import execute, execute_all, make_service, submit
from tests.support.simulated import SimulatedClock
from tests.support.simulated_cloud import QUESTION, SUBSCRIBER, SimulatedCloud

HUMUS = {"question": "S1"}
MEMBER = {"processID": "global_mean", "inputs": HUMUS}
Make = Callable[..., Service]


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def make(store: JobStore, queue: HeldQueue, clients: Aws, clock: SimulatedClock, tmp_path: Path) -> Make:
    """Make services that share one store and queue, as processes do."""
    datasets, state = S3DatasetStore(clients, "statline"), DynamoDbServiceState(clients, "statline")
    data = soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    state.set(dataset="f1")

    def new_service(max_open: int = 100, **settings: object) -> Service:
        return make_service(store, queue, datasets, state, 10, clock, max_open=max_open, **settings)

    return new_service


def computed(service: Service, queue: HeldQueue, name: str = "global_mean") -> Job:
    """Submit a new question, process it, and return the finished job."""
    job = submit(service, name, HUMUS)
    assert queue.ids.pop() == job.id
    service.process(job.id)
    return service.get(job.id)


def test_known_question_is_finished_when_it_is_submitted(
    make: Make, queue: HeldQueue, clock: SimulatedClock
) -> None:
    """In the process that computed it, and in another."""
    service = make()
    first = computed(service, queue)
    clock.now += 5_000
    for process in (service, make()):
        job = submit(process, "global_mean", HUMUS)
        stored = make().get(job.id)
        assert (stored.status, frozen_json(stored)) == (JobStatus.SUCCESSFUL, GLOBAL_HUMUS)
        assert stored.started == stored.accepted == stored.finished == clock.now
        assert (stored.source, stored.computed) == (first.id, first.finished)
    assert (queue.ids, service.num_jobs()) == ([], 0)


def test_failure_is_not_known(make: Make, queue: HeldQueue) -> None:
    service, inputs = make(), {"question": "S1", "state": "Atlantis"}
    for _ in range(2):
        job = submit(service, "state_mean", inputs)
        assert queue.ids.pop() == job.id
        service.process(job.id)
        assert service.get(job.id).status is JobStatus.FAILED


def test_fresh_question_is_computed_anew(make: Make, queue: HeldQueue) -> None:
    service = make()
    computed(service, queue)
    job = submit(service, "global_mean", HUMUS, fresh=True)
    assert (job.status, queue.ids) == (JobStatus.ACCEPTED, [job.id])
    service.process(job.id)
    assert service.get(job.id).source is None
    assert submit(make(), "global_mean", HUMUS).source == job.id


def test_known_question_is_taken_at_the_limit_and_refused_in_a_drain(make: Make, queue: HeldQueue) -> None:
    service = make(max_open=1)
    computed(service, queue)
    submit(service, "best5", HUMUS)
    with pytest.raises(Overloaded):
        submit(service, "worst5", HUMUS)
    assert submit(service, "global_mean", HUMUS).status is JobStatus.SUCCESSFUL
    service.drain()
    with pytest.raises(Draining):
        submit(service, "global_mean", HUMUS)


def test_known_questions_do_not_speed_up_retry_after(make: Make, queue: HeldQueue) -> None:
    """It is estimated from the jobs that workers finish."""
    service = make(max_open=1)
    computed(service, queue)
    for _ in range(100):
        submit(service, "global_mean", HUMUS)
    submit(service, "best5", HUMUS)
    with pytest.raises(Overloaded) as refused:
        submit(service, "worst5", HUMUS)
    assert refused.value.retry_after == 5


def test_known_question_counts_as_accepted_and_finished(make: Make, queue: HeldQueue) -> None:
    service = make()
    computed(service, queue)
    counters = [(ACCEPTED, "global_mean"), (FINISHED, "global_mean", "successful")]
    before = [value(*counter) for counter in counters]
    submit(service, "global_mean", HUMUS)
    assert [value(*counter) for counter in counters] == [number + 1 for number in before]
    assert DURATION.labels == ("outcome",)


def test_key_leads_to_the_known_job(make: Make, queue: HeldQueue) -> None:
    service = make()
    computed(service, queue)
    job = submit(service, "global_mean", HUMUS, "a")
    assert job.status is JobStatus.SUCCESSFUL
    again = submit(make(), "global_mean", HUMUS, "a")
    assert (again.id, again.result, again.finished) == (job.id, job.result or again.result, job.finished)
    assert queue.ids == []


@pytest.mark.usefixtures("transactions")
def test_batch_mixes_known_and_new_questions(make: Make, queue: HeldQueue) -> None:
    service = make(max_open=2)
    computed(service, queue)
    new = MEMBER | {"processID": "best5"}
    jobs = execute_all(service, {"executions": [MEMBER, new, MEMBER, new, MEMBER]})
    known = [job.status.is_terminal for job in jobs]
    assert known == [True, False, True, False, True]
    assert queue.ids == [jobs[1].id, jobs[3].id]
    service.process_all(queue.ids)
    assert [service.get(job.id).status for job in jobs] == [JobStatus.SUCCESSFUL] * 5
    assert service.get(jobs[3].id).source == jobs[1].id


def test_removed_job_leaves_the_result_of_others(make: Make, queue: HeldQueue) -> None:
    service = make()
    first = computed(service, queue)
    second = submit(service, "global_mean", HUMUS)
    service.dismiss(first.id)
    assert frozen_json(make().get(second.id)) == GLOBAL_HUMUS
    assert submit(make(), "global_mean", HUMUS).status is JobStatus.SUCCESSFUL


def test_waiting_execution_has_the_known_result_at_once(make: Make, queue: HeldQueue) -> None:
    computed(make(), queue)
    service = make()
    job = execute(service, "global_mean", {"inputs": HUMUS})
    assert frozen_json(service.wait(job, 0)) == GLOBAL_HUMUS


def test_processes_with_the_same_new_question_give_one_result(make: Make, queue: HeldQueue) -> None:
    services, barrier = [make() for _ in range(6)], threading.Barrier(6, timeout=20)
    jobs = [submit(service, "mean_by_category", HUMUS) for service in services]
    queue.ids.clear()

    def process(service: Service, job: Job) -> None:
        barrier.wait()
        service.process(job.id)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(process, services, jobs))
    results = {service.get(job.id).result for service in services for job in jobs}
    assert len(results) == 1
    assert None not in results
    assert submit(make(), "mean_by_category", HUMUS).status is JobStatus.SUCCESSFUL


def test_result_that_would_not_outlive_the_job_is_computed_and_stored_anew(
    make: Make, queue: HeldQueue, clock: SimulatedClock
) -> None:
    """Results are kept for 60 days and jobs for 30: a result of 29 days is shared, an older one is not."""
    service = make(result_days=60, retention_days=30)
    first = computed(service, queue)
    clock.now += 29 * 24 * 60 * 60 * 1000 - 1
    assert submit(service, "global_mean", HUMUS).source == first.id
    clock.now += 1
    second = computed(service, queue)
    assert (second.source, second.result) == (None, first.result)
    assert submit(make(result_days=60, retention_days=30), "global_mean", HUMUS).source == second.id


def test_known_job_posts_its_success_and_no_progress() -> None:
    cloud = SimulatedCloud()
    service = cloud.process().service
    service.process(cloud.submit(service, *QUESTION).id)
    cloud.queue.waiting.clear()
    body = {"inputs": QUESTION[1], "subscriber": SUBSCRIBER}
    job = execute(service, QUESTION[0], body)
    assert job.callback_pending
    assert cloud.queue.waiting == []
    cloud.send_callbacks(service, [*cloud.callback_queue.waiting])

    assert [url for url, _ in cloud.sender.received[job.id]] == [SUBSCRIBER["successUri"]]
    assert not service.get(job.id).callback_pending


def test_known_answers_have_the_bytes_of_computed_ones(url: str, http: requests.Session) -> None:
    def ask(**headers: str) -> bytes:
        posted = http.post(f"{url}/api/mean_by_category", json=HUMUS, headers=headers, timeout=5)
        while (answer := http.get(url + posted.headers["Location"], timeout=5)).json()["status"] == "running":
            pass
        return answer.content

    first = ask()
    assert {ask(), ask(), ask(**{"Cache-Control": "no-cache"})} == {first}
