"""Publishing from a bucket: the command reads its files there, and the stage answers from them."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from local.__main__ import main
from local.cloud import publishing
from tests.cloud.conftest import aws_environ
from tests.cloud.deployed import Deployed, eventually
from tests.support.samples import DESCRIPTION, SOIL

BUCKET = "surveys"


@pytest.fixture(scope="module")
def surveys(deployed: Deployed) -> Iterator[Deployed]:
    """The stage, and a bucket with a file of each place. Afterwards the data set of before is current."""
    s3, before = deployed.stack.aws.s3, deployed.control.read().dataset
    s3.create_bucket(Bucket=BUCKET)
    header, *rows = SOIL.splitlines()
    texts = {"description.json": json.dumps(DESCRIPTION)}
    for place in ("Bayern", "Hessen"):
        texts[f"{place}.csv"] = "\n".join([header, *(row for row in rows if place in row)])
    for name, text in texts.items():
        s3.put_object(Bucket=BUCKET, Key=f"soil/{name}", Body=text.encode())
    with aws_environ(AWS_ENDPOINT_URL=deployed.url.removesuffix("/v1")):
        yield deployed
    publishing.use(before[:12], deployed.control, deployed.datasets)
    deployed.await_state()


def test_files_of_a_bucket_are_published_and_asked(surveys: Deployed) -> None:
    published = CliRunner().invoke(main, ["publish", "--stage", "test", f"s3://{BUCKET}/soil/"])

    assert published.exit_code == 0, published.output
    lines = published.stdout.splitlines()
    assert lines[0] == "6 rows, 2 of them without a value"
    assert any(line.startswith("memory of a worker: ") and "it has 512:" in line for line in lines)
    name = surveys.control.read().dataset
    assert lines[-1] == f"current: {name}"
    asked = {"question": "S1", "dataset": name}
    answer = eventually(
        lambda: surveys.get("/answers/global_mean.json", params=asked), lambda one: one.status_code != 202
    )
    assert (answer.status_code, answer.headers["Statline-Dataset"]) == (200, name)
    assert answer.json() == {"global_mean": 2.6666666666666665}


def test_key_with_a_bad_value_is_named_and_nothing_is_published(surveys: Deployed) -> None:
    before = surveys.control.read().dataset
    bad = SOIL.replace("1.5", "a lot").encode()
    surveys.stack.aws.s3.put_object(Bucket=BUCKET, Key="soil/Austria.csv", Body=bad)

    refused = CliRunner().invoke(main, ["publish", "--stage", "test", f"s3://{BUCKET}/soil/"])

    assert refused.exit_code == 4
    assert f"s3://{BUCKET}/soil/Austria.csv" in refused.stderr
    assert '"a lot" is not a number' in refused.stderr
    assert surveys.control.read().dataset == before
