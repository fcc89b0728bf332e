"""Publishing data sets, on moto."""

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


def test_last_published_data_set_is_current_until_another_is_used(
    stage: tuple[DynamoDbServiceState, S3DatasetStore], tmp_path: Path
) -> None:
    first = publish(write_soil(tmp_path), *stage)
    second = publish(write_soil(tmp_path, SOIL.replace("10.25", "11")), *stage)
    assert publish(write_soil(tmp_path), *stage) == first
    assert {(one.fingerprint, one.current) for one in published(*stage)} == {(first, True), (second, False)}
    assert use(second[:10], *stage) == second
    assert stage[0].read().dataset == second


@pytest.mark.parametrize("given", ["", "nothing"])
def test_unpublished_data_set_cannot_be_used(
    stage: tuple[DynamoDbServiceState, S3DatasetStore], given: str
) -> None:
    with pytest.raises(NotPublished):
        use(given, *stage)
    assert stage[0].read().dataset == ""


def test_invalid_data_is_refused_and_nothing_is_published(
    stage: tuple[DynamoDbServiceState, S3DatasetStore], tmp_path: Path
) -> None:
    with pytest.raises(MissingColumns, match="Frage"):
        publish(write_soil(tmp_path, "a,b\n1,2\n"), *stage)
    assert published(*stage) == []


def test_unknown_stage_is_refused_with_the_known_ones() -> None:
    with pytest.raises(StageError, match=r'"tst".*"dev", "prod"'):
        Stack("tst")
