"""Jobs on their way to DynamoDB."""

import os
from collections.abc import Iterator

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.errors import JobNotFound
from local.storage import write_behind
from local.storage.write_behind import WriteBehindStore
from tests.support.processes import until
from tests.support.samples import job


@pytest.fixture
def dynamo(clients: Aws) -> DynamoDbJobStore:
    return DynamoDbJobStore(clients, "statline", "statline", inline_limit=1000)


@pytest.fixture
def behind(dynamo: DynamoDbJobStore, clients: Aws) -> Iterator[WriteBehindStore]:
    store = WriteBehindStore(dynamo, clients, "statline", "statline")
    yield store
    store.stop()


@pytest.fixture
def calls(clients: Aws) -> list[int]:
    """How many jobs each call of BatchWriteItem had."""
    sizes: list[int] = []

    def count(params: dict[str, dict[str, list[object]]], **_: object) -> None:
        sizes.append(sum(map(len, params["RequestItems"].values())))

    clients.dynamodb.meta.events.register("provide-client-params.dynamodb.BatchWriteItem", count)
    return sizes


def test_jobs_are_written_by_themselves(behind: WriteBehindStore, dynamo: DynamoDbJobStore) -> None:
    """Soon, and whole: what another process would read is what was decided here."""
    behind.create(job(1))
    done = behind.finish(job(1).succeed(b"answer", now=9))
    until(lambda: [one.id for one in dynamo.jobs()] == ["job_id_1"])
    behind.flush()
    assert dynamo.get("job_id_1") == done
    assert dynamo.count_open() == 0


def test_a_call_takes_many_jobs(behind: WriteBehindStore, calls: list[int]) -> None:
    """As many as BatchWriteItem allows; a job that was finished meanwhile is one of them, not two."""
    for number in range(1, 61):
        behind.create(job(number))
        behind.finish(job(number).succeed(b"answer", now=9))
    behind.flush()
    assert sum(calls) <= 70
    assert max(calls) == write_behind.BATCH
    assert len(list(behind.jobs())) == 60


def test_a_large_answer_goes_with_its_job(behind: WriteBehindStore, clients: Aws) -> None:
    """It lies in S3, and is deleted there too."""
    behind.create(job(1))
    behind.finish(job(1).succeed(os.urandom(5_000), now=9))
    behind.flush()
    assert clients.s3.list_objects_v2(Bucket="statline")["KeyCount"] == 1
    behind.delete("job_id_1")
    behind.flush()
    assert clients.s3.list_objects_v2(Bucket="statline")["KeyCount"] == 0


def test_what_cannot_be_written_is_tried_again(
    behind: WriteBehindStore, dynamo: DynamoDbJobStore, clients: Aws
) -> None:
    """Meanwhile it is read as if it were, and what is wrong can be asked for."""
    refused = []

    def refuse(**_: object) -> None:
        if not refused:
            refused.append(1)
            raise OSError("no")

    clients.dynamodb.meta.events.register("before-call.dynamodb.BatchWriteItem", refuse)
    behind.create(job(1))
    until(behind.problem)
    assert "not written" in str(behind.problem())
    assert behind.finish(job(1).fail("why", now=9)) == behind.get("job_id_1")
    behind.flush()
    assert behind.problem() is None
    assert dynamo.get("job_id_1").reason == "why"


def test_the_end_writes_what_waits(dynamo: DynamoDbJobStore, clients: Aws) -> None:
    """A stop leaves nothing behind."""
    behind = WriteBehindStore(dynamo, clients, "statline", "statline")
    for number in range(1, 41):
        behind.create(job(number))
    behind.stop()
    assert dynamo.count_open() == 40


def test_what_waits_for_its_deletion_is_gone(behind: WriteBehindStore) -> None:
    """Whether or not DynamoDB has been told."""
    behind.create(job(1))
    behind.flush()
    behind.delete("job_id_1")
    with pytest.raises(JobNotFound):
        behind.get("job_id_1")
