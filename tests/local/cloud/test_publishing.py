"""Publishing, on moto: what is stored, what is current, and going back."""

from pathlib import Path

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.errors import MissingColumns
from local.cloud.publishing import NotPublished, publish, published, use
from local.cloud.stack import Stack, StageError
from tests.support.samples import SOIL, write_soil


@pytest.fixture
def stage(clients: Aws) -> tuple[DynamoDbServiceState, S3DatasetStore]:
    return DynamoDbServiceState(clients, "statline", max_age=0), S3DatasetStore(clients, "statline")


def test_publish_and_go_back(stage: tuple[DynamoDbServiceState, S3DatasetStore], tmp_path: Path) -> None:
    """The last one published is current, until another is used; its first letters name it."""
    first = publish(write_soil(tmp_path), *stage)
    second = publish(write_soil(tmp_path, SOIL.replace("10.25", "11")), *stage)
    assert publish(write_soil(tmp_path), *stage) == first
    assert {(one.fingerprint, one.current) for one in published(*stage)} == {(first, True), (second, False)}
    assert use(second[:10], *stage) == second
    assert stage[0].read().dataset == second


@pytest.mark.parametrize("given", ["", "nothing"])
def test_what_is_not_published_cannot_be_used(
    stage: tuple[DynamoDbServiceState, S3DatasetStore], given: str
) -> None:
    """Nothing changes."""
    with pytest.raises(NotPublished):
        use(given, *stage)
    assert stage[0].read().dataset == ""


def test_data_that_cannot_be_used_changes_nothing(
    stage: tuple[DynamoDbServiceState, S3DatasetStore], tmp_path: Path
) -> None:
    """The error says what is wrong with it."""
    with pytest.raises(MissingColumns, match="Frage"):
        publish(write_soil(tmp_path, "a,b\n1,2\n"), *stage)
    assert published(*stage) == []


def test_an_unknown_stage() -> None:
    """The known ones are named."""
    with pytest.raises(StageError, match=r'"tst".*"dev", "prod"'):
        Stack("tst")
