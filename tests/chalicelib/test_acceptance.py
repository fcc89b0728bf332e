"""Keys that a client sends with its questions, and several questions in one request."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.aws import Aws
from chalicelib.claims import LASTS_SECONDS
from chalicelib.control import Control
from chalicelib.datasets import S3Datasets
from chalicelib.errors import (
    Draining,
    InvalidRequest,
    KeyInUse,
    KeyReused,
    Overloaded,
    Unavailable,
)
from chalicelib.jobs import Job, JobStatus
from chalicelib.service import Service
from chalicelib.stores import JobStore
from tests.chalicelib.conftest import Held
from tests.chalicelib.test_service import SlowQueue
from tests.samples import GLOBAL_HUMUS, soil
from tests.simulated import SimulatedClock

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
    datasets, data, control = S3Datasets(clients, "statline"), soil(tmp_path), Control(clients, "statline")
    datasets.publish("f1", data.snapshot(), data.catalogue())
    control.set(dataset="f1")

    def made(queue: Held = queue, max_open: int = 100) -> Service:
        return Service(store, queue, datasets, control, id_block=10, clock=clock, max_open=max_open)

    return made


def test_a_key_leads_to_one_job(make: Make, queue: Held) -> None:
    """By either interface, from any process, before and after the job's end; another key to another."""
    service = make()
    submitted, executed = service.submit("global_mean", HUMUS, "a"), service.execute("best5", ONE, "b")
    assert make().submit("global_mean", HUMUS, "a") == submitted
    service.process(executed.id)
    again = make().execute("best5", ONE, "b")
    assert (again.id, again.status) == (executed.id, JobStatus.SUCCESSFUL)
    assert service.submit("global_mean", HUMUS, "c").id not in (submitted.id, executed.id)
    assert service.submit("global_mean", HUMUS).id == "job_id_4"
    assert queue.ids == ["job_id_1", "job_id_2", "job_id_3", "job_id_4"]


def test_a_key_is_of_one_request(make: Make) -> None:
    """Another body, statistic or interface is refused, and makes no job; the order of members is none."""
    service = make()
    state = {"question": "S1", "state": "Hessen"}
    first = service.submit("state_mean", state, "a")
    for ask in (
        lambda: service.submit("state_mean", state | {"state": "Bayern"}, "a"),
        lambda: service.submit("state_diff_from_mean", state, "a"),
        lambda: service.execute("state_mean", {"inputs": state}, "a"),
        lambda: service.execute_all({"executions": [ONE]}, "a"),
    ):
        with pytest.raises(KeyReused):
            ask()
    assert service.submit("state_mean", dict(reversed(state.items())), "a") == first
    assert service.num_jobs() == 1


def test_a_key_is_free_again(make: Make, clock: SimulatedClock) -> None:
    """After a day, for another request too, or when its job is removed."""
    service = make()
    service.submit("global_mean", HUMUS, "a")
    clock.now += LASTS_SECONDS * 1000 - 1
    assert service.submit("global_mean", HUMUS, "a").id == "job_id_1"
    clock.now += 1
    assert service.submit("best5", HUMUS, "a").id == "job_id_2"
    for _ in range(2):
        service.dismiss("job_id_2")
    assert service.submit("global_mean", HUMUS, "a").id == "job_id_3"
    assert service.submit("global_mean", HUMUS, "a").id == "job_id_3"


def test_a_key_is_answered_while_nothing_new_is_taken(make: Make) -> None:
    """Drained or full: its question was taken long ago."""
    service = make(max_open=1)
    first = service.submit("global_mean", HUMUS, "a")
    with pytest.raises(Overloaded):
        service.submit("global_mean", HUMUS, "b")
    service.drain()
    with pytest.raises(Draining):
        service.submit("global_mean", HUMUS, "c")
    assert service.submit("global_mean", HUMUS, "a") == first


def test_a_key_in_flight(make: Make) -> None:
    """A second request is refused until the first is answered; another key is not held up."""
    queue = SlowQueue()
    service = make(queue)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.submit, "global_mean", HUMUS, "a")
        assert queue.entered.wait(5)
        with pytest.raises(KeyInUse):
            service.submit("global_mean", HUMUS, "a")
        queue.go.set()
        told = first.result(5)
        assert service.submit("global_mean", HUMUS, "a") == told
        assert service.submit("global_mean", HUMUS, "b").id == "job_id_2"


def test_processes_that_take_one_key_at_once(make: Make, queue: Held) -> None:
    """All tell the same job; the jobs that the others had made are gone."""
    services, together = [make() for _ in range(6)], threading.Barrier(6, timeout=20)

    def ask(service: Service) -> Job:
        together.wait()
        return service.submit("global_mean", HUMUS, "a")

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
        make(Broken()).submit("global_mean", HUMUS, "a")
    assert list(make().jobs()) == []
    accepted = make().submit("global_mean", HUMUS, "a")
    assert [job.id for job in make().jobs()] == [accepted.id]


def test_a_batch_is_accepted_whole(make: Make, queue: Held) -> None:
    """In order, under ids that follow each other, and each job as if it had come alone."""
    service = make()
    service.submit("global_mean", HUMUS)
    csv = {"result": {"format": {"mediaType": "text/csv"}}}
    more = {"processID": "best5", "inputs": HUMUS, "response": "document", "outputs": csv}
    jobs = service.execute_all({"executions": [ONE, more] * 6})
    numbers = [int(job.id.removeprefix("job_id_")) for job in jobs]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert queue.ids == ["job_id_1", *(job.id for job in jobs)]
    assert [job.statistic for job in jobs] == ["global_mean", "best5"] * 6
    assert (jobs[1].response, jobs[1].media_type) == ("document", "text/csv")
    assert service.num_jobs() == 13
    service.process(jobs[0].id)
    assert service.get(jobs[0].id).answer == GLOBAL_HUMUS


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
        service.execute_all(body)
    assert (service.num_jobs(), list(service.jobs())) == (0, [])


def test_a_batch_that_does_not_fit(make: Make) -> None:
    """None of it is taken; one that just fits is. While draining, none."""
    service = make(max_open=3)
    service.submit("global_mean", HUMUS)
    with pytest.raises(Overloaded):
        service.execute_all({"executions": [ONE] * 3})
    assert service.num_jobs() == 1
    service.execute_all({"executions": [ONE] * 2})
    assert service.num_jobs() == 3
    service.drain()
    with pytest.raises(Draining):
        service.execute_all({"executions": [ONE]})


def test_a_batch_that_is_queued_in_part(make: Make) -> None:
    """Is taken back whole."""

    class Short(Held):
        def add_tasks(self, job_ids: object) -> None:
            super().add_task("job_id_1")
            raise Unavailable("no more")

    service = make(Short())
    with pytest.raises(Unavailable):
        service.execute_all({"executions": [ONE] * 3})
    service.process("job_id_1")
    assert (service.num_jobs(), list(service.jobs())) == (0, [])


def test_a_batch_has_a_key(make: Make) -> None:
    """All of its jobs come again; none of them is told once one is gone."""
    service = make()
    batch = {"executions": [ONE, ONE | {"processID": "best5"}]}
    jobs = service.execute_all(batch, "a")
    assert service.execute_all(batch, "a") == jobs
    with pytest.raises(KeyReused):
        service.execute_all({"executions": [ONE]}, "a")
    for _ in range(2):
        service.dismiss(jobs[1].id)
    again = service.execute_all(batch, "a")
    assert not {job.id for job in again} & {job.id for job in jobs}
    assert replace(again[0], id=jobs[0].id) == jobs[0]
