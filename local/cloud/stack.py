"""One stage in the cloud: a CloudFormation stack, made, found and removed through boto3."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application.ports import Ports
from chalicelib.application.service import Service
from chalicelib.bootstrap import aws_client, job_store
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


class UnknownStage(StatlineError):
    """Raised when no stage has the name."""

    def __init__(self, stage: str, known: list[str]) -> None:
        super().__init__(f"there is no stage {shown(stage)} in {STAGES.name}; there are {listed(known)}")


class NotDeployed(StatlineError):
    """Raised when a stage has no stack."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"stage {stage} is not deployed; `make deploy STAGE={stage}` does it")


class DeploymentFailed(StatlineError):
    """Raised when CloudFormation could not make what the template says."""


class Stack:
    """A stage's stack. Every method raises botocore's errors when AWS cannot be reached."""

    def __init__(self, stage: str) -> None:
        stages = json.loads(STAGES.read_text())
        if stage not in stages:
            raise UnknownStage(stage, list(stages))
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
        status = self._described().get("StackStatus", NOTHING[0])
        if status == "ROLLBACK_COMPLETE":  # a first deployment that failed can only be removed
            self._delete()
        self._apply(change, "CREATE" if status in NOTHING else "UPDATE")
        return self.outputs()

    def _apply(self, change: dict[str, Any], kind: str) -> None:
        from botocore.exceptions import WaiterError

        names = {"StackName": self.name, "ChangeSetName": f"deploy-{time.time_ns()}"}
        self._cloudformation.create_change_set(**change | names, ChangeSetType=kind)
        try:
            self._cloudformation.get_waiter("change_set_create_complete").wait(**names, WaiterConfig=WAIT)
            self._cloudformation.execute_change_set(**names)
            waiter = self._cloudformation.get_waiter(f"stack_{kind.lower()}_complete")
            waiter.wait(StackName=self.name, WaiterConfig=WAIT)
        except WaiterError as error:
            why = self._why(names)
            if any(words in why for words in UNCHANGED):
                self._cloudformation.delete_change_set(**names)
                return
            raise DeploymentFailed(f"{self.name}: {why or error}") from None

    def _why(self, names: dict[str, str]) -> str:
        """What CloudFormation says of a failure: of the change, or of the resources that failed."""
        found = self._cloudformation.describe_change_set(**names)
        if found["Status"] == "FAILED":
            return str(found.get("StatusReason", ""))
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [one for one in events if one["ResourceStatus"].endswith("FAILED")]
        return "; ".join(f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed)

    def outputs(self) -> dict[str, str]:
        """The outputs of the template; raises NotDeployed."""
        found = self._described()
        if found.get("StackStatus", NOTHING[0]) in NOTHING:
            raise NotDeployed(self.stage)
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    def _described(self) -> Any:
        """The stack as CloudFormation describes it; empty where there is none."""
        from botocore.exceptions import ClientError

        try:
            return self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
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
        waiter = self._cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=self.name, WaiterConfig=WAIT)

    def settings(self) -> Settings:
        found = self.outputs()
        return Settings(found["JobTable"], found["Bucket"], found["JobQueue"])

    def service(self) -> tuple[Service, DynamoDbServiceState, S3DatasetStore]:
        """The deployed service as its functions see it, with the caller's own credentials."""
        settings = self.settings()
        control, datasets = (
            DynamoDbServiceState(self.aws, settings.table, max_age=0),
            S3DatasetStore(self.aws, settings.bucket),
        )
        store, queue = job_store(self.aws, settings), SqsJobQueue(self.aws, settings.queue_url)
        ports = Ports(store, queue, datasets, control, HttpCallbackSender(), queue)
        service = Service(ports, replace(settings, settle_seconds=SETTLE_SECONDS))
        return service, control, datasets

    def empty(self, bucket: str, prefix: str = "") -> None:
        pages = self.aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            keys: Any = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            if keys:
                self.aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})

    def _with_code(self, out: Path) -> dict[str, Any]:
        """The template, its functions' code uploaded and named."""
        code, bucket = (out / "deployment.zip").read_bytes(), self._code_bucket()
        key = f"{self.stage}/{hashlib.sha256(code).hexdigest()}.zip"
        self.aws.s3.put_object(Bucket=bucket, Key=key, Body=code)
        template: dict[str, Any] = json.loads((out / "sam.json").read_text())
        for resource in template["Resources"].values():
            if "CodeUri" in resource.get("Properties", {}):
                resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
        return template

    def _code_bucket(self) -> str:
        """The bucket for packages, one an account and region, made when first needed."""
        account = aws_client("sts").get_caller_identity()["Account"]
        region = self.aws.s3.meta.region_name
        name = f"statline-packages-{account}-{region}"
        found = [bucket["Name"] for bucket in self.aws.s3.list_buckets()["Buckets"]]
        if name not in found:
            place: Any = {"LocationConstraint": region}
            more = {} if region == "us-east-1" else {"CreateBucketConfiguration": place}
            self.aws.s3.create_bucket(Bucket=name, **more)
        return name

    def key(self) -> str:
        """The API key's value; empty where the stage is open."""
        if not (identifier := self.outputs().get("Key")):
            return ""
        found = aws_client("apigateway").get_api_key(apiKey=identifier, includeValue=True)
        return str(found["value"])

    def log_lines(self, start: int) -> Iterator[tuple[int, str]]:
        """Time in milliseconds and text of the functions' log lines since `start`."""
        pages = aws_client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self.outputs()["Log"], startTime=start):
            for event in page["events"]:
                yield event["timestamp"], event["message"].rstrip()
