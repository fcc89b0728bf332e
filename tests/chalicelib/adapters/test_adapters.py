"""The smaller AWS adapters (service state, queue, data sets) and the provider that wires them."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import KEPT_IN_MEMORY, S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.bootstrap import Provider, aws_service
from chalicelib.config import Settings
from chalicelib.errors import DatasetGone, NoDataset
from tests.support.samples import soil
from tests.support.services import submit


def test_service_state_is_empty_before_the_first_publication(clients: Aws) -> None:
    record = DynamoDbServiceState(clients, "statline").read()
    assert (record.dataset, record.draining) == ("", False)


def test_other_processes_see_a_change_when_their_copy_expires(clients: Aws) -> None:
    now = [0.0]
    writer = DynamoDbServiceState(clients, "statline")
    reader = DynamoDbServiceState(clients, "statline", max_age=5.0, clock=lambda: now[0])
    reader.read()
    writer.set(draining_since=1)
    writer.set(dataset="f1")
    assert writer.read().draining
    assert not reader.read().draining
    now[0] = 5.0
    assert (reader.read().draining, reader.read().dataset) == (True, "f1")


def test_message_body_is_the_job_id(clients: Aws) -> None:
    sqs = clients.sqs
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    SqsJobQueue(clients, url).add_task("job_id_7")
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url)["Messages"]] == ["job_id_7"]


def test_published_data_set_is_read_with_its_catalogue(clients: Aws, tmp_path: Path) -> None:
    data = soil(tmp_path)
    S3DatasetStore(clients, "statline").publish("f1", data.snapshot(), data.catalogue())
    found = S3DatasetStore(clients, "statline")
    assert found.catalogue("f1") == data.catalogue()
    assert found.ingestor("f1").cube == data.cube
    assert found.ingestor("f1") is found.ingestor("f1")


def test_unpublished_data_set_is_refused_by_name(clients: Aws) -> None:
    for ask in (S3DatasetStore(clients, "statline").ingestor, S3DatasetStore(clients, "statline").catalogue):
        with pytest.raises(DatasetGone, match="f9"):
            ask("f9")


def test_only_the_last_data_sets_stay_in_memory(clients: Aws, tmp_path: Path) -> None:
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    for number in range(KEPT_IN_MEMORY + 2):
        datasets.publish(f"f{number}", data.snapshot(), data.catalogue())
    first = datasets.ingestor("f0")
    for number in range(1, KEPT_IN_MEMORY + 1):
        datasets.ingestor(f"f{number}")
    assert datasets.ingestor("f0") is not first


def test_data_set_in_use_stays_in_memory_while_others_are_loaded(clients: Aws, tmp_path: Path) -> None:
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    for number in range(5):
        datasets.publish(f"f{number}", data.snapshot(), data.catalogue())
    in_use, catalogue = datasets.ingestor("f0"), datasets.catalogue("f0")
    for number in range(1, 5):
        datasets.ingestor(f"f{number}")
        datasets.catalogue(f"f{number}")
        assert datasets.ingestor("f0") is in_use
        assert datasets.catalogue("f0") is catalogue


def test_large_data_sets_are_in_memory_one_at_a_time(clients: Aws, tmp_path: Path) -> None:
    """`publish` makes sure that a function has room for one."""
    data = soil(tmp_path)
    datasets = S3DatasetStore(clients, "statline", kept_bytes=len(data.snapshot()))
    for name in ("f1", "f2"):
        datasets.publish(name, data.snapshot(), data.catalogue())
    first = weakref.ref(datasets.ingestor("f1"))
    assert datasets.ingestor("f1") is first()
    datasets.ingestor("f2")
    gc.collect()
    assert first() is None


def test_upload_counts_each_byte_of_the_snapshot(clients: Aws, tmp_path: Path) -> None:
    data, sent = soil(tmp_path), list[int]()
    S3DatasetStore(clients, "statline").publish("f1", data.snapshot(), data.catalogue(), sent.append)
    assert sum(sent) == len(data.snapshot())
    assert S3DatasetStore(clients, "statline").snapshot("f1") == data.snapshot()


def test_held_data_set_is_not_read_from_s3(clients: Aws, tmp_path: Path) -> None:
    datasets, data = S3DatasetStore(clients, "statline"), soil(tmp_path)
    datasets.hold("f", data)
    assert datasets.ingestor("f") is data


def test_racing_threads_get_the_same_service() -> None:
    made, together = [], threading.Barrier(8, timeout=5)

    def ask(_: int) -> object:
        together.wait()
        return provider()

    provider = Provider(lambda: made.append(object()) or made[-1])  # type: ignore[arg-type,func-returns-value]
    with ThreadPoolExecutor(8) as pool:
        services = set(pool.map(ask, range(8)))
    assert services == set(made)
    assert len(made) == 1


def test_service_uses_the_resources_of_the_settings(moto: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    queue = boto3.client("sqs", region_name="us-east-1").create_queue(QueueName="jobs")["QueueUrl"]
    settings = Settings(queue_url=queue)
    service = aws_service(settings)
    with pytest.raises(NoDataset):
        submit(service, "global_mean", {"question": "S1"})
    DynamoDbServiceState(moto, "statline").set(dataset="f1")
    accepted = submit(aws_service(settings), "global_mean", {"question": "S1"})
    assert accepted.id == "job_id_1"
