"""`publish`, on a stack in moto: what a person sees, and the exit status."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from chalicelib.adapters.aws_clients import Aws
from local.__main__ import main
from local.cloud import publishing
from local.cloud.stack import Stack
from local.settings import RESOURCES
from tests.support.samples import SOIL, write_soil

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
Make = Callable[..., Stack]


def template(memory: int) -> dict[str, Any]:
    """What `publish` uses of a stage: its table, bucket and queue, and the memory of its workers."""
    properties = json.loads(RESOURCES.read_text())["Resources"]["JobTable"]["Properties"]
    needed = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    worker = {
        "Handler": "app.worker",
        "Runtime": "python3.13",
        "MemorySize": memory,
        "Timeout": 30,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "worker = print"},
    }
    resources = {
        "JobTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {name: properties[name] for name in needed},
        },
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "JobQueue": {"Type": "AWS::SQS::Queue"},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]}},
        },
        "Worker": {"Type": "AWS::Lambda::Function", "Properties": worker},
    }
    names = ("JobTable", "Bucket", "JobQueue", "Worker")
    return {"Resources": resources, "Outputs": {name: {"Value": {"Ref": name}} for name in names}}


@pytest.fixture
def deploy(moto: Aws, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Deploy stage `dev` with workers of so many MB."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("STATLINE_DESCRIPTION", raising=False)

    def make(memory: int = 512) -> Stack:
        body = json.dumps(template(memory))
        boto3.client("cloudformation").create_stack(StackName="statline-dev", TemplateBody=body)
        return Stack("dev")

    return make


def publish(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["publish", "--stage", "dev", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def publish_quietly(stack: Stack, source: Path) -> str:
    """Publish without measuring what the data costs."""
    return publishing.publish(source, *stack.service()[1:])


def current(stack: Stack) -> str:
    return stack.service()[1].read().dataset


def stored(stack: Stack) -> list[str]:
    return stack.service()[2].published()


def test_first_data_set_is_uploaded_and_summed_up(deploy: Make, tmp_path: Path) -> None:
    stack = deploy()
    lines = publish(write_soil(tmp_path)).stdout.splitlines()

    assert lines[:5] == [
        "6 rows, 2 of them without a value",
        '2 questions: "Humus", "Sand"',
        '2 locations: "Bayern", "Hessen"',
        'Nutzung: "Acker", "Wald"',
        "title: none -> Soil survey",
    ]
    assert "rows: 0 -> 6" in lines
    memory, start, uploaded, last = lines[-4:]
    assert memory.startswith("memory of a worker: ")
    assert start.startswith("cold start: ")
    assert uploaded.startswith("uploaded: ")
    assert last == f"current: {current(stack)}"
    assert stored(stack) == [current(stack)]


def test_data_set_that_is_stored_already_is_not_uploaded_again(deploy: Make, tmp_path: Path) -> None:
    stack = deploy()
    publish_quietly(stack, write_soil(tmp_path))
    lines = publish(write_soil(tmp_path)).stdout.splitlines()
    assert "its title, rows, questions and states stay" in lines
    assert lines[-2:] == ["stored already", f"current: {current(stack)}"]


def test_change_against_the_current_data_set_is_said(deploy: Make, tmp_path: Path) -> None:
    publish_quietly(deploy(), write_soil(tmp_path))
    changed = SOIL.replace("Sand,S2,Bayern", "Sand,S2,Berlin")
    assert 'states: 2 -> 3; 1 added: "Berlin"' in publish(write_soil(tmp_path, changed)).stdout


def test_dry_run_says_the_same_and_changes_nothing(deploy: Make, tmp_path: Path) -> None:
    stack = deploy()
    dry = publish("--dry-run", write_soil(tmp_path)).stdout.splitlines()
    assert (current(stack), stored(stack)) == ("", [])
    wet = publish(write_soil(tmp_path)).stdout.splitlines()
    assert dry[-1] == f"would be {wet[-1]}"
    assert dry[-2].replace("to upload", "uploaded") == wet[-2]
    assert dry[:-4] == wet[:-4]


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_data_set_that_workers_cannot_hold_is_refused(
    deploy: Make, tmp_path: Path, options: list[str]
) -> None:
    stack = deploy(memory=64)
    refused = publish(*options, write_soil(tmp_path), status=4)
    assert "6 rows, 2 of them without a value" in refused.stdout
    assert "nothing is published: a worker needs " in refused.stderr
    assert "those of stage dev have 64 MB" in refused.stderr
    assert (current(stack), stored(stack)) == ("", [])


def test_earlier_data_set_is_listed_and_used_again(deploy: Make, tmp_path: Path) -> None:
    stack = deploy()
    first = publish_quietly(stack, write_soil(tmp_path))
    second = publish_quietly(stack, write_soil(tmp_path, SOIL.replace("10.25", "11")))

    lines = publish("--use", first[:8]).stdout.splitlines()
    assert (lines[0], lines[-1]) == ("6 rows, 2 of them without a value", f"current: {first}")
    listed = publish("--list").stdout.splitlines()
    assert listed == sorted([f"* {first} Soil survey", f"  {second} Soil survey"], key=lambda line: line[2:])


def test_earlier_data_set_that_workers_cannot_hold_any_more_is_not_used(deploy: Make, tmp_path: Path) -> None:
    stack = deploy(memory=64)
    first = publish_quietly(stack, write_soil(tmp_path))
    second = publish_quietly(stack, write_soil(tmp_path, SOIL.replace("10.25", "11")))
    assert "have 64 MB" in publish("--use", first[:8], status=4).stderr
    assert current(stack) == second


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (SOIL.replace("1.5", "a lot"), '"a lot" is not a number'),
        ("a,b\n1,2\n", "Frage"),
        ("", "soil.csv"),
    ],
)
def test_nothing_is_published_when_anything_is_wrong(
    deploy: Make, tmp_path: Path, rows: str, said: str
) -> None:
    stack = deploy()
    assert said in publish(write_soil(tmp_path, rows), status=4).stderr
    assert (current(stack), stored(stack)) == ("", [])


def test_missing_source_is_one_sentence(deploy: Make, tmp_path: Path) -> None:
    deploy()
    refused = publish(tmp_path / "none.csv", status=4)
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
    assert f"{tmp_path}/none.csv" in refused.stderr


def test_folder_of_files_is_one_data_set(deploy: Make, tmp_path: Path) -> None:
    stack = deploy()
    header, *rows = SOIL.splitlines()
    folder = tmp_path / "parts"
    folder.mkdir()
    write_soil(folder).unlink()
    (folder / "soil.json").rename(folder / "description.json")
    for place in ("Bayern", "Hessen"):
        ours = [row for row in rows if place in row]
        (folder / f"{place}.csv").write_text("\n".join([header, *ours]))

    publish(folder)
    assert stack.service()[2].catalogue(current(stack))["rows"] == 6


def test_cluster_that_is_none_is_refused_before_anything_is_read(deploy: Make, tmp_path: Path) -> None:
    stack = deploy()
    refused = publish("--cluster", "spark://x:7077", write_soil(tmp_path), status=2)
    assert "local:4" in refused.stderr
    assert (current(stack), stored(stack)) == ("", [])
