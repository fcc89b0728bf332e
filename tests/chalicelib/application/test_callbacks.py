"""Callbacks to subscribers: what is posted, when, and how often."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.application import lambda_handlers
from chalicelib.application.callbacks import GIVE_UP_MS, CallbackDelivery
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


class DelayRecorder:
    """The cloud's queue, with a record of each message's delay."""

    def __init__(self, cloud: SimulatedCloud) -> None:
        self.delays: list[float] = []
        self._queue, self._cloud = cloud.queue, cloud

    def add_task(self, job_id: str, delay: float = 0) -> None:
        self.delays.append(delay)
        self._cloud.clock.now += int(delay * 1000)  # deliver after the delay
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
    """Deliver all messages, and those sent meanwhile."""
    while waiting := [*cloud.queue.waiting]:
        cloud.deliver(service, lambda_handlers.process, waiting)


def received(cloud: SimulatedCloud, name: str) -> list[Any]:
    """Return the bodies posted to one of the subscriber's URLs."""
    posts = [post for posts in cloud.sender.received.values() for post in posts]
    return [json.loads(body) for url, body in posts if url == SUBSCRIBER[name]]


def test_successful_job_posts_in_progress_then_its_results(cloud: SimulatedCloud, service: Service) -> None:
    job = execute(service, "global_mean", BODY)
    deliver(cloud, service)
    (results,), (running,) = received(cloud, "successUri"), received(cloud, "inProgressUri")
    check("results", results)

    assert results == {"result": {"mediaType": "application/json", "value": json.loads(GLOBAL_HUMUS)}}
    assert (running["jobID"], running["status"]) == (job.id, "running")
    assert received(cloud, "failedUri") == []
    assert not service.get(job.id).callback_pending


@pytest.mark.parametrize("end", ["fail", "dismiss"])
def test_failed_or_dismissed_job_posts_its_status(cloud: SimulatedCloud, service: Service, end: str) -> None:
    job = execute(service, "global_mean", BODY)
    service.fail(job.id, "why") if end == "fail" else service.dismiss(job.id)
    deliver(cloud, service)
    (status,) = received(cloud, "failedUri")
    check("statusInfo", status)

    assert (status["jobID"], status["status"]) == (job.id, "failed" if end == "fail" else "dismissed")


def test_outcome_without_callback_url_posts_nothing(cloud: SimulatedCloud, service: Service) -> None:
    job = execute(service, "global_mean", BODY | {"subscriber": {"successUri": "http://a.test/"}})
    service.fail(job.id, "why")
    execute(service, "global_mean", {"inputs": QUESTION[1]})
    deliver(cloud, service)

    assert cloud.sender.received == {}


def test_unreachable_subscriber_does_not_delay_the_result(cloud: SimulatedCloud, service: Service) -> None:
    cloud.sender.down = True
    job = execute(service, "global_mean", BODY)
    cloud.deliver(service, lambda_handlers.process, [job.id])

    assert service.get(job.id).status is JobStatus.SUCCESSFUL
    assert service.num_jobs() == 0


def test_retries_double_their_pause_and_end_after_an_hour(cloud: SimulatedCloud) -> None:
    queue = DelayRecorder(cloud)
    service = make_service(
        cloud.store, queue, cloud.datasets, cloud.process().state, 3, cloud.clock, sender=cloud.sender
    )
    cloud.sender.down, before = True, value(CALLBACKS, "given up")
    job = execute(service, "global_mean", BODY)
    deliver(cloud, service)
    delays = queue.delays[2:]  # after the job itself, and the first attempt

    assert delays == [1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0]
    assert sum(delays) * 1000 >= GIVE_UP_MS
    assert value(CALLBACKS, "given up") == before + 1
    assert (service.get(job.id).status, service.get(job.id).callback_pending) == (JobStatus.SUCCESSFUL, False)


@pytest.mark.parametrize("jump", [-10 * GIVE_UP_MS, 10 * GIVE_UP_MS])
def test_jump_of_the_wall_clock_neither_ends_nor_prolongs_the_retries_of_a_laptop(
    cloud: SimulatedCloud, jump: int
) -> None:
    seconds, queue = [0.0], DelayRecorder(cloud)
    delivery = CallbackDelivery(
        cloud.store, queue, cloud.sender, cloud.clock, own=True, timer=lambda: seconds[0]
    )
    open_job = job(1, subscriber=SUBSCRIBER)
    cloud.store.create(open_job)
    ended = cloud.store.finish(open_job.succeed(b"1", cloud.clock()))
    cloud.sender.down = True
    cloud.clock.now += jump
    while cloud.store.get(ended.id).callback_pending:
        delivery.send(ended)
        seconds[0] += queue.delays[-1]

    assert queue.delays == [1.0, 1.0, *(2.0**n for n in range(1, 12))]


def test_callback_is_delivered_when_the_subscriber_is_back(cloud: SimulatedCloud, service: Service) -> None:
    cloud.sender.down = True
    job = execute(service, "global_mean", BODY)
    for _ in range(3):
        cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
    assert service.get(job.id).callback_pending
    cloud.sender.down = False
    deliver(cloud, cloud.process().service)

    assert len(received(cloud, "successUri")) == 1


def test_callback_with_lost_message_is_sent_by_the_sweeper(cloud: SimulatedCloud, service: Service) -> None:
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
    ("subscriber", "message"),
    [
        ("http://a.test/", "must be an object"),
        ({"failedUri": "http://a.test/"}, "successUri"),
        ({"successUri": 1}, "successUri"),
        ({"successUri": "http://a.test/", "uri": "http://a.test/"}, "uri"),
        ({"successUri": "ftp://a.test/"}, "http"),
        ({"successUri": "http://a.test/", "failedUri": "http://127.0.0.1/"}, "public"),
    ],
)
def test_invalid_subscriber_is_refused_and_makes_no_job(
    cloud: SimulatedCloud, subscriber: object, message: str
) -> None:
    state = cloud.process().state
    service = make_service(cloud.store, cloud.queue, cloud.datasets, state, 3, sender=HttpCallbackSender())
    with pytest.raises(InvalidRequest, match=message):
        execute(service, "global_mean", BODY | {"subscriber": subscriber})
    assert cloud.store.ids() == set()


def test_store_lists_pending_callbacks_until_they_are_delivered(store: JobStore) -> None:
    subscribed = job(1, subscriber={"successUri": "http://a.test/é"})
    for new in (subscribed, job(2), job(3, subscriber={"successUri": "http://b.test/"})):
        store.create(new)
    assert list(store.pending_callbacks_before(9_999)) == []
    done = subscribed.succeed(b"1", now=5_000)
    for outcome in (done, job(2).succeed(b"1", now=5_000)):
        store.finish(outcome)
    assert done.callback_pending
    assert store.get("job_id_1") == done
    assert store.count_open() == 1
    assert store.finish(subscribed.fail("late", now=6_000)) == done
    assert list(store.pending_callbacks_before(1_002)) == ["job_id_1"]
    assert list(store.pending_callbacks_before(1_001)) == []
    for _ in range(2):
        store.mark_delivered("job_id_1")
        store.mark_delivered("job_id_3")
        store.mark_delivered("job_id_9")

    assert store.get("job_id_1") == replace(done, callback_pending=False)
    assert list(store.pending_callbacks_before(9_999)) == []
    assert [job_id for job_id, _ in store.open_before(9_999)] == ["job_id_3"]
