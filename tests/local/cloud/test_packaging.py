"""The deployment package, and the template with its policies and limits."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.config import NO_ORIGIN
from chalicelib.routes.cors import PREFLIGHT_SECONDS, REQUEST_HEADERS
from local.cloud.packaging import BadPackage, inspect, normalise, package
from local.cloud.stages import STAGES, find_stage
from local.http.compression import WORTH_COMPRESSING

FUNCTIONS = ("APIHandler", "Worker", "CallbackWorker", "DeadLetters", "Sweeper")
SOURCES = {"Worker": "JobQueue", "CallbackWorker": "CallbackQueue", "DeadLetters": "DeadLetterQueue"}


def statements(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"]["Policies"]:
                if "PolicyDocument" in policy:  # the last one is for traces, and only where they are on
                    for statement in policy["PolicyDocument"]["Statement"]:
                        yield name, statement


def test_packaging_twice_gives_the_same_bytes(out: Path, tmp_path: Path) -> None:
    package(tmp_path)
    for name in ("sam.json", "deployment.zip"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name
    entries = zipfile.ZipFile(out / "deployment.zip").infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {(entry.external_attr >> 16, entry.date_time[0]) for entry in entries} == {(0o644, 1980)}


def test_package_has_the_application_only_and_is_under_a_megabyte(out: Path) -> None:
    assert inspect(out / "deployment.zip") < 1_000_000
    names = zipfile.ZipFile(out / "deployment.zip").namelist()
    assert {name.split("/")[0] for name in names} == {"app.py", "chalicelib", "chalice"}
    assert "chalicelib/web/viewer/swagger-ui/LICENSE" in names


@pytest.mark.parametrize(
    ("more", "less", "named"),
    [
        ("pandas/__init__.py", "", "pandas"),
        ("", "app.py", "app.py"),
        ("app.py", "app.py", '"app.py", which is not as it was'),
        ("chalice/app.py", "chalice/app.py", '"chalice/app.py", which is not as it was'),
        ("chalice/more.py", "", "chalice/more.py"),
    ],
)
def test_package_with_foreign_missing_or_changed_file_is_refused(
    out: Path, tmp_path: Path, more: str, less: str, named: str
) -> None:
    changed = tmp_path / "deployment.zip"
    with zipfile.ZipFile(out / "deployment.zip") as good, zipfile.ZipFile(changed, "w") as bad:
        for name in good.namelist():
            if name != less:
                bad.writestr(name, good.read(name))
        if more:
            bad.writestr(more, "")
    with pytest.raises(BadPackage, match=re.escape(named)):
        inspect(changed)


def test_bytecode_is_left_out_of_the_package(tmp_path: Path) -> None:
    """Chalice packs the `__pycache__` of a checkout that has run."""
    path = tmp_path / "deployment.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (
            "chalicelib/application/job.py",
            "chalicelib/application/__pycache__/job.cpython-311.pyc",
        ):
            archive.writestr(name, "")
    normalise(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["chalicelib/application/job.py"]


def test_each_function_has_its_own_role(template: dict[str, Any]) -> None:
    roles = [template["Resources"][name]["Properties"]["Role"]["Fn::GetAtt"][0] for name in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)
    assert {name for name, _ in statements(template)} == set(roles)


def test_policies_have_no_wildcards_and_name_resources_of_the_template(template: dict[str, Any]) -> None:
    for name, statement in statements(template):
        assert statement["Effect"] == "Allow", name
        assert not [action for action in statement["Action"] if "*" in action], name
        for resource in statement["Resource"]:
            target = resource.get("Fn::GetAtt", [None])[0] or resource["Fn::Sub"].split("${")[1].split(".")[0]
            assert target in template["Resources"], (name, resource)


def test_queue_handlers_report_partial_failures(template: dict[str, Any]) -> None:
    """Without it a failed message would be deleted, or a whole batch repeated."""
    for function, queue in SOURCES.items():
        (event,) = template["Resources"][function]["Properties"]["Events"].values()
        assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert event["Properties"]["Queue"] == {"Fn::Sub": f"${{{queue}.Arn}}"}


def test_visibility_and_retention_of_every_stage_exceed_its_timeouts(template: dict[str, Any]) -> None:
    defaults = {name: one["Default"] for name, one in template["Parameters"].items()}
    for stage in json.loads(STAGES.read_text()):
        changes = find_stage(stage).parameters
        assert changes.keys() <= defaults.keys(), stage
        chosen = defaults | changes
        assert chosen["Visibility"] >= 6 * chosen["FunctionTimeout"], stage
        assert chosen["ResultDays"] > chosen["RetentionDays"], stage


def test_callbacks_end_within_their_function_and_waiting_costs_them_no_attempt(
    template: dict[str, Any],
) -> None:
    queue = template["Resources"]["CallbackQueue"]["Properties"]
    timeout = template["Resources"]["CallbackWorker"]["Properties"]["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 1000  # the most that SQS allows


def test_no_function_may_the_same_twice(template: dict[str, Any]) -> None:
    granted = [
        (name, action, json.dumps(resource))
        for name, statement in statements(template)
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]
    assert len(granted) == len(set(granted))


def test_gateway_compresses_and_answers_preflights_as_a_laptop_does(template: dict[str, Any]) -> None:
    api = template["Resources"]["RestAPI"]["Properties"]
    assert api["MinimumCompressionSize"] == WORTH_COMPRESSING
    assert api["Cors"]["AllowHeaders"] == f"'{', '.join(REQUEST_HEADERS)}'"
    assert api["Cors"]["MaxAge"] == f"'{PREFLIGHT_SECONDS}'"
    assert template["Parameters"]["CorsOrigin"]["Default"] == NO_ORIGIN
    # API Gateway takes requests for binary answers only with an Accept that says so.
    assert "application/json" not in api["DefinitionBody"].get("x-amazon-apigateway-binary-media-types", [])


def test_responses_of_the_gateway_itself_are_json(template: dict[str, Any]) -> None:
    body = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    for kind, response in body["x-amazon-apigateway-gateway-responses"].items():
        text = response["responseTemplates"]["application/json"]
        filled = json.loads(text.replace("$context.error.messageString", '"why"'))
        assert filled["status"] == "error", kind
        assert filled["reason"], kind


def test_pages_of_the_allowed_origin_read_the_gateways_own_errors(template: dict[str, Any]) -> None:
    body = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    for kind, response in body["x-amazon-apigateway-gateway-responses"].items():
        allowed = response["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert allowed == {"Fn::If": ["Shared", {"Fn::Sub": "'${CorsOrigin}'"}, {"Ref": "AWS::NoValue"}]}, (
            kind
        )


def test_log_lines_are_kept_for_a_time_that_cloudwatch_knows(template: dict[str, Any]) -> None:
    days = template["Parameters"]["LogDays"]
    assert days["Default"] in days["AllowedValues"]


def test_data_is_encrypted_private_versioned_and_recoverable(template: dict[str, Any]) -> None:
    table = template["Resources"]["JobTable"]["Properties"]
    bucket = template["Resources"]["Bucket"]["Properties"]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    (deny,) = template["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
