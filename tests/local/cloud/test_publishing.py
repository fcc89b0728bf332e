"""Publishing data sets, on moto."""

import json
from pathlib import Path

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.errors import MissingColumns
from local.cloud.publishing import (
    NotPublished,
    differences,
    preview,
    preview_use,
    publish,
    published,
    use,
)
from local.cloud.stack import Stack, StageError
from tests.support.samples import DESCRIPTION, SOIL, write_soil


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


def test_named_description_precedes_the_one_beside_the_data(
    stage: tuple[DynamoDbServiceState, S3DatasetStore], tmp_path: Path
) -> None:
    path, other = write_soil(tmp_path), tmp_path / "other.json"
    other.write_text(json.dumps(DESCRIPTION | {"title": "Mine", "best": {"S9": "lowest"}}))
    name = publish(path, *stage, other)
    assert stage[1].catalogue(name)["title"] == preview(path, *stage, other).after["title"] == "Mine"
    assert stage[1].catalogue(name)["warnings"] == ['"best" has "S9", which no question is or has as id']


def test_unknown_stage_is_refused_with_the_known_ones() -> None:
    with pytest.raises(StageError, match=r'"tst".*"dev", "prod"'):
        Stack("tst")


Stage = tuple[DynamoDbServiceState, S3DatasetStore]


def test_preview_of_a_first_data_set_says_what_it_brings_and_changes_nothing(
    stage: Stage, tmp_path: Path
) -> None:
    shown = preview(write_soil(tmp_path), *stage)

    assert not shown.is_stored
    assert list(differences(shown)) == [
        "title: none -> Soil survey",
        "source: none -> ",
        "licence: none -> ",
        "rows: 0 -> 6",
        "suppressed: 0 -> 2",
        'questions: 0 -> 2; 2 added: "Humus", "Sand"',
        'states: 0 -> 2; 2 added: "Bayern", "Hessen"',
    ]
    assert published(*stage) == []
    assert stage[0].read().dataset == ""
    assert publish(write_soil(tmp_path), *stage) == shown.fingerprint


def test_preview_names_a_few_of_what_comes_goes_and_changes(stage: Stage, tmp_path: Path) -> None:
    first = publish(write_soil(tmp_path), *stage)
    more = "".join(f"Ton {number},T{number},Hessen,1,Nutzung,Wald\n" for number in range(9))
    other = SOIL.replace("Humus,S1", "Humus,S3").replace("Sand,S2,Bayern", "Sand,S2,Berlin") + more
    lines = list(differences(preview(write_soil(tmp_path, other), *stage)))

    assert lines[0] == "rows: 6 -> 15"
    assert lines[1] == 'questions: 2 -> 11; 9 added: "Ton 0", "Ton 1", "Ton 2", …'
    assert lines[2] == 'states: 2 -> 3; 1 added: "Berlin"'
    assert lines[3] == 'questions with another id: "Humus"'
    assert lines[4] == 'questions with another best end: "Humus"'
    assert stage[0].read().dataset == first


def test_preview_of_the_current_data_set_says_that_nothing_changes(stage: Stage, tmp_path: Path) -> None:
    first = publish(write_soil(tmp_path), *stage)
    for shown in (preview(write_soil(tmp_path), *stage), preview_use(first[:8], *stage)):
        assert (shown.fingerprint, shown.is_stored) == (first, True)
        assert list(differences(shown)) == []
