"""The service with every store, and a queue that the test delivers by hand."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.admission_control import Drain
from chalicelib.application.job import JobStatus
from chalicelib.application.ports import JobStore
from chalicelib.application.service import Service
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import Draining, InvalidRequest, JobNotFound, NoDataset, Overloaded, UnknownStatistic
from tests.chalicelib.conftest import HeldQueue
from tests.support.measured import snapshot_of_before
from tests.support.samples import GLOBAL_HUMUS, job, soil
from tests.support.services import make_service, submit


def test_submitted_job_is_queued_then_processed(service: Service, queue: HeldQueue) -> None:
    accepted = submit(service, "global_mean", {"question": "S1"})
    assert (accepted.id, accepted.status, queue.ids) == ("job_id_1", JobStatus.ACCEPTED, ["job_id_1"])
    assert service.num_jobs() == 1
    service.process("job_id_1")

    assert frozen_json(service.get("job_id_1")) == GLOBAL_HUMUS
    assert service.num_jobs() == 0


def test_repeated_delivery_keeps_the_outcome(service: Service) -> None:
    submit(service, "global_mean", {"question": "S1"})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(service.process, ["job_id_1"] * 24))
    first = service.get("job_id_1")
    service.process("job_id_1")
    service.fail("job_id_1", "too late")

    assert service.get("job_id_1") == first
    assert frozen_json(first) == GLOBAL_HUMUS


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"question": "Lehm", "state": "Bayern"}, ["Lehm", "Humus"]),
        ({"question": "S1", "state": "Bayen"}, ["Bayen", "Bayern"]),
        ({"question": "S2", "state": "Hessen"}, ["Sand", "Hessen", "Bayern"]),
    ],
)
def test_unknown_input_fails_the_job_and_names_existing_ones(
    service: Service, inputs: dict[str, str], named: list[str]
) -> None:
    submit(service, "state_mean", inputs)
    service.process("job_id_1")
    failed = service.get("job_id_1")

    assert failed.status is JobStatus.FAILED
    assert all(name in str(failed.reason) for name in named)


def test_refused_request_makes_no_job(service: Service, queue: HeldQueue) -> None:
    with pytest.raises(UnknownStatistic, match="median"):
        submit(service, "median", {"question": "S1"})
    with pytest.raises(InvalidRequest, match="state"):
        submit(service, "state_mean", {"question": "S1"})
    assert list(service.jobs()) == []
    assert queue.ids == []


def test_job_keeps_its_data_set_after_another_is_published(
    service: Service, state: DynamoDbServiceState
) -> None:
    submit(service, "global_mean", {"question": "S1"})
    state.set(dataset="f2")
    service.process("job_id_1")
    assert frozen_json(service.get("job_id_1")) == GLOBAL_HUMUS


def test_job_with_missing_data_set_fails(service: Service, state: DynamoDbServiceState) -> None:
    state.set(dataset="f2")
    submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_1")
    assert "f2" in str(service.get("job_id_1").reason)


def test_unexpected_error_propagates_and_leaves_the_job_open(service: Service, store: JobStore) -> None:
    store.create(job(5, statistic="from_the_future", dataset="f1"))
    with pytest.raises(UnknownStatistic):
        service.process("job_id_5")
    assert service.get("job_id_5").status is JobStatus.ACCEPTED
    service.fail("job_id_5", "dead letter")

    assert service.get("job_id_5").reason == "dead letter"


def test_processing_a_missing_job_does_nothing(service: Service) -> None:
    service.process("job_id_77")
    with pytest.raises(JobNotFound):
        service.get("job_id_77")


def test_drain_refuses_new_jobs_and_counts_down(service: Service) -> None:
    submit(service, "global_mean", {"question": "S1"})
    assert service.drain().left == 1
    with pytest.raises(Draining):
        submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_1")

    assert service.drain().left == 0


def test_drain_settles_after_copies_of_other_processes_expire(
    store: JobStore, clients: Aws, state: DynamoDbServiceState, tmp_path: Path
) -> None:
    now = [100_000]
    datasets = S3DatasetStore(clients, "statline")
    other = make_service(store, HeldQueue(), datasets, DynamoDbServiceState(clients, "statline"), id_block=10)
    service = make_service(store, HeldQueue(), datasets, state, 10, clock=lambda: now[0], settle_seconds=5)
    state.set(dataset="f1")
    datasets.publish("f1", soil(tmp_path).snapshot(), {})
    assert other.dataset() == "f1"

    def drain_at(seconds: float) -> Drain:
        now[0] = 100_000 + int(seconds * 1000)
        return service.drain()

    assert drain_at(0) == drain_at(4.9) == (0, False)
    job = submit(other, "global_mean", {"question": "S1"})  # its copy of the state is stale
    assert drain_at(5) == (1, False)
    other.process(job.id)
    assert drain_at(6) == drain_at(10.9) == (0, False)
    assert drain_at(11) == (0, True)


def test_reopened_service_accepts_jobs(service: Service) -> None:
    service.drain()
    service.reopen()
    assert submit(service, "global_mean", {"question": "S1"}).id == "job_id_1"


def test_submission_without_data_set_is_refused(store: JobStore, clients: Aws) -> None:
    queue = HeldQueue()
    service = make_service(
        store, queue, S3DatasetStore(clients, "statline"), DynamoDbServiceState(clients, "statline"), 10
    )
    with pytest.raises(NoDataset, match="publish"):
        submit(service, "global_mean", {"question": "S1"})
    assert (list(store.jobs()), queue.ids) == ([], [])


class SlowQueue(HeldQueue):
    """A queue that blocks a submission until the test sets `go`."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go = threading.Event(), threading.Event()

    def add_task(self, job_id: str) -> None:
        self.entered.set()
        self.go.wait(5)
        super().add_task(job_id)


def test_drain_waits_for_a_submission_in_progress(
    store: JobStore, clients: Aws, state: DynamoDbServiceState
) -> None:
    state.set(dataset="gone")
    queue = SlowQueue()
    service = make_service(store, queue, S3DatasetStore(clients, "statline"), state, id_block=10)
    with ThreadPoolExecutor(1) as pool:
        submitted = pool.submit(submit, service, "global_mean", {"question": "S1"})
        queue.entered.wait(5)
        service.process("job_id_1")  # a fast worker finishes it before its submission returns
        assert store.count_open() == 0
        assert service.drain().left == 1
        queue.go.set()
        assert submitted.result(5).id == "job_id_1"

    assert service.drain().left == 0


def test_job_accepted_under_a_snapshot_of_before_is_answered_after_an_update(
    store: JobStore, queue: HeldQueue, clients: Aws, state: DynamoDbServiceState, tmp_path: Path
) -> None:
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    before = {key: value for key, value in data.catalogue().items() if key != "categories"}
    datasets.publish("f1", snapshot_of_before(data), before)
    state.set(dataset="f1")
    service = make_service(store, queue, datasets, state, id_block=10)
    submit(service, "global_mean", {"question": "S1"})

    datasets.publish("f2", data.snapshot(), data.catalogue())
    state.set(dataset="f2")
    submit(service, "global_mean", {"question": "S1"})
    for number, dataset in ((1, "f1"), (2, "f2")):
        service.process(f"job_id_{number}")
        finished = service.get(f"job_id_{number}")
        assert (finished.dataset, frozen_json(finished)) == (dataset, GLOBAL_HUMUS)


@pytest.fixture
def limited(
    store: JobStore, queue: HeldQueue, clients: Aws, state: DynamoDbServiceState, tmp_path: Path
) -> Service:
    """A service with a limit of three open jobs."""
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    state.set(dataset="f1")
    return make_service(store, queue, datasets, state, id_block=1, max_open=3)


def test_submission_beyond_the_limit_makes_no_job(
    limited: Service, store: JobStore, queue: HeldQueue
) -> None:
    for _ in range(3):
        submit(limited, "global_mean", {"question": "S1"})
    for _ in range(2):
        with pytest.raises(Overloaded, match="3 jobs are open, and no more than 3"):
            submit(limited, "global_mean", {"question": "S1"})
    assert [job.id for job in store.jobs()] == queue.ids == ["job_id_1", "job_id_2", "job_id_3"]
    limited.process("job_id_2")

    assert frozen_json(limited.get("job_id_2")) == GLOBAL_HUMUS
    assert submit(limited, "global_mean", {"question": "S1"}).id == "job_id_4"


def test_concurrent_submissions_never_exceed_the_limit(limited: Service) -> None:

    def attempt(_: int) -> bool:
        try:
            submit(limited, "global_mean", {"question": "S1"})
        except Overloaded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        accepted = sum(pool.map(attempt, range(32)))
    assert 0 < accepted == limited.num_jobs() <= 3
    assert [attempt(0) for _ in range(accepted, 4)] == [True] * (3 - accepted) + [False]


def test_full_and_draining_service_reports_the_drain(limited: Service) -> None:
    for _ in range(3):
        submit(limited, "global_mean", {"question": "S1"})
    limited.drain()
    with pytest.raises(Draining):
        submit(limited, "global_mean", {"question": "S1"})


def test_concurrent_submissions_get_unique_ids(service: Service) -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: submit(service, "global_mean", {"question": "S1"}), range(64)))
    assert len({job.id for job in jobs}) == 64
    assert {job.id for job in service.jobs()} == {job.id for job in jobs}
