"""One stage in the cloud: a CloudFormation stack, made, found and removed through boto3."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.service import Service
from chalicelib.bootstrap import aws_client, aws_service
from chalicelib.config import Settings
from chalicelib.errors import StatlineError, listed, shown
from local.settings import PROJECT

STAGES = PROJECT / ".chalice" / "stages.json"
SETTLE_SECONDS = 5  # as the template tells the functions
# Statuses of a stack that holds nothing.
NOTHING = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
# What CloudFormation says of a change that is none.
UNCHANGED = ("didn't contain changes", "No updates are to be performed")
WAIT = {"Delay": 3, "MaxAttempts": 600}


class StageError(StatlineError):
    """Raised when there is no such stage, when it is not deployed, or when its deployment failed."""


class Stack:
    """A stage's stack. Every method raises botocore's errors when AWS cannot be reached."""

    def __init__(self, stage: str) -> None:
        stages = json.loads(STAGES.read_text())
        if stage not in stages:
            known = listed(list(stages))
            raise StageError(f"there is no stage {shown(stage)} in {STAGES.name}; there are {known}")
        self.stage, self.name = stage, f"statline-{stage}"
        self._parameters = {"Stage": stage} | stages[stage]
        self._cloudformation = aws_client("cloudformation")
        self.aws = Aws(aws_client)

    def deploy(self, out: Path) -> dict[str, str]:
        """Upload the package, create or update the stack, wait, and return its outputs."""
        template = json.dumps(self._with_code(out), separators=(",", ":"))
        change: dict[str, Any] = {
            "StackName": self.name,
            "TemplateBody": template,
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": str(value)}
                for name, value in self._parameters.items()
            ],
        }
        status = self._description().get("StackStatus", NOTHING[0])
        if status == "ROLLBACK_COMPLETE":  # a first deployment that failed can only be removed
            self._delete()
        self._apply(change, "CREATE" if status in NOTHING else "UPDATE")
        return self.outputs()

    def _apply(self, change: dict[str, Any], kind: str) -> None:
        from botocore.exceptions import WaiterError  # botocore is slow to import

        names = {"StackName": self.name, "ChangeSetName": f"deploy-{time.time_ns()}"}
        self._cloudformation.create_change_set(**change | names, ChangeSetType=kind)
        try:
            self._wait("change_set_create_complete", **names)
            self._cloudformation.execute_change_set(**names)
            self._wait(f"stack_{kind.lower()}_complete", StackName=self.name)
        except WaiterError as error:
            reason = self._failure(names)
            if not any(words in reason for words in UNCHANGED):
                raise StageError(f"{self.name}: {reason or error}") from None
            self._cloudformation.delete_change_set(**names)

    def _wait(self, condition: str, **names: str) -> None:
        self._cloudformation.get_waiter(condition).wait(**names, WaiterConfig=WAIT)

    def _failure(self, names: dict[str, str]) -> str:
        """Return CloudFormation's reasons for a failure: of the change, or of the resources that failed."""
        change = self._cloudformation.describe_change_set(**names)
        if change["Status"] == "FAILED":
            return str(change.get("StatusReason", ""))
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "; ".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in failed)

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the template. Raises StageError for a stage without a stack."""
        stack = self._description()
        if stack.get("StackStatus", NOTHING[0]) in NOTHING:
            raise StageError(f"stage {self.stage} is not deployed; `make deploy STAGE={self.stage}` does it")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _description(self) -> Any:
        """Return CloudFormation's description of the stack; empty where there is none."""
        try:
            return self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except self._cloudformation.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return {}
            raise

    def destroy(self) -> None:
        """Remove the stack and all that it stored: every version in its bucket first."""
        self.empty(self.outputs()["Bucket"])
        self._delete()
        self.empty(self._code_bucket(), f"{self.stage}/")

    def _delete(self) -> None:
        self._cloudformation.delete_stack(StackName=self.name)
        self._wait("stack_delete_complete", StackName=self.name)

    def settings(self) -> Settings:
        outputs = self.outputs()
        return Settings(
            outputs["JobTable"],
            outputs["Bucket"],
            outputs["JobQueue"],
            outputs.get("CallbackQueue", ""),  # a stage of an earlier version has none
            settle_seconds=SETTLE_SECONDS,
        )

    def service(self) -> tuple[Service, DynamoDbServiceState, S3DatasetStore]:
        """Return the deployed service as its functions see it, with the caller's own credentials."""
        settings = self.settings()
        control = DynamoDbServiceState(self.aws, settings.table, max_age=0)
        return aws_service(settings, 0), control, S3DatasetStore(self.aws, settings.bucket)

    def empty(self, bucket: str, prefix: str = "") -> None:
        import boto3  # takes a tenth of a second

        boto3.resource("s3").Bucket(bucket).object_versions.filter(Prefix=prefix).delete()

    def _with_code(self, out: Path) -> dict[str, Any]:
        """Upload the functions' code, and return the template that names it."""
        code, bucket = (out / "deployment.zip").read_bytes(), self._code_bucket()
        object_key = f"{self.stage}/{hashlib.sha256(code).hexdigest()}.zip"
        self.aws.s3.put_object(Bucket=bucket, Key=object_key, Body=code)
        template: dict[str, Any] = json.loads((out / "sam.json").read_text())
        for resource in template["Resources"].values():
            if "CodeUri" in resource.get("Properties", {}):
                resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": object_key}
        return template

    def _code_bucket(self) -> str:
        """Return the bucket for packages, one an account and region, made when first needed."""
        account = aws_client("sts").get_caller_identity()["Account"]
        region = self.aws.s3.meta.region_name
        name = f"statline-packages-{account}-{region}"
        if name not in [bucket["Name"] for bucket in self.aws.s3.list_buckets()["Buckets"]]:
            place: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            self.aws.s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else place))
        return name

    def key(self) -> str:
        """Return the API key's value; empty where the stage is open."""
        if not (identifier := self.outputs().get("Key")):
            return ""
        return str(aws_client("apigateway").get_api_key(apiKey=identifier, includeValue=True)["value"])

    def log_lines(self, start: int) -> Iterator[tuple[int, str]]:
        """Yield time in milliseconds and text of the functions' log lines since `start`."""
        pages = aws_client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self.outputs()["Log"], startTime=start):
            for event in page["events"]:
                yield event["timestamp"], event["message"].rstrip()
