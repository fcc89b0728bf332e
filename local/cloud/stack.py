"""One stage in the cloud: a CloudFormation stack, made, found and removed through boto3."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.service import Service
from chalicelib.bootstrap import aws_client, aws_service
from chalicelib.config import Settings
from local.cloud.function_costs import Worker
from local.cloud.package_bucket import PackageBucket, empty
from local.cloud.stack_status import NOTHING, obstacle
from local.cloud.stages import PROTECTED, STAGES, StageError, find_stage

SETTLE_SECONDS = 5  # as the template tells the functions
# What CloudFormation says of a change that is none.
UNCHANGED = ("didn't contain changes", "No updates are to be performed")
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
KEY_VERSION = "KeyVersion"
WAIT = {"Delay": 3, "MaxAttempts": 600}
# Seconds that a call may take to connect and to be answered: an upload goes over the line of a person.
PATIENCE = {"connect_timeout": 10, "read_timeout": 60}


class Stack:
    """A stage's stack. Every method raises botocore's errors when AWS cannot be reached."""

    def __init__(self, stage: str, more: Mapping[str, str] = MappingProxyType({})) -> None:
        """`more` are parameters of the template beside those of .chalice/stages.json."""
        self.stage, self.name = stage, f"statline-{stage}"
        self._settings, self._more = find_stage(stage), more
        self._cloudformation = aws_client("cloudformation")
        self.aws = Aws(aws_client, **PATIENCE)

    def deploy(self, out: Path) -> dict[str, str]:
        """Upload the package, create or update the stack, wait, and return its outputs."""
        status = self._status()
        if why := obstacle(status, self.name):
            raise StageError(why)
        change: dict[str, Any] = {
            "TemplateURL": PackageBucket(self.stage).upload(out),
            "Capabilities": CAPABILITIES,
            "Parameters": parameters({**self._settings.parameters, **self._more, **self._key_version()}),
        }
        if status == "ROLLBACK_COMPLETE":  # a first deployment that failed can only be removed
            self._delete()
        self._apply(change, "CREATE" if status in NOTHING else "UPDATE")
        self._protect(self._settings.protected)
        return self.outputs()

    def _protect(self, protected: bool) -> None:
        self._cloudformation.update_termination_protection(
            StackName=self.name, EnableTerminationProtection=protected
        )

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
                advice = obstacle(self._status(), self.name)
                raise StageError(
                    "; ".join(filter(None, (f"{self.name}: {reason or error}", advice)))
                ) from None
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

    def exists(self) -> bool:
        return self._status() not in NOTHING

    def _status(self) -> str:
        return str(self._description().get("StackStatus", NOTHING[0]))

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
        """Remove the stack and all that it stored: every version in its bucket first.

        Raises StageError for a protected one.
        """
        bucket = self.outputs()["Bucket"]
        if self._description().get("EnableTerminationProtection"):
            raise StageError(
                f'stage {self.stage} is protected: set "{PROTECTED}": false for it in {STAGES.name} and '
                f"`make deploy STAGE={self.stage}`, then it can be removed"
            )
        empty(bucket)
        self._delete()
        PackageBucket(self.stage).clear()

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

    def worker(self) -> Worker:
        """Return what the functions that load the data set have."""
        found = aws_client("lambda").get_function_configuration(FunctionName=self.outputs()["Worker"])
        return Worker(self.stage, int(found["MemorySize"]), int(found["Timeout"]))

    def key(self) -> str:
        """Return the API key's value; empty where the stage is open."""
        if not (identifier := self.outputs().get("Key")):
            return ""
        return str(aws_client("apigateway").get_api_key(apiKey=identifier, includeValue=True)["value"])

    def rotate_key(self) -> None:
        """Replace the API key by another one; the template and all other parameters stay."""
        if "Key" not in self.outputs():
            raise StageError(f"stage {self.stage} is open: it has no key")
        if not (version := self._key_version()):
            raise StageError(
                f"`make deploy STAGE={self.stage}` first: what is deployed cannot change its key"
            )
        kept = [
            one["ParameterKey"]
            for one in self._description()["Parameters"]
            if one["ParameterKey"] not in version
        ]
        change: dict[str, Any] = {
            "UsePreviousTemplate": True,
            "Capabilities": CAPABILITIES,
            "Parameters": [
                *({"ParameterKey": name, "UsePreviousValue": True} for name in kept),
                *parameters({name: int(value) + 1 for name, value in version.items()}),
            ],
        }
        self._apply(change, "UPDATE")

    def _key_version(self) -> dict[str, str]:
        """Return the parameter that counts the keys of a deployed stage; nothing where there is none."""
        deployed = self._description().get("Parameters", [])
        return {
            one["ParameterKey"]: one["ParameterValue"]
            for one in deployed
            if one["ParameterKey"] == KEY_VERSION
        }

    def log_lines(self, start: int) -> Iterator[tuple[int, str]]:
        """Yield time in milliseconds and text of the functions' log lines since `start`."""
        pages = aws_client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self.outputs()["Log"], startTime=start):
            for event in page["events"]:
                yield event["timestamp"], event["message"].rstrip()


def parameters(values: dict[str, Any]) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": str(value)} for name, value in values.items()]
