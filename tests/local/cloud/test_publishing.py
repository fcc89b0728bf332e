"""Publishing data sets, on moto."""

from pathlib import Path

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.errors import MissingColumns
from local.cloud.publishing import NotPublished, publish, published, use
from local.cloud.stack import Stack, UnknownStage
from tests.support.samples import SOIL, write_soil


@pytest.fixture
def stage(clients: Aws) -> tuple[S3DatasetStore, DynamoDbServiceState]:
    return S3DatasetStore(clients, "statline"), DynamoDbServiceState(clients, "statline", max_age=0)


def test_last_published_data_set_is_current_until_another_is_used(
    stage: tuple[S3DatasetStore, DynamoDbServiceState], tmp_path: Path
) -> None:
    first = publish(write_soil(tmp_path), *stage)
    second = publish(write_soil(tmp_path, SOIL.replace("10.25", "11")), *stage)
    assert publish(write_soil(tmp_path), *stage) == first
    assert {(one.fingerprint, one.current) for one in published(*stage)} == {(first, True), (second, False)}
    assert use(second[:10], *stage) == second
    assert stage[1].read().dataset == second


@pytest.mark.parametrize("given", ["", "nothing"])
def test_unpublished_data_set_cannot_be_used(
    stage: tuple[S3DatasetStore, DynamoDbServiceState], given: str
) -> None:
    with pytest.raises(NotPublished):
        use(given, *stage)
    assert stage[1].read().dataset == ""


def test_invalid_data_is_refused_and_nothing_is_published(
    stage: tuple[S3DatasetStore, DynamoDbServiceState], tmp_path: Path
) -> None:
    with pytest.raises(MissingColumns, match="Frage"):
        publish(write_soil(tmp_path, "a,b\n1,2\n"), *stage)
    assert published(*stage) == []


def test_unknown_stage_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownStage, match=r'"tst".*"dev", "prod"'):
        Stack("tst")
