"""The sweeper, by what it sends again and how much it does in one turn."""

import itertools
from dataclasses import replace

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application import callbacks, lambda_handlers
from chalicelib.application.sweeper import BATCH, Sweeper
from chalicelib.observability.metrics import OPEN
from tests.support.metrics import value
from tests.support.samples import job
from tests.support.simulated import SimulatedClock, SimulatedStore
from tests.support.simulated_cloud import (
    GIVE_UP_MS,
    QUESTION,
    RESEND_MS,
    SETTINGS,
    SUBSCRIBER,
    SimulatedCloud,
)
from tests.support.trouble import Fault


class CountingQueue:
    """A JobQueue that records each call, and reports as many messages as a test says."""

    def __init__(self, messages: int = 0) -> None:
        self.messages = messages
        self.calls: list[list[str]] = []

    def add_tasks(self, job_ids: list[str]) -> None:
        self.calls.append([*job_ids])

    def count_messages(self) -> int:
        return self.messages


class Turn:
    """A sweeper over 95 overdue jobs, whose time is up at its `checks`-th look at the clock."""

    def __init__(self, messages: int = 0, checks: int = 1_000_000) -> None:
        self.store, self.queue, self.clock = SimulatedStore(), CountingQueue(messages), SimulatedClock()
        self.callback_queue, self.failed = CountingQueue(messages), list[str]()
        self.store.create(*(job(number, accepted=self.clock() + number) for number in range(1, 96)))
        looks = itertools.count()
        self.sweeper = Sweeper(
            self.store,
            self.queue,
            self.callback_queue,
            self._fail,
            self.clock,
            left=lambda: checks - next(looks) - 1,
        )

    def _fail(self, job_id: str, age: int) -> None:
        self.failed.append(job_id)

    def after(self, ms: int) -> "Turn":
        self.clock.now += ms
        self.sweeper.sweep(RESEND_MS, GIVE_UP_MS)
        return self


def test_lost_jobs_are_sent_in_batches_of_ten() -> None:
    turn = Turn().after(RESEND_MS + 1000)

    assert [len(call) for call in turn.queue.calls] == [BATCH] * 9 + [5]
    assert {job_id for call in turn.queue.calls for job_id in call} == turn.store.ids()


def test_mere_backlog_is_not_sent_again() -> None:
    assert Turn(messages=95).after(RESEND_MS + 1000).queue.calls == []


def test_backlog_with_lost_messages_sends_as_many_as_are_missing_oldest_first() -> None:
    turn = Turn(messages=92).after(RESEND_MS + 1000)

    assert turn.queue.calls == [["job_id_1", "job_id_2", "job_id_3"]]


def test_lost_callbacks_are_sent_on_their_own_queue_whatever_backlog_the_jobs_have() -> None:
    turn = Turn(messages=92)
    turn.queue.messages = 95
    for job_id in turn.store.ids():
        turn.store.finish(replace(turn.store.get(job_id), subscriber=SUBSCRIBER).succeed(b"1", turn.clock()))
    turn.after(2 * callbacks.GIVE_UP_MS)

    assert turn.queue.calls == []
    assert turn.callback_queue.calls == [["job_id_1", "job_id_2", "job_id_3"]]


@pytest.mark.parametrize("age", [RESEND_MS, GIVE_UP_MS])
def test_turn_ends_when_its_time_is_up_however_many_are_overdue(age: int) -> None:
    turn = Turn(checks=30).after(age + 1000)

    assert len(turn.failed) + sum(map(len, turn.queue.calls)) < 30


def test_open_jobs_are_measured_before_anything_is_sent_or_failed() -> None:
    """Every call after the first two, which read the gauges, fails."""
    cloud = SimulatedCloud()
    service = cloud.process().service
    for _ in range(3):
        cloud.submit(service, *QUESTION)
    cloud.queue.waiting.clear()
    cloud.clock.now += RESEND_MS + 1
    cloud.steps.plan(4, cloud.steps.outage)

    with pytest.raises(Fault):
        lambda_handlers.sweep(service, SETTINGS)
    assert value(OPEN) == 3
    assert cloud.queue.waiting == []


def test_sqs_counts_waiting_delayed_and_invisible_messages(clients: Aws) -> None:
    url = clients.sqs.create_queue(QueueName="counted")["QueueUrl"]
    queue = SqsJobQueue(clients, url)
    assert queue.count_messages() == 0
    queue.add_tasks(["job_id_1", "job_id_2"])
    queue.add_task("job_id_3", 60)
    clients.sqs.receive_message(QueueUrl=url)

    assert queue.count_messages() == 3
