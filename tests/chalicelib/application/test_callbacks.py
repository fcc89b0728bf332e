"""Subscribers are told how their jobs ended: when, what, how often."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.application import lambda_handlers
from chalicelib.application.callbacks import GIVE_UP_MS
from chalicelib.application.job import JobStatus
from chalicelib.application.ports import JobStore
from chalicelib.application.service import Service
from chalicelib.errors import InvalidRequest
from chalicelib.observability.metrics import CALLBACKS
from tests.support.metrics import value
from tests.support.ogc_schemas import check
from tests.support.samples import GLOBAL_HUMUS, job
from tests.support.services import execute, make_service
from tests.support.simulated_cloud import QUESTION, SETTINGS, SUBSCRIBER, SimulatedCloud

BODY = {"inputs": QUESTION[1], "subscriber": SUBSCRIBER}


class Delays:
    """The cloud's queue, with a note of how long each message waits."""

    def __init__(self, cloud: SimulatedCloud) -> None:
        self.waits: list[float] = []
        self._queue, self._cloud = cloud.queue, cloud

    def add_task(self, job_id: str, delay: float = 0) -> None:
        self.waits.append(delay)
        self._cloud.clock.now += int(delay * 1000)  # and delivers when the wait is over
        self._queue.add_task(job_id)

    def add_tasks(self, job_ids: Any) -> None:
        self._queue.add_tasks(job_ids)


@pytest.fixture
def cloud() -> SimulatedCloud:
    return SimulatedCloud()


@pytest.fixture
def service(cloud: SimulatedCloud) -> Service:
    return cloud.process().service


def deliver(cloud: SimulatedCloud, service: Service) -> None:
    """All messages, and those that come of them."""
    while waiting := [*cloud.queue.waiting]:
        cloud.deliver(service, lambda_handlers.process, waiting)


def received(cloud: SimulatedCloud, name: str) -> list[Any]:
    """What came at one of the subscriber's addresses."""
    came = [one for told in cloud.sender.received.values() for one in told]
    return [json.loads(body) for url, body in came if url == SUBSCRIBER[name]]


def test_success_is_told_with_the_results(cloud: SimulatedCloud, service: Service) -> None:
    """The document of all outputs; before it, that the job is being computed."""
    job = execute(service, "global_mean", BODY)
    deliver(cloud, service)
    (results,), (running,) = received(cloud, "successUri"), received(cloud, "inProgressUri")
    check("results", results)
    assert results == {"result": {"mediaType": "application/json", "value": json.loads(GLOBAL_HUMUS)}}
    assert (running["jobID"], running["status"]) == (job.id, "running")
    assert received(cloud, "failedUri") == []
    assert not service.get(job.id).callback_pending


@pytest.mark.parametrize("end", ["fail", "dismiss"])
def test_what_went_wrong_is_told_with_the_status(cloud: SimulatedCloud, service: Service, end: str) -> None:
    """Failed or dismissed, by whomever."""
    job = execute(service, "global_mean", BODY)
    service.fail(job.id, "why") if end == "fail" else service.dismiss(job.id)
    deliver(cloud, service)
    (status,) = received(cloud, "failedUri")
    check("statusInfo", status)
    assert (status["jobID"], status["status"]) == (job.id, "failed" if end == "fail" else "dismissed")


def test_who_did_not_ask_is_not_told(cloud: SimulatedCloud, service: Service) -> None:
    """Of a failure, by who named no address for it; of anything, by who is no subscriber."""
    job = execute(service, "global_mean", BODY | {"subscriber": {"successUri": "http://a.test/"}})
    service.fail(job.id, "why")
    execute(service, "global_mean", {"inputs": QUESTION[1]})
    deliver(cloud, service)
    assert cloud.sender.received == {}


def test_an_answer_is_there_before_it_is_told(cloud: SimulatedCloud, service: Service) -> None:
    """A subscriber that is away holds up nothing."""
    cloud.sender.down = True
    job = execute(service, "global_mean", BODY)
    cloud.deliver(service, lambda_handlers.process, [job.id])
    assert service.get(job.id).status is JobStatus.SUCCESSFUL
    assert service.num_jobs() == 0


def test_pauses_grow_and_end(cloud: SimulatedCloud) -> None:
    """Each as long as all before it together; after an hour it is given up, and the job stays as it is."""
    queue = Delays(cloud)
    service = make_service(
        cloud.store, queue, cloud.datasets, cloud.process().control, 3, cloud.clock, sender=cloud.sender
    )
    cloud.sender.down, before = True, value(CALLBACKS, "given up")
    job = execute(service, "global_mean", BODY)
    deliver(cloud, service)
    waits = queue.waits[2:]  # after the job itself, and the first attempt
    assert waits == [1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0]
    assert sum(waits) * 1000 >= GIVE_UP_MS
    assert value(CALLBACKS, "given up") == before + 1
    assert (service.get(job.id).status, service.get(job.id).callback_pending) == (JobStatus.SUCCESSFUL, False)


def test_it_is_told_after_all(cloud: SimulatedCloud, service: Service) -> None:
    """As soon as the subscriber is back, by whichever process."""
    cloud.sender.down = True
    job = execute(service, "global_mean", BODY)
    for _ in range(3):
        cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
    assert service.get(job.id).callback_pending
    cloud.sender.down = False
    deliver(cloud, cloud.process().service)
    assert len(received(cloud, "successUri")) == 1


def test_one_whose_message_is_lost_is_swept(cloud: SimulatedCloud, service: Service) -> None:
    """Once it is so late that no message can be on its way any more."""
    job = execute(service, "global_mean", BODY)
    cloud.deliver(service, lambda_handlers.process, [job.id])
    cloud.queue.waiting.clear()
    cloud.clock.now += GIVE_UP_MS
    lambda_handlers.sweep(service, SETTINGS)
    assert cloud.queue.waiting == []
    cloud.clock.now += 1
    lambda_handlers.sweep(service, SETTINGS)
    deliver(cloud, service)
    assert len(received(cloud, "successUri")) == 1


@pytest.mark.parametrize(
    ("subscriber", "wrong"),
    [
        ("http://a.test/", "must be an object"),
        ({"failedUri": "http://a.test/"}, "successUri"),
        ({"successUri": 1}, "successUri"),
        ({"successUri": "http://a.test/", "uri": "http://a.test/"}, "uri"),
        ({"successUri": "ftp://a.test/"}, "http"),
        ({"successUri": "http://a.test/", "failedUri": "http://127.0.0.1/"}, "public"),
    ],
)
def test_a_subscriber_that_cannot_be(cloud: SimulatedCloud, subscriber: object, wrong: str) -> None:
    """Is refused, and no job is made."""
    control = cloud.process().control
    service = make_service(cloud.store, cloud.queue, cloud.datasets, control, 3, sender=HttpCallbackSender())
    with pytest.raises(InvalidRequest, match=wrong):
        execute(service, "global_mean", BODY | {"subscriber": subscriber})
    assert cloud.store.ids() == set()


def test_an_end_that_is_still_to_be_told(store: JobStore) -> None:
    """Such a job is not open, and is found by its age until it is settled, which changes nothing else."""
    asked = job(1, subscriber={"successUri": "http://a.test/é"})
    for one in (asked, job(2), job(3, subscriber={"successUri": "http://b.test/"})):
        store.create(one)
    assert list(store.pending_callbacks_before(9_999)) == []
    done = asked.succeed(b"1", now=5_000)
    for outcome in (done, job(2).succeed(b"1", now=5_000)):
        store.finish(outcome)
    assert done.callback_pending
    assert store.get("job_id_1") == done
    assert store.count_open() == 1
    assert store.finish(asked.fail("late", now=6_000)) == done
    assert (list(store.pending_callbacks_before(1_002)), list(store.pending_callbacks_before(1_001))) == (
        ["job_id_1"],
        [],
    )
    for _ in range(2):
        store.mark_delivered("job_id_1")
        store.mark_delivered("job_id_3")
        store.mark_delivered("job_id_9")
    assert store.get("job_id_1") == replace(done, callback_pending=False)
    assert list(store.pending_callbacks_before(9_999)) == []
    assert [one[0] for one in store.open_before(9_999)] == ["job_id_3"]
