"""The Lambda handlers with SQS queues on moto: messages repeated, late, out of order or lost."""

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import app
from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_host_leases import DynamoDbHostLeases
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application import lambda_handlers
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.service import Service
from chalicelib.bootstrap import get_callback_queue, get_service
from chalicelib.config import Settings
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import CallbackFailed, Unavailable
from tests.support.processes import until
from tests.support.samples import GLOBAL_HUMUS, job, soil
from tests.support.services import make_service, submit

ATTEMPTS = 3
HUMUS = {"question": "S1"}
MINUTE = 60_000


class Cloud:
    """A queue with a dead-letter queue, the service, and a clock that the test sets."""

    def __init__(self, clients: Aws, folder: Path) -> None:
        self.now = 1_000_000
        self.clients, self._sqs = clients, clients.sqs
        self.dead = self._queue("jobs-dead")
        arn = self._sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])["Attributes"]
        redrive = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": ATTEMPTS}
        self.jobs = self._queue("jobs", RedrivePolicy=json.dumps(redrive), VisibilityTimeout="0")
        self.callbacks = self._queue("callbacks", VisibilityTimeout="180")
        self.callback_queue, self.sender = SqsJobQueue(clients, self.callbacks), HostSender()
        self.store = DynamoDbJobStore(clients, "statline", "statline", inline_limit=1000)
        datasets, state = S3DatasetStore(clients, "statline"), DynamoDbServiceState(clients, "statline")
        data = soil(folder)
        datasets.publish("f1", data.snapshot(), data.catalogue())
        state.set(dataset="f1")
        queue = SqsJobQueue(clients, self.jobs)
        self.service = make_service(
            self.store,
            queue,
            datasets,
            state,
            id_block=10,
            clock=lambda: self.now,
            sender=self.sender,
            callback_queue=self.callback_queue,
            host_leases=DynamoDbHostLeases(clients, "statline"),
        )

    def _queue(self, name: str, **attributes: str) -> str:
        return str(self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def deliver(self, url: str, handler: Callable[[Any, Any], dict[str, Any]]) -> dict[str, Any]:
        """Deliver a batch as Lambda does: delete the messages that the handler does not report as failed."""
        messages = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        event = {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "body": message["Body"],
                    "receiptHandle": message["ReceiptHandle"],
                }
                for message in messages
            ]
        }
        response = handler(event, None)
        failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return response

    def finished(self, *urls: str) -> None:
        """Store a finished job for each URL, and queue its callback."""
        for number, url in enumerate(urls, start=1):
            new = job(number, subscriber={"successUri": url})
            self.store.create(new)
            self.store.finish(new.succeed(b"1", self.now))
            self.callback_queue.add_task(new.id)

    def with_datasets(self, datasets: Any) -> Service:
        queue, state = SqsJobQueue(self.clients, self.jobs), DynamoDbServiceState(self.clients, "statline")
        return make_service(self.store, queue, datasets, state, id_block=10, clock=lambda: self.now)

    def waiting(self, url: str, names: Any = "ApproximateNumberOfMessages") -> int:
        return int(self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[names])["Attributes"][names])

    def purge(self) -> None:
        self._sqs.purge_queue(QueueUrl=self.jobs)


class HostSender:
    """A CallbackSender: `down.test` fails, `silent.test` waits until the good one has been called."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.good = threading.Event()

    def check(self, url: str) -> None:
        """Accept any URL."""

    def send(self, job: Job) -> None:
        host = str(urlsplit(job.callback).hostname)
        self.called.append(host)
        if host == "good.test":
            self.good.set()
        elif not self.good.wait(20) or host in ("down.test", "silent.test"):
            raise CallbackFailed("no answer")


class UnavailableDatasets:
    """A DatasetStore during an outage of S3."""

    def ingestor(self, fingerprint: str) -> Any:
        raise Unavailable("S3 does not answer")


@pytest.fixture
def cloud(clients: Aws, tmp_path: Path) -> Cloud:
    cloud = Cloud(clients, tmp_path)
    get_service.use(lambda: cloud.service)
    get_callback_queue.use(lambda: cloud.callback_queue)
    return cloud


def test_batch_finishes_all_jobs_and_deletes_their_messages(cloud: Cloud) -> None:
    ids = [submit(cloud.service, "global_mean", HUMUS).id for _ in range(10)]
    assert cloud.deliver(cloud.jobs, app.worker) == {"batchItemFailures": []}
    assert {frozen_json(cloud.service.get(job_id)) for job_id in ids} == {GLOBAL_HUMUS}
    assert cloud.waiting(cloud.jobs) == 0


def test_failed_message_is_the_only_one_delivered_again(cloud: Cloud) -> None:
    good = submit(cloud.service, "global_mean", HUMUS).id
    cloud.store.create(job(900, statistic="from_the_future", dataset="f1"))
    SqsJobQueue(cloud.clients, cloud.jobs).add_task("job_id_900")
    response = cloud.deliver(cloud.jobs, app.worker)

    assert len(response["batchItemFailures"]) == 1
    assert cloud.service.get(good).status is JobStatus.SUCCESSFUL
    assert cloud.waiting(cloud.jobs) == 1


def test_deliveries_in_any_order_store_one_outcome(cloud: Cloud) -> None:
    event = {"Records": [{"messageId": "m", "body": "job_id_1", "receiptHandle": "r"}]}
    handlers = {"worker": app.worker, "dead": app.dead_letters}
    for number, order in enumerate(itertools.permutations(["worker", "worker", "dead"]), start=1):
        job_id = submit(cloud.service, "global_mean", HUMUS).id
        event["Records"][0]["body"] = job_id
        handlers[order[0]](event, None)
        first = cloud.service.get(job_id)
        for name in order[1:]:
            handlers[name](event, None)
        assert cloud.service.get(job_id) == first, (number, order)
        assert first.status is JobStatus.SUCCESSFUL


def test_message_that_never_succeeds_fails_its_job_as_a_dead_letter(cloud: Cloud) -> None:
    cloud.store.create(job(900, statistic="from_the_future", dataset="f1"))
    SqsJobQueue(cloud.clients, cloud.jobs).add_task("job_id_900")
    for _ in range(ATTEMPTS + 1):
        cloud.deliver(cloud.jobs, app.worker)
    assert cloud.waiting(cloud.jobs) == 0
    cloud.deliver(cloud.dead, app.dead_letters)

    assert "every attempt failed" in str(cloud.service.get("job_id_900").reason)
    assert cloud.service.num_jobs() == 0


def test_silent_host_of_a_batch_holds_up_no_other_and_has_one_attempt(cloud: Cloud) -> None:
    """The good one comes last, and is called while the attempt at the silent one is in flight."""
    cloud.finished(*["http://silent.test/"] * 8, "http://good.test/")
    response = cloud.deliver(cloud.callbacks, app.callback_worker)

    assert sorted(cloud.sender.called) == ["good.test", "silent.test"]
    assert len(response["batchItemFailures"]) == 7
    assert not cloud.service.get("job_id_9").callback_pending


def test_message_of_a_host_that_backs_off_comes_back_when_its_pause_ends(cloud: Cloud) -> None:
    """And not after the queue's 180 s; the retry of the failed one is a message of its own."""
    cloud.sender.good.set()
    cloud.finished("http://down.test/", "http://down.test/")
    cloud.deliver(cloud.callbacks, app.callback_worker)

    assert cloud.sender.called == ["down.test"]
    until(lambda: cloud.waiting(cloud.callbacks) == 2)


def test_callbacks_of_one_host_follow_each_other_within_a_batch(cloud: Cloud) -> None:
    cloud.finished(*["http://good.test/"] * 10)

    assert cloud.deliver(cloud.callbacks, app.callback_worker) == {"batchItemFailures": []}
    assert cloud.sender.called == ["good.test"] * 10


def test_callbacks_that_a_batch_has_no_time_for_are_put_back(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lambda_handlers, "BEGIN_SECONDS", 0)
    cloud.finished("http://good.test/", "http://good.test/")

    assert len(cloud.deliver(cloud.callbacks, app.callback_worker)["batchItemFailures"]) == 2
    assert cloud.sender.called == []


def test_outage_of_sqs_while_callbacks_are_put_back_repeats_none_that_was_sent(cloud: Cloud) -> None:
    cloud.sender.good.set()
    cloud.finished("http://down.test/", "http://down.test/")
    records = [
        {"messageId": job_id, "body": job_id, "receiptHandle": job_id} for job_id in ("job_id_1", "job_id_2")
    ]

    def put_back(waits: object) -> None:
        raise Unavailable("SQS does not answer")

    response = lambda_handlers.send_callbacks(cloud.service, put_back, {"Records": records})
    assert response == {"batchItemFailures": [{"itemIdentifier": "job_id_2"}]}


@pytest.mark.parametrize(("received", "most"), [(1, 1), (31, 31), (10_000, 61)])
def test_message_put_back_often_waits_longer_but_a_minute_at_most(
    cloud: Cloud, received: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lambda_handlers, "BEGIN_SECONDS", 0)
    message = {
        "messageId": "m",
        "body": "job_id_1",
        "receiptHandle": "r",
        "attributes": {"ApproximateReceiveCount": str(received)},
    }
    waits: list[int] = []
    for _ in range(50):
        lambda_handlers.send_callbacks(
            cloud.service, lambda put_back: waits.extend(put_back.values()), {"Records": [message]}
        )

    assert min(waits) >= 1
    assert max(waits) <= most
    assert received == 1 or max(waits) > min(waits)


def dead_letter(job_id: str, receives: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receives)}
    record = {"messageId": "m", "body": job_id, "receiptHandle": "r", "attributes": attributes}
    return {"Records": [record]}


@pytest.mark.parametrize("receives", [1, 6])
def test_good_job_among_the_dead_letters_is_processed(cloud: Cloud, receives: int) -> None:
    """A job of its batch killed the worker five times."""
    job_id = submit(cloud.service, "global_mean", HUMUS).id
    assert app.dead_letters(dead_letter(job_id, receives), None) == {"batchItemFailures": []}

    assert frozen_json(cloud.service.get(job_id)) == GLOBAL_HUMUS


def test_dead_letter_of_an_outage_goes_back_to_the_queue_until_storage_is_back(cloud: Cloud) -> None:
    job_id = submit(cloud.service, "global_mean", HUMUS).id
    cloud.purge()
    healthy, cloud.service = cloud.service, cloud.with_datasets(UnavailableDatasets())
    for _ in range(3):
        assert app.dead_letters(dead_letter(job_id), None) == {"batchItemFailures": []}
    assert cloud.service.get(job_id).status is JobStatus.ACCEPTED
    assert cloud.waiting(cloud.jobs, "ApproximateNumberOfMessagesDelayed") == 3
    healthy.process(job_id)

    assert frozen_json(healthy.get(job_id)) == GLOBAL_HUMUS


@pytest.mark.parametrize("receives", [2, 7])
def test_dead_letter_received_again_after_a_crash_fails_its_job(cloud: Cloud, receives: int) -> None:
    """Whether its count begins anew in this queue or not."""
    job_id = submit(cloud.service, "global_mean", HUMUS).id
    app.dead_letters(dead_letter(job_id, receives), None)

    assert "cut off" in str(cloud.service.get(job_id).reason)


def test_dead_letters_come_alone_so_that_a_crash_takes_no_other_along() -> None:
    sizes = {
        handler.name: handler.batch_size for handler in app.app.event_sources if "letters" in handler.name
    }
    assert sizes == {"dead_letters": 1}


@pytest.mark.parametrize("body", ["job_id_77", "hello", ""])
@pytest.mark.parametrize("handler", [app.worker, app.callback_worker, app.dead_letters])
def test_message_without_a_job_is_deleted(cloud: Cloud, handler: Callable[..., Any], body: str) -> None:
    event = {"Records": [{"messageId": "m", "body": body, "receiptHandle": "r"}]}
    assert handler(event, None) == {"batchItemFailures": []}


def test_sweeper_resends_a_job_with_lost_message(cloud: Cloud) -> None:
    submit(cloud.service, "global_mean", HUMUS)
    cloud.purge()
    cloud.now += 14 * MINUTE
    lambda_handlers.sweep(cloud.service, Settings())
    assert cloud.waiting(cloud.jobs) == 0
    cloud.now += 2 * MINUTE
    lambda_handlers.sweep(cloud.service, Settings())
    cloud.deliver(cloud.jobs, app.worker)

    assert frozen_json(cloud.service.get("job_id_1")) == GLOBAL_HUMUS


def test_sweeper_fails_a_job_open_for_a_day(cloud: Cloud) -> None:
    done, stuck = (submit(cloud.service, "global_mean", HUMUS).id for _ in range(2))
    cloud.service.process(done)
    cloud.now += 25 * 60 * MINUTE
    lambda_handlers.sweep(cloud.service, Settings())

    assert frozen_json(cloud.service.get(done)) == GLOBAL_HUMUS
    assert "90000 s" in str(cloud.service.get(stuck).reason)
    assert cloud.service.num_jobs() == 0


def test_scheduled_event_sweeps(cloud: Cloud) -> None:
    stuck = submit(cloud.service, "global_mean", HUMUS).id
    cloud.now += 25 * 60 * MINUTE
    event = dict.fromkeys(["detail-type", "source", "account", "time", "region", "version", "id"], "x")
    app.sweeper(event | {"resources": [], "detail": {}}, None)

    assert cloud.service.get(stuck).status is JobStatus.FAILED
