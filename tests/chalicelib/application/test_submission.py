"""Submission with idempotency keys, and in batches."""

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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
from tests.chalicelib.conftest import HeldQueue
from tests.support.samples import GLOBAL_HUMUS, soil
from tests.support.services import execute, execute_all, make_service, submit
from tests.support.simulated import SimulatedClock
from tests.support.simulated_cloud import QUESTION, SimulatedCloud
from tests.support.trouble import MOMENTS, Crash, Fault

HUMUS = {"question": "S1"}
MEMBER = {"processID": "global_mean", "inputs": HUMUS}
Make = Callable[..., Service]


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def queue() -> HeldQueue:
    return HeldQueue()


@pytest.fixture
def make(store: JobStore, queue: HeldQueue, clients: Aws, clock: SimulatedClock, tmp_path: Path) -> Make:
    datasets, state = S3DatasetStore(clients, "statline"), DynamoDbServiceState(clients, "statline")
    data = soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    state.set(dataset="f1")

    def new_service(queue: HeldQueue = queue, max_open: int = 100) -> Service:
        return make_service(store, queue, datasets, state, id_block=10, clock=clock, max_open=max_open)

    return new_service


def test_repeated_key_returns_the_same_job_in_every_process(make: Make, queue: HeldQueue) -> None:
    service = make()
    submitted, executed = submit(service, "global_mean", HUMUS, "a"), execute(service, "best5", MEMBER, "b")
    assert submit(make(), "global_mean", HUMUS, "a") == submitted
    service.process(executed.id)
    again = execute(make(), "best5", MEMBER, "b")

    assert (again.id, again.status) == (executed.id, JobStatus.SUCCESSFUL)
    assert submit(service, "global_mean", HUMUS, "c").id not in (submitted.id, executed.id)
    assert submit(service, "global_mean", HUMUS).id == "job_id_4"
    assert queue.ids == ["job_id_1", "job_id_2", "job_id_3", "job_id_4"]


def test_reused_key_with_other_request_is_refused(make: Make) -> None:
    service = make()
    state = {"question": "S1", "state": "Hessen"}
    first = submit(service, "state_mean", state, "a")

    for repeat in (
        lambda: submit(service, "state_mean", state | {"state": "Bayern"}, "a"),
        lambda: submit(service, "state_diff_from_mean", state, "a"),
        lambda: execute(service, "state_mean", {"inputs": state}, "a"),
        lambda: execute_all(service, {"executions": [MEMBER]}, "a"),
    ):
        with pytest.raises(KeyReused):
            repeat()
    assert submit(service, "state_mean", dict(reversed(state.items())), "a") == first
    assert service.num_jobs() == 1


def test_key_makes_a_new_job_after_a_day_or_when_its_job_is_removed(
    make: Make, clock: SimulatedClock
) -> None:
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


def test_repeated_key_returns_its_job_while_full_or_draining(make: Make) -> None:
    service = make(max_open=1)
    first = submit(service, "global_mean", HUMUS, "a")
    with pytest.raises(Overloaded):
        submit(service, "global_mean", HUMUS, "b")
    service.drain()

    with pytest.raises(Draining):
        submit(service, "global_mean", HUMUS, "c")
    assert submit(service, "global_mean", HUMUS, "a") == first


def test_key_in_use_is_refused_until_its_first_request_returns(make: Make) -> None:
    queue = SlowQueue()
    service = make(queue)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(submit, service, "global_mean", HUMUS, "a")
        assert queue.entered.wait(5)
        with pytest.raises(KeyInUse):
            submit(service, "global_mean", HUMUS, "a")
        queue.go.set()
        job = first.result(5)
        assert submit(service, "global_mean", HUMUS, "a") == job
        assert submit(service, "global_mean", HUMUS, "b").id == "job_id_2"


def test_concurrent_processes_with_one_key_return_one_job(make: Make, queue: HeldQueue) -> None:
    services, barrier = [make() for _ in range(6)], threading.Barrier(6, timeout=20)

    def submit_together(service: Service) -> Job:
        barrier.wait()
        return submit(service, "global_mean", HUMUS, "a")

    with ThreadPoolExecutor(6) as pool:
        ids = {job.id for job in pool.map(submit_together, services)}
    assert len(ids) == 1
    assert {job.id for job in services[0].jobs()} == ids <= set(queue.ids)


def test_repeated_key_finishes_a_submission_whose_message_failed(make: Make, queue: HeldQueue) -> None:

    class BrokenQueue(HeldQueue):
        def add_task(self, job_id: str, delay: float = 0) -> None:
            raise Unavailable("no queue")

    with pytest.raises(Unavailable):
        submit(make(BrokenQueue()), "global_mean", HUMUS, "a")
    with pytest.raises(KeyReused):
        submit(make(), "best5", HUMUS, "a")
    accepted = submit(make(), "global_mean", HUMUS, "a")
    assert [job.id for job in make().jobs()] == queue.ids == [accepted.id]


@pytest.mark.parametrize("trouble", ["submit with a key", "crash", "fault"])
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_key_leads_to_one_job_whatever_happens_at_any_moment(trouble: str, moment: int) -> None:
    """Another process with the key, a crash, or a failed call: one job is stored and queued."""
    cloud = SimulatedCloud()
    act = getattr(cloud.steps, trouble, functools.partial(cloud.interfere, trouble))
    cloud.steps.plan(moment, act)
    with suppress(Crash, Fault):
        cloud.submit(cloud.process().service, *QUESTION, cloud.key)
    cloud.steps.clear()
    job = cloud.submit(cloud.process().service, *QUESTION, cloud.key)

    assert cloud.store.ids() == {job.id} == set(cloud.queue.sent)
    assert cloud.store.pending_ids() == set()


def test_key_of_a_crashed_batch_creates_exactly_its_jobs() -> None:
    """The crash comes after the key is bound to ids, and before their jobs are stored."""
    cloud = SimulatedCloud()
    for moment in range(MOMENTS):
        cloud.steps.plan(moment, cloud.steps.crash)
        with suppress(Crash):
            cloud.batch(cloud.process().service, 3, "a")
        cloud.steps.clear()
        if reserved := cloud.store.pending_ids():
            break
    assert cloud.store.ids() == set()
    jobs = cloud.batch(cloud.process().service, 3, "a")

    assert {job.id for job in jobs} == reserved == cloud.store.ids()


def test_batch_makes_consecutive_jobs_in_order(make: Make, queue: HeldQueue) -> None:
    service = make()
    submit(service, "global_mean", HUMUS)
    csv = {"result": {"format": {"mediaType": "text/csv"}}}
    best5 = {"processID": "best5", "inputs": HUMUS, "response": "document", "outputs": csv}
    jobs = execute_all(service, {"executions": [MEMBER, best5] * 6})
    numbers = [int(job.id.removeprefix("job_id_")) for job in jobs]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert queue.ids == ["job_id_1", *(job.id for job in jobs)]
    assert [job.statistic for job in jobs] == ["global_mean", "best5"] * 6
    assert (jobs[1].response, jobs[1].media_type) == ("document", "text/csv")
    assert service.num_jobs() == 13
    service.process(jobs[0].id)

    assert frozen_json(service.get(jobs[0].id)) == GLOBAL_HUMUS


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "executions"),
        ([MEMBER], "executions"),
        ({}, "executions"),
        ({"executions": []}, "1 to 100"),
        ({"executions": [MEMBER] * 101}, "1 to 100"),
        ({"executions": [MEMBER], "mode": "x"}, "mode"),
        ({"executions": [MEMBER, 1]}, r"executions\[1\]: .*processID"),
        ({"executions": [MEMBER, {"processID": 1}]}, r"executions\[1\]: .*processID"),
        ({"executions": [MEMBER, MEMBER | {"processID": "median"}]}, r"executions\[1\]: .*median"),
        ({"executions": [MEMBER, MEMBER, MEMBER | {"inputs": {}}]}, r"executions\[2\]: .*question"),
        (
            {"executions": [MEMBER, MEMBER | {"inputs": {"question": "S9"}}]},
            r"executions\[1\]: no question .*S9",
        ),
    ],
)
def test_invalid_batch_makes_no_job_and_names_the_member(make: Make, body: object, message: str) -> None:
    service = make()
    with pytest.raises(InvalidRequest, match=message):
        execute_all(service, body)
    assert (service.num_jobs(), list(service.jobs())) == (0, [])


def test_batch_beyond_the_limit_is_refused_as_a_whole(make: Make) -> None:
    service = make(max_open=3)
    submit(service, "global_mean", HUMUS)
    with pytest.raises(Overloaded):
        execute_all(service, {"executions": [MEMBER] * 3})
    assert service.num_jobs() == 1
    execute_all(service, {"executions": [MEMBER] * 2})
    assert service.num_jobs() == 3
    service.drain()

    with pytest.raises(Draining):
        execute_all(service, {"executions": [MEMBER]})


def test_partly_queued_batch_is_withdrawn_as_a_whole(make: Make) -> None:

    class PartialQueue(HeldQueue):
        def add_tasks(self, job_ids: object) -> None:
            super().add_task("job_id_1")
            raise Unavailable("no more")

    service = make(PartialQueue())
    with pytest.raises(Unavailable):
        execute_all(service, {"executions": [MEMBER] * 3})
    service.process("job_id_1")
    assert (service.num_jobs(), list(service.jobs())) == (0, [])


def test_repeated_key_of_a_batch_returns_all_its_jobs_or_new_ones(make: Make) -> None:
    service = make()
    batch = {"executions": [MEMBER, MEMBER | {"processID": "best5"}]}
    jobs = execute_all(service, batch, "a")
    assert execute_all(service, batch, "a") == jobs
    with pytest.raises(KeyReused):
        execute_all(service, {"executions": [MEMBER]}, "a")
    for _ in range(2):
        service.dismiss(jobs[1].id)
    again = execute_all(service, batch, "a")

    assert not {job.id for job in again} & {job.id for job in jobs}
    assert replace(again[0], id=jobs[0].id) == jobs[0]
