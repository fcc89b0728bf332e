"""Callbacks to subscribers: what is posted, when, and how often."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.application import lambda_handlers
from chalicelib.application.callbacks import GIVE_UP_MS, IN_PROGRESS_MS, CallbackMessage
from chalicelib.application.host_leases import LONGEST_BACK_OFF_MS
from chalicelib.application.job import JOB_ID, JobStatus
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
    """The cloud's queue of callbacks, with a record of each message's delay."""

    def __init__(self, cloud: SimulatedCloud) -> None:
        self.delays: list[float] = []
        self._queue, self._cloud = cloud.callback_queue, cloud

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
    """Deliver all messages, and those sent meanwhile; hosts that back off are free again each time."""
    while cloud.queue.waiting or cloud.callback_queue.waiting:
        cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
        deliver_callbacks(cloud, service)


def deliver_callbacks(cloud: SimulatedCloud, service: Service) -> None:
    cloud.clock.now += LONGEST_BACK_OFF_MS
    cloud.send_callbacks(service, [*cloud.callback_queue.waiting])


def finished(cloud: SimulatedCloud, service: Service) -> str:
    """Return the id of a job that has ended, with its callbacks queued."""
    job_id = execute(service, "global_mean", BODY).id
    cloud.deliver(service, lambda_handlers.process, [job_id])
    return job_id


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


def test_no_callback_is_sent_on_the_time_of_a_worker(cloud: SimulatedCloud, service: Service) -> None:
    job_id = finished(cloud, service)
    cloud.deliver(service, lambda_handlers.process, [job_id])

    assert cloud.sender.tried == set()
    assert [text.partition(" ")[0] for text in cloud.callback_queue.waiting] == [job_id] * 3


def test_callback_that_an_earlier_version_left_in_the_jobs_queue_is_sent(
    cloud: SimulatedCloud, service: Service
) -> None:
    job_id = finished(cloud, service)
    cloud.callback_queue.waiting.clear()
    cloud.deliver(service, lambda_handlers.process, [job_id])
    deliver_callbacks(cloud, service)

    assert len(received(cloud, "successUri")) == 1


@pytest.mark.parametrize("jump", [0, -10 * GIVE_UP_MS, 10 * GIVE_UP_MS])
def test_retries_are_counted_with_doubling_pauses_whatever_the_clock_says(
    cloud: SimulatedCloud, jump: int
) -> None:
    queue = DelayRecorder(cloud)
    service = make_service(
        cloud.store,
        cloud.queue,
        cloud.datasets,
        cloud.process().state,
        3,
        cloud.clock,
        sender=cloud.sender,
        callback_queue=queue,
        host_leases=cloud.leases,
    )
    cloud.sender.down, before = True, value(CALLBACKS, "given up")
    job_id = finished(cloud, service)
    cloud.callback_queue.waiting[:] = [job_id]
    deliver_callbacks(cloud, service)
    cloud.clock.now += jump
    deliver(cloud, service)
    pauses = queue.delays[2:]  # after the news of its begin, and the first attempt

    assert pauses == [1.0, *(2.0**n for n in range(10)), 900.0, 900.0, 900.0]
    assert GIVE_UP_MS <= sum(pauses) * 1000 < 1.1 * GIVE_UP_MS
    assert value(CALLBACKS, "given up") == before + 1
    assert (service.get(job_id).status, service.get(job_id).callback_pending) == (JobStatus.SUCCESSFUL, False)


def test_waiting_for_a_host_that_fails_is_no_attempt(cloud: SimulatedCloud, service: Service) -> None:
    cloud.sender.down = True
    first, second = finished(cloud, service), finished(cloud, service)
    cloud.callback_queue.waiting[:] = [first, second]
    deliver_callbacks(cloud, service)

    again = [f"{job_id} host=client.test attempt=2" for job_id in (first, second)]
    assert cloud.callback_queue.waiting == [second, again[0]]
    deliver_callbacks(cloud, service)
    assert cloud.callback_queue.waiting == again


def test_host_that_failed_for_an_hour_ends_the_callbacks_of_jobs_as_old(
    cloud: SimulatedCloud, service: Service
) -> None:
    """Thousands of them would otherwise take days, each with its own attempts. A younger one goes on."""
    cloud.sender.down = True
    first, old = finished(cloud, service), finished(cloud, service)
    cloud.send_callbacks(service, [first])
    cloud.clock.now += GIVE_UP_MS
    young = finished(cloud, service)
    cloud.send_callbacks(service, [first])
    cloud.sender.tried.clear()
    cloud.send_callbacks(service, [old, young])

    assert [service.get(job_id).callback_pending for job_id in (old, young)] == [False, True]
    assert cloud.sender.tried == set()


def test_news_of_a_begin_is_sent_once_and_dropped_when_it_is_old(
    cloud: SimulatedCloud, service: Service
) -> None:
    cloud.sender.down = True
    job_id = finished(cloud, service)
    begun = next(text for text in cloud.callback_queue.waiting if "started" in text)
    cloud.callback_queue.waiting[:] = [begun, begun]
    cloud.send_callbacks(service, [begun])
    assert cloud.callback_queue.waiting == [begun]  # the first is not repeated, the second waits
    cloud.send_callbacks(service, [begun])
    assert cloud.callback_queue.waiting == [begun]
    cloud.leases.acquire("client.test")
    cloud.clock.now += IN_PROGRESS_MS + 1
    cloud.leases.acquire("client.test")
    cloud.send_callbacks(service, [begun])

    assert cloud.callback_queue.waiting == []
    assert service.get(job_id).callback_pending


@pytest.mark.parametrize(
    "message",
    [
        CallbackMessage("job_id_7"),
        CallbackMessage("job_id_7", "a.test", 3),
        CallbackMessage("job_id_7", "::1", started=9),
    ],
)
def test_message_is_read_as_it_was_written(message: CallbackMessage) -> None:
    assert CallbackMessage.parse(str(message)) == message


@given(text=st.text())
def test_any_other_text_is_a_message_without_a_job(text: str) -> None:
    assert not JOB_ID.fullmatch(CallbackMessage.parse(f"{text} x").job_id)


def test_callback_is_delivered_when_the_subscriber_is_back(cloud: SimulatedCloud, service: Service) -> None:
    cloud.sender.down = True
    job_id = finished(cloud, service)
    for _ in range(3):
        deliver_callbacks(cloud, service)
    assert service.get(job_id).callback_pending
    cloud.sender.down = False
    deliver(cloud, cloud.process().service)

    assert len(received(cloud, "successUri")) == 1


def test_callback_with_lost_message_is_sent_by_the_sweeper(cloud: SimulatedCloud, service: Service) -> None:
    finished(cloud, service)
    cloud.queue.waiting.clear()
    cloud.callback_queue.waiting.clear()
    cloud.clock.now += GIVE_UP_MS
    lambda_handlers.sweep(service, SETTINGS)
    assert cloud.callback_queue.waiting == []
    cloud.clock.now += 1
    lambda_handlers.sweep(service, SETTINGS)
    assert cloud.queue.waiting == []
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
