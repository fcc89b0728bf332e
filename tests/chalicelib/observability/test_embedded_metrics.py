"""Embedded metrics: lines in CloudWatch's format, written at the end of each invocation."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.errors import Refused
from chalicelib.observability import metrics
from chalicelib.observability.embedded_metrics import EXPORTS, EmbeddedMetrics
from chalicelib.observability.metrics import (
    ACCEPTED,
    DURATION,
    FINISHED,
    OPEN,
    REFUSED,
    REQUESTS,
    STORE_ERRORS,
    Metric,
)
from local.settings import PROJECT
from tests.support.samples import write_soil

UNITS = {"Count", "Seconds"}


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def exporter(written: list[str]) -> Iterator[EmbeddedMetrics]:
    before, exporter = metrics.recorder(), EmbeddedMetrics(lambda: "dev", written.append)
    metrics.use(exporter)
    yield exporter
    metrics.use(before)


def checked(text: str) -> dict[str, object]:
    """The line as CloudWatch reads it: every rule of the specification that it could break."""
    line = json.loads(text)
    assert "\n" not in text
    assert len(text) < 256 * 1024
    assert set(line["_aws"]) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(line["_aws"]["Timestamp"], int)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Statline"
    (dimensions,) = directive["Dimensions"]
    assert len(dimensions) == len(set(dimensions)) <= 9
    assert all(isinstance(line[name], str) and 0 < len(line[name]) < 256 for name in dimensions)
    assert 0 < len(directive["Metrics"]) <= 100
    for metric in directive["Metrics"]:
        assert metric["Unit"] in UNITS
        values = line[metric["Name"]]
        assert all(isinstance(one, int | float) for one in (values if isinstance(values, list) else [values]))
        assert not isinstance(values, list) or 0 < len(values) <= 100
    assert set(line) == {"_aws", *dimensions, *(metric["Name"] for metric in directive["Metrics"])}
    return {name: value for name, value in line.items() if name != "_aws"}


def test_invocation_writes_a_line_for_each_combination_of_dimensions(
    exporter: EmbeddedMetrics, written: list[str]
) -> None:
    """Counts are added up, durations listed; labels that are no dimension are summed over."""

    def batch(event: str) -> str:
        for outcome, seconds in (("successful", 0.5), ("successful", 1.5), ("failed", 2.5)):
            FINISHED.add("best5", outcome)
            DURATION.observe(seconds, outcome)
        ACCEPTED.add("best5")
        ACCEPTED.add("worst5")
        OPEN.set(7)
        OPEN.set(5)
        return event

    assert exporter("event", batch) == "event"
    assert list(map(checked, written)) == [
        {"Stage": "dev", "Outcome": "successful", "JobsFinished": 2, "JobDuration": [0.5, 1.5]},
        {"Stage": "dev", "Outcome": "failed", "JobsFinished": 1, "JobDuration": 2.5},
        {"Stage": "dev", "JobsAccepted": 2, "OpenJobs": 5},
    ]


def test_failed_invocation_writes_its_metrics(exporter: EmbeddedMetrics, written: list[str]) -> None:
    def broken(event: str) -> None:
        STORE_ERRORS.add("store.get")
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        exporter("event", broken)
    exporter("event", lambda event: REQUESTS.observe(0.1, "GET", "/", "200"))
    assert list(map(checked, written)) == [{"Stage": "dev", "StoreErrors": 1}]


def test_values_over_100_continue_in_the_next_line(exporter: EmbeddedMetrics, written: list[str]) -> None:
    """Each count is written once."""
    for _ in range(250):
        FINISHED.add("best5", "failed")
        DURATION.observe(1.0, "failed")
    exporter.flush()
    lines = list(map(checked, written))
    assert [len(line["JobDuration"]) for line in lines] == [100, 100, 50]  # type: ignore[arg-type]
    assert [line.get("JobsFinished") for line in lines] == [250, None, None]


def test_every_export_refers_to_a_metric_and_its_labels() -> None:
    for metric, export in EXPORTS.items():
        assert isinstance(metric, Metric)
        assert set(export.dimensions) <= set(metric.labels)
    assert len({export.name for export in EXPORTS.values()}) == len(EXPORTS)
    assert metrics.REQUESTS not in EXPORTS


IN_LAMBDA = """
import json, os, sys
from pathlib import Path
from chalicelib.bootstrap import get_service
from chalicelib.config import Settings
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from tests.support.services import make_service
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from local.emulator import moto_backend
from tests.support.samples import soil

moto = moto_backend.start_moto()
clients = moto_backend.connect(Settings())
queue = clients.sqs.create_queue(QueueName="jobs")["QueueUrl"]
control, datasets = DynamoDbServiceState(clients, "statline"), S3DatasetStore(clients, "statline")
data = soil(Path(sys.argv[1]))
datasets.publish("f1", data.snapshot(), data.catalogue())
control.set(dataset="f1")
store = DynamoDbJobStore(clients, "statline", "statline", 8192)
service = make_service(store, SqsJobQueue(clients, queue), datasets, control, 10)
get_service.use(lambda: service)

os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "f"  # after moto, which forgets what AWS may have set
import app

def request(method, resource, path, body=None, **parameters):
    return app.app({"httpMethod": method, "headers": {}, "multiValueQueryStringParameters": None,
        "pathParameters": parameters, "stageVariables": None, "body": body,
        "requestContext": {"httpMethod": method, "resourcePath": resource, "path": path}}, None)

def show(what, answer):
    print("--", what, json.dumps(answer), flush=True)

ask = ("POST", "/api/{statistic}", "/api/best5")
show("accept", request(*ask, '{"question": "S1"}', statistic="best5")["statusCode"])
show("refuse", request(*ask, "{}", statistic="best5")["statusCode"])
result = "/api/get_results/{job_id}", "/api/get_results/job_id_1"
show("poll", request("GET", *result, job_id="job_id_1")["body"])
show("metrics", request("GET", "/metrics", "/metrics"))
event = {"Records": [{"messageId": "m", "body": "job_id_1", "receiptHandle": "r"}]}
show("work", app.worker(event, None))
keys = ["detail-type", "source", "account", "time", "region", "version", "id"]
app.sweeper(dict.fromkeys(keys, "x") | {"resources": [], "detail": {}}, None)
show("sweep", None)
"""


def test_each_lambda_function_writes_its_metrics_and_metrics_is_404(tmp_path: Path) -> None:
    write_soil(tmp_path)
    environ = os.environ | {"STATLINE_STAGE": "dev"}
    done = subprocess.run(
        [sys.executable, "-c", IN_LAMBDA, str(tmp_path)],
        cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written: dict[str, list[dict[str, object]]] = {}
    answers: dict[str, object] = {}
    lines: list[dict[str, object]] = []
    for text in done.stdout.splitlines():
        if text.startswith("-- "):
            _, name, response = text.split(" ", 2)
            written[name], answers[name], lines = lines, json.loads(response), []
        else:
            lines.append(checked(text))
    stage = {"Stage": "dev"}
    assert (answers["accept"], written["accept"]) == (200, [stage | {"JobsAccepted": 1}])
    assert (answers["refuse"], written["refuse"]) == (400, [stage | {"Reason": "invalid", "JobsRefused": 1}])
    assert written["poll"] == written["metrics"] == []
    assert answers["metrics"]["statusCode"] == 404  # type: ignore[index]
    assert "CloudWatch" in str(answers["metrics"])
    (worked,) = written["work"]
    assert worked.pop("JobDuration") > 0  # type: ignore[operator]
    assert worked == stage | {"Outcome": "successful", "JobsFinished": 1}
    assert written["sweep"] == [stage | {"OldestOpenJob": 0.0, "OpenJobs": 0}]


def test_refusals_have_four_reasons() -> None:
    """CloudWatch charges for each."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refused)]
    assert {kind.kind for kind in kinds} == {"invalid", "draining", "overloaded", "no_dataset"}
    assert REFUSED in EXPORTS
