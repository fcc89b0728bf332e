"""Keys that a client sends with its questions, and several questions in one request."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.idempotency import KEY_LIFETIME_SECONDS
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.ports import JobStore
from chalicelib.application.service import Service
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import Draining, InvalidRequest, KeyInUse, KeyReused, Overloaded, Unavailable
from tests.chalicelib.application.test_service import SlowQueue
from tests.chalicelib.conftest import Held
from tests.support.samples import GLOBAL_HUMUS, soil
from tests.support.services import execute, execute_all, make_service, submit
from tests.support.simulated import SimulatedClock

HUMUS = {"question": "S1"}
ONE = {"processID": "global_mean", "inputs": HUMUS}
Make = Callable[..., Service]


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def queue() -> Held:
    return Held()


@pytest.fixture
def make(store: JobStore, queue: Held, clients: Aws, clock: SimulatedClock, tmp_path: Path) -> Make:
    datasets, data, control = (
        S3DatasetStore(clients, "statline"),
        soil(tmp_path),
        DynamoDbServiceState(clients, "statline"),
    )
    datasets.publish("f1", data.snapshot(), data.catalogue())
    control.set(dataset="f1")

    def made(queue: Held = queue, max_open: int = 100) -> Service:
        return make_service(store, queue, datasets, control, id_block=10, clock=clock, max_open=max_open)

    return made


def test_a_key_leads_to_one_job(make: Make, queue: Held) -> None:
    """By either interface, from any process, before and after the job's end; another key to another."""
    service = make()
    submitted, executed = submit(service, "global_mean", HUMUS, "a"), execute(service, "best5", ONE, "b")
    assert submit(make(), "global_mean", HUMUS, "a") == submitted
    service.process(executed.id)
    again = execute(make(), "best5", ONE, "b")
    assert (again.id, again.status) == (executed.id, JobStatus.SUCCESSFUL)
    assert submit(service, "global_mean", HUMUS, "c").id not in (submitted.id, executed.id)
    assert submit(service, "global_mean", HUMUS).id == "job_id_4"
    assert queue.ids == ["job_id_1", "job_id_2", "job_id_3", "job_id_4"]


def test_a_key_is_of_one_request(make: Make) -> None:
    """Another body, statistic or interface is refused, and makes no job; the order of members is none."""
    service = make()
    state = {"question": "S1", "state": "Hessen"}
    first = submit(service, "state_mean", state, "a")
    for ask in (
        lambda: submit(service, "state_mean", state | {"state": "Bayern"}, "a"),
        lambda: submit(service, "state_diff_from_mean", state, "a"),
        lambda: execute(service, "state_mean", {"inputs": state}, "a"),
        lambda: execute_all(service, {"executions": [ONE]}, "a"),
    ):
        with pytest.raises(KeyReused):
            ask()
    assert submit(service, "state_mean", dict(reversed(state.items())), "a") == first
    assert service.num_jobs() == 1


def test_a_key_is_free_again(make: Make, clock: SimulatedClock) -> None:
    """After a day, for another request too, or when its job is removed."""
    service = make()
    submit(service, "global_mean", HUMUS, "a")
    clock.now += KEY_LIFETIME_SECONDS * 1000 - 1
    assert submit(service, "global_mean", HUMUS, "a").id == "job_id_1"
    clock.now += 1
    assert submit(service, "best5", HUMUS, "a").id == "job_id_2"
    for _ in range(2):
        service.dismiss("job_id_2")
    assert submit(service, "global_mean", HUMUS, "a").id == "job_id_3"
    assert submit(service, "global_mean", HUMUS, "a").id == "job_id_3"


def test_a_key_is_answered_while_nothing_new_is_taken(make: Make) -> None:
    """Drained or full: its question was taken long ago."""
    service = make(max_open=1)
    first = submit(service, "global_mean", HUMUS, "a")
    with pytest.raises(Overloaded):
        submit(service, "global_mean", HUMUS, "b")
    service.drain()
    with pytest.raises(Draining):
        submit(service, "global_mean", HUMUS, "c")
    assert submit(service, "global_mean", HUMUS, "a") == first


def test_a_key_in_flight(make: Make) -> None:
    """A second request is refused until the first is answered; another key is not held up."""
    queue = SlowQueue()
    service = make(queue)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(submit, service, "global_mean", HUMUS, "a")
        assert queue.entered.wait(5)
        with pytest.raises(KeyInUse):
            submit(service, "global_mean", HUMUS, "a")
        queue.go.set()
        told = first.result(5)
        assert submit(service, "global_mean", HUMUS, "a") == told
        assert submit(service, "global_mean", HUMUS, "b").id == "job_id_2"


def test_processes_that_take_one_key_at_once(make: Make, queue: Held) -> None:
    """All tell the same job; the jobs that the others had made are gone."""
    services, together = [make() for _ in range(6)], threading.Barrier(6, timeout=20)

    def ask(service: Service) -> Job:
        together.wait()
        return submit(service, "global_mean", HUMUS, "a")

    with ThreadPoolExecutor(6) as pool:
        told = {job.id for job in pool.map(ask, services)}
    assert len(told) == 1
    assert {job.id for job in services[0].jobs()} == told <= set(queue.ids)


def test_a_key_whose_job_could_not_be_queued(make: Make) -> None:
    """Leads nowhere: the next request makes a job."""

    class Broken(Held):
        def add_task(self, job_id: str, delay: float = 0) -> None:
            raise Unavailable("no queue")

    with pytest.raises(Unavailable):
        submit(make(Broken()), "global_mean", HUMUS, "a")
    assert list(make().jobs()) == []
    accepted = submit(make(), "global_mean", HUMUS, "a")
    assert [job.id for job in make().jobs()] == [accepted.id]


def test_a_batch_is_accepted_whole(make: Make, queue: Held) -> None:
    """In order, under ids that follow each other, and each job as if it had come alone."""
    service = make()
    submit(service, "global_mean", HUMUS)
    csv = {"result": {"format": {"mediaType": "text/csv"}}}
    more = {"processID": "best5", "inputs": HUMUS, "response": "document", "outputs": csv}
    jobs = execute_all(service, {"executions": [ONE, more] * 6})
    numbers = [int(job.id.removeprefix("job_id_")) for job in jobs]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert queue.ids == ["job_id_1", *(job.id for job in jobs)]
    assert [job.statistic for job in jobs] == ["global_mean", "best5"] * 6
    assert (jobs[1].response, jobs[1].media_type) == ("document", "text/csv")
    assert service.num_jobs() == 13
    service.process(jobs[0].id)
    assert frozen_json(service.get(jobs[0].id)) == GLOBAL_HUMUS


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (None, "executions"),
        ([ONE], "executions"),
        ({}, "executions"),
        ({"executions": []}, "1 to 100"),
        ({"executions": [ONE] * 101}, "1 to 100"),
        ({"executions": [ONE], "mode": "x"}, "mode"),
        ({"executions": [ONE, 1]}, r"executions\[1\]: .*processID"),
        ({"executions": [ONE, {"processID": 1}]}, r"executions\[1\]: .*processID"),
        ({"executions": [ONE, ONE | {"processID": "median"}]}, r"executions\[1\]: .*median"),
        ({"executions": [ONE, ONE, ONE | {"inputs": {}}]}, r"executions\[2\]: .*question"),
        ({"executions": [ONE, ONE | {"inputs": {"question": "S9"}}]}, r"executions\[1\]: no question .*S9"),
    ],
)
def test_a_batch_with_something_wrong_in_it(make: Make, body: object, wrong: str) -> None:
    """Makes no job, and says where."""
    service = make()
    with pytest.raises(InvalidRequest, match=wrong):
        execute_all(service, body)
    assert (service.num_jobs(), list(service.jobs())) == (0, [])


def test_a_batch_that_does_not_fit(make: Make) -> None:
    """None of it is taken; one that just fits is. While draining, none."""
    service = make(max_open=3)
    submit(service, "global_mean", HUMUS)
    with pytest.raises(Overloaded):
        execute_all(service, {"executions": [ONE] * 3})
    assert service.num_jobs() == 1
    execute_all(service, {"executions": [ONE] * 2})
    assert service.num_jobs() == 3
    service.drain()
    with pytest.raises(Draining):
        execute_all(service, {"executions": [ONE]})


def test_a_batch_that_is_queued_in_part(make: Make) -> None:
    """Is taken back whole."""

    class Short(Held):
        def add_tasks(self, job_ids: object) -> None:
            super().add_task("job_id_1")
            raise Unavailable("no more")

    service = make(Short())
    with pytest.raises(Unavailable):
        execute_all(service, {"executions": [ONE] * 3})
    service.process("job_id_1")
    assert (service.num_jobs(), list(service.jobs())) == (0, [])


def test_a_batch_has_a_key(make: Make) -> None:
    """All of its jobs come again; none of them is told once one is gone."""
    service = make()
    batch = {"executions": [ONE, ONE | {"processID": "best5"}]}
    jobs = execute_all(service, batch, "a")
    assert execute_all(service, batch, "a") == jobs
    with pytest.raises(KeyReused):
        execute_all(service, {"executions": [ONE]}, "a")
    for _ in range(2):
        service.dismiss(jobs[1].id)
    again = execute_all(service, batch, "a")
    assert not {job.id for job in again} & {job.id for job in jobs}
    assert replace(again[0], id=jobs[0].id) == jobs[0]
