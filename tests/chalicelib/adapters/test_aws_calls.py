"""The AWS calls that a job costs."""

import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_host_leases import DynamoDbHostLeases
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application import lambda_handlers
from chalicelib.application.service import Service
from chalicelib.bootstrap import COUNT_SECONDS
from chalicelib.config import Settings
from tests.support.samples import job, soil
from tests.support.services import execute, execute_all, make_service, submit
from tests.support.simulated import SimulatedSender

HUMUS = {"question": "S1"}
Calls = Callable[[Callable[[], object]], list[str]]


class CountedClient:
    """A client that notes the operations it is called for."""

    def __init__(self, client: Any, operations: list[str]) -> None:
        self._client, self._operations = client, operations

    def __getattr__(self, name: str) -> Any:
        attribute, operation = getattr(self._client, name), self._client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return attribute

        def call(**arguments: Any) -> Any:
            self._operations.append(operation)
            return attribute(**arguments)

        return call


@pytest.fixture
def calls(clients: Aws) -> Iterator[Calls]:
    """The operations that AWS is called for while something is done."""
    operations: list[str] = []
    originals = {name: getattr(clients, name) for name in ("dynamodb", "s3", "sqs")}
    for name, client in originals.items():
        setattr(clients, name, CountedClient(client, operations))

    def count(action: Callable[[], object]) -> list[str]:
        operations.clear()
        action()
        return list(operations)

    yield count
    for name, client in originals.items():
        setattr(clients, name, client)


@pytest.fixture
def make(clients: Aws, tmp_path: Path) -> Callable[[int], Service]:
    """A service in steady state whose answers stay inline up to a limit."""
    queue = clients.sqs.create_queue(QueueName="jobs")["QueueUrl"]
    datasets, data, control = (
        S3DatasetStore(clients, "statline"),
        soil(tmp_path),
        DynamoDbServiceState(clients, "statline"),
    )
    datasets.publish("f1", data.snapshot(), data.catalogue())
    control.set(dataset="f1")

    def made(limit: int) -> Service:
        store = DynamoDbJobStore(clients, "statline", "statline", limit)
        queues = SqsJobQueue(clients, queue)
        service = make_service(store, queues, datasets, control, id_block=100, count_seconds=COUNT_SECONDS)
        service.process(submit(service, "global_mean", HUMUS).id)
        return service

    return made


def test_job_with_inline_result_costs_three_calls_to_submit_and_two_to_process(
    make: Callable[[int], Service], calls: Calls
) -> None:
    service = make(8192)
    assert calls(lambda: submit(service, "global_mean", HUMUS)) == ["PutItem", "SendMessage"]
    assert calls(lambda: service.get("job_id_2")) == ["GetItem"]
    assert calls(lambda: service.process("job_id_2")) == ["GetItem", "UpdateItem"]
    assert calls(lambda: service.get("job_id_2")) == ["GetItem"]


def test_result_in_s3_costs_one_more_call_to_write_and_to_read(
    make: Callable[[int], Service], calls: Calls
) -> None:
    service = make(0)
    submit(service, "global_mean", HUMUS)
    assert calls(lambda: service.process("job_id_2")) == ["GetItem", "PutObject", "UpdateItem"]
    assert calls(lambda: service.get("job_id_2")) == ["GetItem", "GetObject"]


def test_wait_costs_one_read_and_the_catalogue_is_read_once(
    make: Callable[[int], Service], calls: Calls
) -> None:
    service = make(8192)
    body = {"inputs": HUMUS}
    assert calls(lambda: execute(service, "global_mean", body)) == ["GetObject", "PutItem", "SendMessage"]
    assert calls(lambda: execute(service, "global_mean", body)) == ["PutItem", "SendMessage"]
    job = service.get("job_id_2")
    service.process(job.id)
    assert calls(lambda: service.wait(job, 9)) == ["GetItem"]


def test_dismissal_costs_one_write_and_removal_one_for_item_and_object(
    make: Callable[[int], Service], calls: Calls
) -> None:
    service = make(0)
    for _ in range(2):
        submit(service, "global_mean", HUMUS)
    service.process("job_id_2")
    assert calls(lambda: service.dismiss("job_id_3")) == ["GetItem", "UpdateItem"]
    assert calls(lambda: service.dismiss("job_id_3")) == ["GetItem", "DeleteItem"]
    removal = ["GetItem", "GetObject", "DeleteItem", "DeleteObject"]
    assert calls(lambda: service.dismiss("job_id_2")) == removal


def test_callback_costs_one_message_one_read_and_three_writes(clients: Aws, calls: Calls) -> None:
    """It leases its host, frees it, and notes the delivery."""
    url = clients.sqs.create_queue(QueueName="callbacks")["QueueUrl"]
    store = DynamoDbJobStore(clients, "statline", "statline", 8192)
    service = make_service(
        store,
        SqsJobQueue(clients, url),
        S3DatasetStore(clients, "statline"),
        DynamoDbServiceState(clients, "statline"),
        sender=SimulatedSender(),
        callback_queue=SqsJobQueue(clients, url),
        host_leases=DynamoDbHostLeases(clients, "statline"),
    )
    new = job(1, subscriber={"successUri": "http://a.test/"})
    store.create(new)
    store.finish(new.succeed(b"1", new.accepted))
    records = [{"messageId": "m", "body": f"{new.id} host=a.test", "receiptHandle": "r"}]

    assert calls(lambda: service.process(new.id)) == ["GetItem", "SendMessage"]
    assert calls(lambda: lambda_handlers.send_callbacks(service, lambda *_: None, {"Records": records})) == [
        "GetItem",
        "UpdateItem",
        "DeleteItem",
        "UpdateItem",
    ]


def test_sweeper_makes_four_queries_when_nothing_is_lost(
    make: Callable[[int], Service], calls: Calls
) -> None:
    """Lost jobs, pending callbacks, the oldest open job, and the number of open jobs."""
    service = make(8192)
    submit(service, "global_mean", HUMUS)
    assert calls(lambda: lambda_handlers.sweep(service, Settings())) == ["Query"] * 4


def test_hundred_health_checks_cost_at_most_one_call(make: Callable[[int], Service], calls: Calls) -> None:
    service = make(8192)
    assert calls(lambda: [service.health() for _ in range(100)]) in ([], ["GetItem"])


def test_counter_is_written_once_for_a_block_of_ids(make: Callable[[int], Service], calls: Calls) -> None:
    """Open jobs are counted once in five seconds."""
    service, start = make(8192), time.monotonic()
    met = calls(lambda: [submit(service, "global_mean", HUMUS) for _ in range(150)])
    assert met.count("UpdateItem") == 1
    assert met.count("Query") <= (time.monotonic() - start) // COUNT_SECONDS


def test_idempotency_key_costs_two_calls(make: Callable[[int], Service], calls: Calls) -> None:
    """Requests without a key make none of them."""
    service = make(8192)
    ask = functools.partial(submit, service, "global_mean", HUMUS, "key")
    assert calls(ask) == ["GetItem", "PutItem", "PutItem", "SendMessage", "PutItem"]
    assert calls(ask) == ["GetItem", "GetItem"]


def test_batch_costs_one_call_for_its_jobs_and_one_for_ten_messages(
    make: Callable[[int], Service], calls: Calls
) -> None:
    service, one = make(8192), {"processID": "global_mean", "inputs": HUMUS}
    execute(service, "global_mean", one)  # which reads what the data set has
    met = calls(lambda: execute_all(service, {"executions": [one] * 12}))
    assert met == ["TransactWriteItems", "SendMessageBatch", "SendMessageBatch"]
