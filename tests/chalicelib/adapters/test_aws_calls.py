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
from chalicelib.application.pagination import Filter
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


class Services:
    """Services in steady state whose results stay in items up to a limit."""

    def __init__(self, clients: Aws, folder: Path) -> None:
        self._clients = clients
        self._queue = clients.sqs.create_queue(QueueName="jobs")["QueueUrl"]
        self._datasets, data = S3DatasetStore(clients, "statline"), soil(folder)
        self._datasets.publish("f1", data.snapshot(), data.catalogue())
        DynamoDbServiceState(clients, "statline").set(dataset="f1")

    def __call__(self, limit: int) -> Service:
        """Return a service that has computed the global mean."""
        service = self.another(limit)
        job = submit(service, "global_mean", HUMUS, fresh=True)
        service.process(job.id)
        return service

    def another(self, limit: int) -> Service:
        """Return a service that has read nothing but the state and the number of open jobs."""
        store = DynamoDbJobStore(self._clients, "statline", "statline", limit)
        queue, state = (
            SqsJobQueue(self._clients, self._queue),
            DynamoDbServiceState(self._clients, "statline"),
        )
        service = make_service(
            store,
            queue,
            self._datasets,
            state,
            id_block=100,
            sender=SimulatedSender(),
            callback_queue=queue,
            count_seconds=COUNT_SECONDS,
        )
        service.dataset()
        return service


@pytest.fixture
def make(clients: Aws, tmp_path: Path) -> Services:
    return Services(clients, tmp_path)


@pytest.mark.parametrize("limit", [8192, 0])
def test_known_result_costs_a_write_to_submit_and_a_read_to_poll(
    make: Services, calls: Calls, limit: int
) -> None:
    """Whether it is small or in S3."""
    service = make(limit)
    again = submit(service, "global_mean", HUMUS)
    assert calls(lambda: submit(service, "global_mean", HUMUS)) == ["PutItem"]
    assert calls(lambda: service.get(again.id)) == ["GetItem"]


@pytest.mark.parametrize(("limit", "poll"), [(8192, ["GetItem", "GetItem"]), (0, ["GetItem", "GetObject"])])
def test_known_result_costs_another_process_a_read_more(
    make: Services, calls: Calls, limit: int, poll: list[str]
) -> None:
    make(limit)
    submitting, polling = make.another(limit), make.another(limit)
    # One of them reserves a block of ids.
    assert calls(lambda: submit(submitting, "global_mean", HUMUS)) == ["GetItem", "UpdateItem", "PutItem"]
    assert calls(lambda: polling.get("job_id_101")) == poll
    assert calls(lambda: polling.get("job_id_101")) == ["GetItem"]


def test_new_question_costs_three_calls_to_submit_and_three_to_process(make: Services, calls: Calls) -> None:
    """One of each looks the result up, or stores it; a result in S3 costs one more to store."""
    service = make(8192)
    assert calls(lambda: submit(service, "best5", HUMUS)) == ["GetItem", "PutItem", "SendMessage"]
    assert calls(lambda: service.get("job_id_2")) == ["GetItem"]
    assert calls(lambda: service.process("job_id_2")) == ["GetItem", "PutItem", "UpdateItem"]
    assert calls(lambda: service.get("job_id_2")) == ["GetItem"]
    service = make(0)
    job = submit(service, "worst5", HUMUS)
    assert calls(lambda: service.process(job.id)) == ["GetItem", "PutObject", "PutItem", "UpdateItem"]


def test_wait_costs_one_read_and_the_catalogue_is_read_once(make: Services, calls: Calls) -> None:
    service = make(8192)
    body = {"inputs": HUMUS}
    first = ["GetItem", "GetObject", "PutItem", "SendMessage"]
    assert calls(lambda: execute(service, "best5", body)) == first
    assert calls(lambda: execute(service, "best5", body)) == ["GetItem", "PutItem", "SendMessage"]
    job = service.get("job_id_2")
    service.process(job.id)
    assert calls(lambda: service.wait(job, 9)) == ["GetItem"]
    known = execute(service, "best5", body)
    assert calls(lambda: service.wait(known, 9)) == []


def test_dismissal_costs_one_write_and_removal_leaves_the_shared_result(make: Services, calls: Calls) -> None:
    service = make(0)
    for _ in range(2):
        submit(service, "best5", HUMUS)
    service.process("job_id_2")
    assert calls(lambda: service.dismiss("job_id_3")) == ["GetItem", "UpdateItem"]
    assert calls(lambda: service.dismiss("job_id_3")) == ["GetItem", "DeleteItem"]
    assert calls(lambda: service.dismiss("job_id_2")) == ["GetItem", "DeleteItem"]


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


# Queries of one index: its shards, and the key of versions without them.
KEYS = Settings.index_shards + 1


def test_sweeper_reads_each_index_key_four_times_when_nothing_is_lost(make: Services, calls: Calls) -> None:
    """Lost jobs, pending callbacks, the oldest open job, and the number of open jobs."""
    service = make(8192)
    submit(service, "best5", HUMUS)
    assert calls(lambda: lambda_handlers.sweep(service, Settings())) == ["Query"] * 4 * KEYS


def test_page_of_jobs_and_their_number_cost_a_query_for_each_index_key(make: Services, calls: Calls) -> None:
    service = make(8192)
    for _ in range(20):
        submit(service, "global_mean", HUMUS)
    assert calls(lambda: service.page(Filter(), 10)) == ["Query"] * KEYS
    assert calls(service.num_jobs) == ["Query"] * KEYS


def test_limit_on_open_jobs_costs_a_call_in_five_seconds(make: Services, calls: Calls) -> None:
    service = make.another(8192)
    first = calls(lambda: submit(service, "best5", HUMUS))
    assert first == ["GetItem", "GetQueueAttributes", "UpdateItem", "PutItem", "SendMessage"]
    assert calls(lambda: submit(service, "best5", HUMUS)) == ["GetItem", "PutItem", "SendMessage"]


def test_hundred_health_checks_cost_at_most_one_call(make: Services, calls: Calls) -> None:
    service = make(8192)
    assert calls(lambda: [service.health() for _ in range(100)]) in ([], ["GetItem"])


def test_counter_is_written_once_for_a_block_of_ids(make: Services, calls: Calls) -> None:
    """Open jobs are counted once in five seconds."""
    service, start = make(8192), time.monotonic()
    met = calls(lambda: [submit(service, "best5", HUMUS) for _ in range(150)])
    assert met.count("UpdateItem") == 1
    assert met.count("GetQueueAttributes") <= (time.monotonic() - start) // COUNT_SECONDS


def test_idempotency_key_costs_two_calls(make: Services, calls: Calls) -> None:
    """Requests without a key make none of them."""
    service = make(8192)
    ask = functools.partial(submit, service, "best5", HUMUS, "key")
    assert calls(ask) == ["GetItem", "GetItem", "PutItem", "PutItem", "SendMessage", "PutItem"]
    assert calls(ask) == ["GetItem", "GetItem"]


def test_batch_costs_one_call_for_its_jobs_and_one_for_ten_messages(make: Services, calls: Calls) -> None:
    """Another looks all results up; jobs whose results are known send no messages."""
    service, one = make(8192), {"processID": "global_mean", "inputs": HUMUS}
    execute(service, "global_mean", one)  # which reads what the data set has
    names = ["best5", "worst5", "states_mean", "diff_from_mean"] * 3
    new = [{"processID": name, "inputs": HUMUS} for name in names]
    met = calls(lambda: execute_all(service, {"executions": [*new, one]}))
    assert met == ["BatchGetItem", "TransactWriteItems", "SendMessageBatch", "SendMessageBatch"]
    assert calls(lambda: execute_all(service, {"executions": [one] * 12})) == ["TransactWriteItems"]
    subscribed = one | {"subscriber": {"successUri": "http://a.test/"}}
    met = calls(lambda: execute_all(service, {"executions": [subscribed] * 12}))
    assert met == ["TransactWriteItems", "SendMessageBatch", "SendMessageBatch"]
