"""What packaging adds to the template that Chalice makes of app.py and .chalice/resources.json."""

from typing import Any

from local.cloud import access, monitoring
from local.cloud.stages import Stage

Template = dict[str, Any]

# Pinned: otherwise Chalice writes down the Python that packages.
RUNTIME = {"Runtime": "python3.13", "Architectures": ["arm64"]}
NOTHING = {"Ref": "AWS::NoValue"}
BOUNDARY = {"Fn::If": ["Bounded", {"Ref": "PermissionsBoundary"}, NOTHING]}
TRACING = {"Tracing": {"Fn::If": ["Traced", "Active", "PassThrough"]}}
# X-Ray has no resources to name.
SEND_TRACES = {
    "Effect": "Allow",
    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    "Resource": "*",
}
TRACES = {
    "Fn::If": [
        "Traced",
        {"PolicyName": "traces", "PolicyDocument": {"Version": "2012-10-17", "Statement": [SEND_TRACES]}},
        NOTHING,
    ]
}
# What holds the data of a stage. A bucket needs no deletion protection: it must be empty.
DATA = ("JobTable", "Bucket")


def complete(template: Template, stage: Stage) -> None:
    """Complete the template for a stage, whose parameters become the defaults."""
    for name, value in stage.parameters.items():
        template["Parameters"][name]["Default"] = value
    access.secure(template)
    protect(template["Resources"], stage.protected)
    for function in of_type(template, "AWS::Serverless::Function").values():
        function["Properties"] |= RUNTIME | TRACING
    for role in of_type(template, "AWS::IAM::Role").values():
        role["Properties"]["PermissionsBoundary"] = BOUNDARY
        role["Properties"]["Policies"].append(TRACES)
    monitoring.watch(template)


def protect(resources: Template, protected: bool) -> None:
    """Say whether the data outlive the stack: CloudFormation takes no parameter for that."""
    policy = "Retain" if protected else "Delete"
    for name in DATA:
        resources[name] |= {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
    resources["JobTable"]["Properties"]["DeletionProtectionEnabled"] = protected


def of_type(template: Template, kind: str) -> dict[str, Any]:
    """Return the resources of a type, by name."""
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}
