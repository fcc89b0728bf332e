"""Items of DynamoDB: small, complete, and read whatever version wrote them."""

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.job_item import PROJECTED, to_item, to_job
from chalicelib.application.job import Job, JobStatus
from chalicelib.errors import JobNotFound
from local.settings import RESOURCES
from tests.support.samples import job

# The items that version 7c48f17 wrote: every field in an attribute of its own.
OLD_OPEN: dict[str, Any] = {
    "id": {"S": "job_id_7"},
    "listed": {"S": "job"},
    "open": {"S": "open"},
    "statistic": {"S": "global_mean"},
    "inputs": {"M": {"question": {"S": "Größe"}}},
    "dataset": {"S": "f1"},
    "accepted": {"N": "1000"},
    "status": {"S": "accepted"},
    "response": {"S": "document"},
    "media_type": {"S": "text/csv"},
    "trace": {"S": "4bf92f3577b34da6a3ce929d0e0e4736"},
    "fresh": {"BOOL": True},
    "subscriber": {"M": {"successUri": {"S": "http://a.test/done"}}},
}
OLD_JOB = Job(
    "job_id_7",
    "global_mean",
    {"question": "Größe"},
    "f1",
    accepted=1000,
    response="document",
    media_type="text/csv",
    trace="4bf92f3577b34da6a3ce929d0e0e4736",
    subscriber={"successUri": "http://a.test/done"},
    fresh=True,
)
END = {"started": {"N": "1500"}, "finished": {"N": "2000"}}
OLD_FINISHED: dict[str, Any] = {
    **{name: value for name, value in OLD_OPEN.items() if name != "open"},
    **END,
    "status": {"S": "successful"},
    "answer": {"B": zlib.compress(b"[1]")},
    "source": {"S": "job_id_3"},
    "computed": {"N": "900"},
    "expires": {"N": "99999999999"},
}
OLD_FAILED: dict[str, Any] = {
    **OLD_OPEN,
    **END,
    "open": {"S": "unsent"},
    "status": {"S": "failed"},
    "reason": {"S": "no rows"},
    "cause": {"S": "NoUsableRows"},
}
FINISHED_JOB = replace(
    OLD_JOB,
    started=1500,
    finished=2000,
    status=JobStatus.SUCCESSFUL,
    result=b"[1]",
    source="job_id_3",
    computed=900,
)
FAILED_JOB = replace(
    OLD_JOB,
    started=1500,
    finished=2000,
    status=JobStatus.FAILED,
    reason="no rows",
    cause="NoUsableRows",
    callback_pending=True,
)


@pytest.fixture
def store(clients: Aws) -> DynamoDbJobStore:
    return DynamoDbJobStore(clients, "statline", "statline", inline_limit=1000)


def put(clients: Aws, item: dict[str, Any]) -> None:
    clients.dynamodb.put_item(TableName="statline", Item=item)


@pytest.mark.parametrize(
    ("item", "expected"),
    [(OLD_OPEN, OLD_JOB), (OLD_FINISHED, FINISHED_JOB), (OLD_FAILED, FAILED_JOB)],
    ids=["open", "finished", "callback pending"],
)
def test_items_of_7c48f17_are_read_and_listed(
    store: DynamoDbJobStore, clients: Aws, item: dict[str, Any], expected: Job
) -> None:
    put(clients, item)

    listed = replace(expected, result=None, trace="", fresh=False, subscriber={}, callback_pending=False)
    assert store.get("job_id_7") == expected
    assert list(store.jobs()) == list(store.latest(9_999)) == [listed]
    assert store.count_open() == (item is OLD_OPEN)
    assert list(store.pending_callbacks_before(9_999)) == (["job_id_7"] if item is OLD_FAILED else [])


def test_open_item_of_7c48f17_is_finished(store: DynamoDbJobStore, clients: Aws) -> None:
    put(clients, OLD_OPEN)
    outcome = replace(store.get("job_id_7"), started=1500).succeed(b"[1]", now=2000)

    assert store.finish(outcome) == outcome

    assert outcome.callback_pending
    assert store.get("job_id_7") == outcome
    assert store.finish(outcome.fail("late", now=3000)) == outcome
    store.mark_delivered("job_id_7")
    assert store.get("job_id_7") == replace(outcome, callback_pending=False)


def test_result_of_7c48f17_in_s3_is_read_and_deleted(store: DynamoDbJobStore, clients: Aws) -> None:
    object_key = "results/job_id_7/0123456789abcdef"
    item = {name: value for name, value in OLD_FINISHED.items() if name != "answer"}
    put(clients, {**item, "answer_key": {"S": object_key}})
    clients.s3.put_object(Bucket="statline", Key=object_key, Body=zlib.compress(b"[1]"))

    assert store.get("job_id_7") == FINISHED_JOB

    clients.s3.delete_object(Bucket="statline", Key=object_key)
    with pytest.raises(JobNotFound):  # nothing says which version computed it
        store.get("job_id_7")
    clients.s3.put_object(Bucket="statline", Key=object_key, Body=zlib.compress(b"[1]"))
    store.delete("job_id_7")
    assert "Contents" not in clients.s3.list_objects_v2(Bucket="statline")


def test_idempotency_record_of_7c48f17_is_read(store: DynamoDbJobStore, clients: Aws) -> None:
    put(
        clients,
        {
            "id": {"S": "#key:ab"},
            "question": {"S": "cd"},
            "jobs": {"S": "job_id_1 job_id_2"},
            "made": {"N": "1000"},
            "expires": {"N": "86401"},
        },
    )
    record = store.get_idempotency_record("ab")
    assert record is not None
    assert (record.key, record.question, record.jobs, record.made) == (
        "ab",
        "cd",
        ("job_id_1", "job_id_2"),
        1000,
    )


def test_accepted_job_takes_nine_attributes() -> None:
    """Those that an index projects, where they are not at their default, and one document."""
    item = to_item(job(7, trace="ab" * 16, fresh=True))

    assert item.keys() == {
        *("id", "listed", "open", "statistic", "inputs", "dataset", "accepted", "status", "document")
    }
    assert json.loads(item["document"]["S"]) == {"trace": "ab" * 16, "fresh": True}


def test_job_converts_to_an_item_and_back() -> None:
    for original in (OLD_JOB, replace(FINISHED_JOB, result=None), FAILED_JOB):
        assert to_job(to_item(original)) == original


def test_members_of_a_later_version_are_ignored() -> None:
    item = to_item(job(7)) | {"document": {"S": '{"colour": "red"}'}, "later": {"L": []}}
    assert to_job(item) == job(7)


# Of the table in version 7c48f17. CloudFormation refuses to change an index' projection, and replaces a table
# whose key changes; emulators do neither, so no other test would notice.
KEYS = [{"AttributeName": "id", "KeyType": "HASH"}]
INDEX_KEYS = {
    name: [{"AttributeName": name, "KeyType": "HASH"}, {"AttributeName": "accepted", "KeyType": "RANGE"}]
    for name in ("open", "listed")
}
PROJECTIONS = {
    "open": {"ProjectionType": "KEYS_ONLY"},
    "listed": {
        "ProjectionType": "INCLUDE",
        "NonKeyAttributes": [
            *("statistic", "inputs", "dataset", "status", "response", "media_type", "started", "finished"),
            *("reason", "cause", "source", "computed", "expires"),
        ],
    },
}
TYPES = {"id": "S", "open": "S", "listed": "S", "accepted": "N"}


def test_template_keeps_keys_and_projections_of_7c48f17() -> None:
    table = json.loads(RESOURCES.read_text())["Resources"]["JobTable"]["Properties"]
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}

    assert table["KeySchema"] == KEYS
    assert {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]} == TYPES
    assert {name: index["KeySchema"] for name, index in indexes.items()} == INDEX_KEYS
    assert {name: index["Projection"] for name, index in indexes.items()} == PROJECTIONS


def test_projected_fields_are_attributes() -> None:
    """Lists show what the index `listed` projects: the code and the template name the same attributes."""
    assert {*PROJECTIONS["listed"]["NonKeyAttributes"], "id", "accepted"} == PROJECTED | {"expires"}
