"""The service over real stores, with a queue that the test delivers by hand."""

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
from tests.chalicelib.conftest import Held
from tests.support.samples import GLOBAL_HUMUS, job, soil
from tests.support.services import make_service, submit


def test_the_way_of_a_question(service: Service, queue: Held) -> None:
    """Accepted and queued at once; after processing, answered."""
    accepted = submit(service, "global_mean", {"question": "S1"})
    assert (accepted.id, accepted.status, queue.ids) == ("job_id_1", JobStatus.ACCEPTED, ["job_id_1"])
    assert service.num_jobs() == 1
    service.process("job_id_1")
    assert frozen_json(service.get("job_id_1")) == GLOBAL_HUMUS
    assert service.num_jobs() == 0


def test_delivered_again_a_job_keeps_its_outcome(service: Service) -> None:
    """Twice, late, and all at once."""
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
def test_what_the_data_cannot_answer_fails(
    service: Service, inputs: dict[str, str], named: list[str]
) -> None:
    """With a reason that names what was asked and what exists."""
    submit(service, "state_mean", inputs)
    service.process("job_id_1")
    failed = service.get("job_id_1")
    assert failed.status is JobStatus.FAILED
    assert all(name in str(failed.reason) for name in named)


def test_a_refused_request_makes_no_job(service: Service, queue: Held) -> None:
    """Neither a record nor a message nor a number."""
    with pytest.raises(UnknownStatistic, match="median"):
        submit(service, "median", {"question": "S1"})
    with pytest.raises(InvalidRequest, match="state"):
        submit(service, "state_mean", {"question": "S1"})
    assert list(service.jobs()) == []
    assert queue.ids == []


def test_a_job_keeps_the_data_it_was_accepted_under(service: Service, control: DynamoDbServiceState) -> None:
    """A change of data set does not reach what was accepted before."""
    submit(service, "global_mean", {"question": "S1"})
    control.set(dataset="f2")
    service.process("job_id_1")
    assert frozen_json(service.get("job_id_1")) == GLOBAL_HUMUS


def test_a_job_whose_data_is_gone_fails(service: Service, control: DynamoDbServiceState) -> None:
    """It cannot be answered, and must not run for ever."""
    control.set(dataset="f2")
    submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_1")
    assert "f2" in str(service.get("job_id_1").reason)


def test_a_fault_leaves_the_job_open(service: Service, store: JobStore) -> None:
    """What is no fault of the question propagates, for the queue to deliver again, and can be failed."""
    store.create(job(5, statistic="from_the_future", dataset="f1"))
    with pytest.raises(UnknownStatistic):
        service.process("job_id_5")
    assert service.get("job_id_5").status is JobStatus.ACCEPTED
    service.fail("job_id_5", "dead letter")
    assert service.get("job_id_5").reason == "dead letter"


def test_a_message_without_a_job_is_dropped(service: Service) -> None:
    """The job was deleted; nobody waits for it."""
    service.process("job_id_77")
    with pytest.raises(JobNotFound):
        service.get("job_id_77")


def test_a_drain_takes_nothing_new_and_finishes_the_rest(service: Service) -> None:
    """Counted down to nothing."""
    submit(service, "global_mean", {"question": "S1"})
    assert service.drain().left == 1
    with pytest.raises(Draining):
        submit(service, "global_mean", {"question": "S1"})
    service.process("job_id_1")
    assert service.drain().left == 0


def test_a_drain_settles_where_others_accept_too(
    store: JobStore, clients: Aws, control: DynamoDbServiceState, tmp_path: Path
) -> None:
    """Done when no job was open twice, five seconds apart, after caches are old; a job starts it anew."""
    now = [100_000]
    datasets = S3DatasetStore(clients, "statline")
    other = make_service(store, Held(), datasets, DynamoDbServiceState(clients, "statline"), id_block=10)
    service = make_service(store, Held(), datasets, control, 10, clock=lambda: now[0], settle_seconds=5)
    control.set(dataset="f1")
    datasets.publish("f1", soil(tmp_path).snapshot(), {})
    assert other.dataset() == "f1"

    def drain_at(seconds: float) -> Drain:
        now[0] = 100_000 + int(seconds * 1000)
        return service.drain()

    assert drain_at(0) == drain_at(4.9) == (0, False)
    job = submit(other, "global_mean", {"question": "S1"})  # its copy of the record is old
    assert drain_at(5) == (1, False)
    other.process(job.id)
    assert drain_at(6) == drain_at(10.9) == (0, False)
    assert drain_at(11) == (0, True)


def test_a_drained_service_opens_again(service: Service) -> None:
    """By the operator's command."""
    service.drain()
    service.reopen()
    assert submit(service, "global_mean", {"question": "S1"}).id == "job_id_1"


def test_without_data_nothing_is_accepted(store: JobStore, clients: Aws) -> None:
    """Nobody could answer it, so no job is made."""
    queue = Held()
    service = make_service(
        store, queue, S3DatasetStore(clients, "statline"), DynamoDbServiceState(clients, "statline"), 10
    )
    with pytest.raises(NoDataset, match="publish"):
        submit(service, "global_mean", {"question": "S1"})
    assert (list(store.jobs()), queue.ids) == ([], [])


class SlowQueue(Held):
    """A queue that holds a submission until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go = threading.Event(), threading.Event()

    def add_task(self, job_id: str) -> None:
        self.entered.set()
        self.go.wait(5)
        super().add_task(job_id)


def test_a_drain_waits_for_a_job_being_accepted(
    store: JobStore, clients: Aws, control: DynamoDbServiceState
) -> None:
    """A submission that was let in before the drain counts until it is queued."""
    control.set(dataset="gone")
    queue = SlowQueue()
    service = make_service(store, queue, S3DatasetStore(clients, "statline"), control, id_block=10)
    with ThreadPoolExecutor(1) as pool:
        submitted = pool.submit(submit, service, "global_mean", {"question": "S1"})
        queue.entered.wait(5)
        service.process("job_id_1")  # ended already, as a swift worker might; its submission has not
        assert store.count_open() == 0
        assert service.drain().left == 1
        queue.go.set()
        assert submitted.result(5).id == "job_id_1"
    assert service.drain().left == 0


@pytest.fixture
def limited(
    store: JobStore, queue: Held, clients: Aws, control: DynamoDbServiceState, tmp_path: Path
) -> Service:
    """Three open jobs at most."""
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    datasets.publish("f1", data.snapshot(), data.catalogue())
    control.set(dataset="f1")
    return make_service(store, queue, datasets, control, id_block=1, max_open=3)


def test_beyond_the_limit_nothing_is_accepted(limited: Service, store: JobStore, queue: Held) -> None:
    """No record, no message, no number; what was accepted is answered, and makes room."""
    for _ in range(3):
        submit(limited, "global_mean", {"question": "S1"})
    for _ in range(2):
        with pytest.raises(Overloaded, match="3 jobs are open, and no more than 3"):
            submit(limited, "global_mean", {"question": "S1"})
    assert [one.id for one in store.jobs()] == queue.ids == ["job_id_1", "job_id_2", "job_id_3"]
    limited.process("job_id_2")
    assert frozen_json(limited.get("job_id_2")) == GLOBAL_HUMUS
    assert submit(limited, "global_mean", {"question": "S1"}).id == "job_id_4"


def test_threads_at_once_are_never_more_than_the_limit(limited: Service) -> None:
    """Whoever is refused has made no job; one after the other the places are filled."""

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


def test_a_drain_comes_before_the_limit(limited: Service) -> None:
    """Who is told to come again in a moment should not be sent into a drain."""
    for _ in range(3):
        submit(limited, "global_mean", {"question": "S1"})
    limited.drain()
    with pytest.raises(Draining):
        submit(limited, "global_mean", {"question": "S1"})


def test_many_at_once_get_ids_of_their_own(service: Service) -> None:
    """Gaps are allowed, repeats are not."""
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: submit(service, "global_mean", {"question": "S1"}), range(64)))
    assert len({one.id for one in jobs}) == 64
    assert {one.id for one in service.jobs()} == {one.id for one in jobs}
