"""Stage `dev`, deployed by the role that .chalice/deployer.json gives to CI, where IAM is enforced."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud import packaging
from local.cloud.stack import Stack
from local.settings import PROJECT
from tests.cloud.conftest import aws_environ
from tests.cloud.deployed import Deployed, eventually
from tests.cloud.test_access import signed

HOST = "token.actions.githubusercontent.com"
SUBJECT = "repo:octo-org/statline:environment:dev"
ACCOUNT, REGION = "000000000000", "us-east-1"
MORE = {"JobAccess": "iam", "Tracing": "on", "AccessLogs": "on", "Concurrency": "5"}
TEMPLATE = PROJECT / ".chalice" / "deployer.json"
# What CloudFormation calls in the deployer's name, for each type: {0} is the resource's physical id.
CALLS: dict[str, tuple[str, list[str]]] = {
    "AWS::Lambda::Function": (
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{0}}",
        ["lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:DeleteFunction"],
    ),
    "AWS::IAM::Role": (f"arn:aws:iam::{ACCOUNT}:role/{{0}}", ["iam:GetRole", "iam:DeleteRole"]),
    "AWS::SQS::Queue": (f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{0}}", ["sqs:CreateQueue", "sqs:DeleteQueue"]),
    "AWS::DynamoDB::Table": (
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{0}}",
        ["dynamodb:CreateTable", "dynamodb:UpdateTimeToLive", "dynamodb:DeleteTable"],
    ),
    "AWS::S3::Bucket": ("arn:aws:s3:::{0}", ["s3:CreateBucket", "s3:PutBucketPolicy", "s3:DeleteBucket"]),
    "AWS::Logs::LogGroup": (
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{0}}",
        ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"],
    ),
    "AWS::CloudWatch::Alarm": (
        f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{0}}",
        ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
    ),
    "AWS::CloudWatch::Dashboard": (
        f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{{0}}",
        ["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"],
    ),
    "AWS::Events::Rule": (
        f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{0}}",
        ["events:PutRule", "events:PutTargets", "events:DeleteRule"],
    ),
    "AWS::ApiGateway::RestApi": (
        f"arn:aws:apigateway:{REGION}::/restapis/{{0}}",
        ["apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE"],
    ),
    "AWS::ApiGateway::ApiKey": (f"arn:aws:apigateway:{REGION}::/apikeys/{{0}}", ["apigateway:DELETE"]),
    "AWS::ApiGateway::UsagePlan": (f"arn:aws:apigateway:{REGION}::/usageplans/{{0}}", ["apigateway:PATCH"]),
}
# Parts of the above, by the same calls or on the same resources.
PARTS = {
    *("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping", "AWS::S3::BucketPolicy"),
    *("AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage", "AWS::ApiGateway::UsagePlanKey"),
}
UNNAMED = "AWS::ApiGateway::"  # whose ids are random, so that no policy can tell a stage by them


def client(service: str) -> Any:
    return boto3.session.Session().client(service)


@pytest.fixture(scope="module", autouse=True)
def led_to_secured(secured: Deployed) -> Iterator[None]:
    """Lead boto3 to the emulator that enforces IAM: another stage may have come up since."""
    address, bundle = secured.url.removesuffix("/v1"), str(secured.http.verify)
    with aws_environ(AWS_ENDPOINT_URL=address, AWS_CA_BUNDLE=bundle):
        yield


@pytest.fixture(scope="module")
def role(led_to_secured: None) -> dict[str, str]:
    """The outputs of .chalice/deployer.json."""
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
    values = {"Stage": "dev", "Provider": provider, "Subject": SUBJECT}
    formation = client("cloudformation")
    formation.create_stack(
        StackName="statline-deployer",
        TemplateBody=TEMPLATE.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
    )
    formation.get_waiter("stack_create_complete").wait(StackName="statline-deployer")
    (stack,) = formation.describe_stacks(StackName="statline-deployer")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def assume(role: str, subject: str) -> dict[str, str]:
    """The credentials that a job of CI gets for the token that GitHub signs for it."""
    claims = {"iss": f"https://{HOST}", "sub": subject, "aud": "sts.amazonaws.com"}
    parts = ({"alg": "RS256"}, claims)
    token = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
    made = client("sts").assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="ci", WebIdentityToken=f"{token}.signature"
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }


@contextmanager
def acting_as(credentials: dict[str, str]) -> Iterator[None]:
    """Let boto3 use other credentials for the duration of the block."""
    with aws_environ(**credentials):
        boto3.setup_default_session()
        yield
    boto3.setup_default_session()


@pytest.fixture(scope="module")
def dev(secured: Deployed, role: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Stage `dev`, deployed by CI with all that is off by default."""
    package = tmp_path_factory.mktemp("package")
    packaging.package(package, "dev")
    with acting_as(assume(role["Role"], SUBJECT)):
        outputs = Stack("dev", MORE | {"PermissionsBoundary": role["Boundary"]}).deploy(package)
    stack = Stack("dev")
    stage = Deployed(stack, outputs, secured.url.removesuffix("/v1"), verify=secured.http.verify)
    stage.http.headers["x-api-key"] = stage.key = stack.key()
    return stage


def test_token_of_another_repository_is_refused(role: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="Not authorized"):
        assume(role["Role"], "repo:evil-org/statline:environment:dev")


def test_stage_that_ci_deployed_serves(dev: Deployed) -> None:
    assert dev.get("/health").status_code in (200, 503)
    assert dev.get("/api/num_jobs").json() == {"num_jobs": 0}


@pytest.mark.usefixtures("dev")
def test_ci_neither_touches_another_stage_nor_reads_jobs_nor_makes_users(
    secured: Deployed, role: dict[str, str]
) -> None:
    with acting_as(assume(role["Role"], SUBJECT)):
        for service, call, arguments in (
            ("cloudformation", "delete_stack", {"StackName": secured.stack.name}),
            ("cloudformation", "describe_stacks", {"StackName": secured.stack.name}),
            ("dynamodb", "scan", {"TableName": secured.outputs["JobTable"]}),
            ("s3", "list_objects_v2", {"Bucket": secured.outputs["Bucket"]}),
            ("iam", "create_user", {"UserName": "mallory"}),
            ("iam", "attach_role_policy", {"RoleName": "admin", "PolicyArn": "arn:aws:iam::aws:policy/x"}),
        ):
            with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
                getattr(client(service), call)(**arguments)


def test_policy_allows_what_each_resource_of_its_stage_needs_and_nothing_of_another(
    dev: Deployed, role: dict[str, str]
) -> None:
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=dev.stack.name)
    resources = [one for page in pages for one in page["StackResourceSummaries"]]
    assert {one["ResourceType"] for one in resources} <= CALLS.keys() | PARTS
    for kind, (pattern, calls) in CALLS.items():
        names = [
            one["PhysicalResourceId"].rpartition("/")[2] for one in resources if one["ResourceType"] == kind
        ]
        if kind == "AWS::Logs::LogGroup":  # which AWS names after the stack, too
            names = [f"{dev.stack.name}-{name}" for name in names]
        arns = [pattern.format(name) for name in names]
        assert decisions(role, arns, calls) == {"allowed"}, arns
        if not kind.startswith(UNNAMED):
            others = [arn.replace("statline-dev", "statline-prod") for arn in arns]
            assert decisions(role, others, calls) == {"implicitDeny"}, others


def decisions(role: dict[str, str], arns: list[str], calls: list[str]) -> set[str]:
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=role["Role"], ActionNames=calls, ResourceArns=arns
    )
    return {one["EvalDecision"] for one in answer["EvaluationResults"]}


@pytest.mark.parametrize("name", ["statline-dev-more", "admin"])
def test_ci_makes_no_role_without_the_boundary(role: dict[str, str], name: str) -> None:
    """That it makes one with it cannot be shown: the emulator hides from policies what a request names."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    with acting_as(assume(role["Role"], SUBJECT)), pytest.raises(ClientError, match="not authorized"):
        client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)


def test_parameters_reach_functions_and_event_sources(dev: Deployed) -> None:
    functions = client("lambda")
    worker = functions.get_function_configuration(FunctionName=dev.outputs["Worker"])
    assert worker["TracingConfig"] == {"Mode": "Active"}
    assert (worker["Runtime"], worker["Architectures"]) == ("python3.13", ["arm64"])
    (source,) = functions.list_event_source_mappings(FunctionName=dev.outputs["Worker"])[
        "EventSourceMappings"
    ]
    assert source["ScalingConfig"] == {"MaximumConcurrency": 5}


def test_alarms_and_dashboard_of_the_stage_are_there(dev: Deployed) -> None:
    metrics = client("cloudwatch")
    found = metrics.describe_alarms(AlarmNamePrefix=dev.stack.name)["MetricAlarms"]
    by_metric = {alarm["MetricName"]: alarm for alarm in found}
    names = {one["Name"]: one["Value"] for one in by_metric["5XXError"]["Dimensions"]}
    assert names == {"ApiName": "statline-dev", "Stage": "v1"}
    body = metrics.get_dashboard(DashboardName=f"{dev.stack.name}-{REGION}")["DashboardBody"]
    first, *graphs = json.loads(body)["widgets"]
    assert {arn.rpartition(":")[2] for arn in first["properties"]["alarms"]} == {
        alarm["AlarmName"] for alarm in found
    }
    assert len(graphs) > 3
    assert "${" not in body


@pytest.mark.parametrize("path", ["/api/jobs", "/jobs"])
def test_lists_take_signed_requests_only_where_the_stage_says_so(dev: Deployed, path: str) -> None:
    assert dev.get(path).status_code == 403
    assert signed(dev, path).status_code == 200
    assert dev.get("/api/num_jobs").status_code == 200


def test_delete_takes_signed_requests_only_where_the_stage_says_so(dev: Deployed) -> None:
    path = "/jobs/job_id_999"
    assert dev.http.delete(f"{dev.url}{path}", timeout=60).status_code == 403
    assert signed(dev, path, "DELETE").status_code == 404
    assert dev.get(path).status_code == 404


def test_rotated_key_replaces_the_one_before_and_survives_a_deployment(
    dev: Deployed, role: dict[str, str], tmp_path: Path
) -> None:
    before = dev.stack.key()
    dev.stack.rotate_key()
    after = dev.stack.key()
    assert after != before
    eventually(lambda: dev.get("/metrics", headers={"x-api-key": before}), lambda one: one.status_code == 403)
    assert dev.get("/metrics", headers={"x-api-key": after}).status_code == 404
    packaging.package(tmp_path, "dev")
    with acting_as(assume(role["Role"], SUBJECT)):
        outputs = Stack("dev", MORE | {"PermissionsBoundary": role["Boundary"]}).deploy(tmp_path)
    assert dev.stack.key() == after
    assert outputs["RestAPIId"] == dev.outputs["RestAPIId"]
    assert dev.get("/metrics", headers={"x-api-key": after}).status_code == 404
