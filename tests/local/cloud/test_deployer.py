"""The role of CI in .chalice/deployer.json: what it may do, and what the roles that it makes may do."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.settings import PROJECT

FOLDER = PROJECT / ".chalice"
RESOURCES = json.loads((FOLDER / "deployer.json").read_text())["Resources"]
BOUNDED = {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}


def deployer() -> list[dict[str, Any]]:
    (policy,) = RESOURCES["Deployer"]["Properties"]["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def functions() -> Iterator[set[str]]:
    """The actions of each function's policy."""
    for path in FOLDER.glob("policy-*.json"):
        yield {action for one in json.loads(path.read_text())["Statement"] for action in one["Action"]}


def test_boundary_lets_functions_do_what_their_policies_allow() -> None:
    document = RESOURCES["Boundary"]["Properties"]["PolicyDocument"]
    allowed = {action for statement in document["Statement"] for action in statement["Action"]}
    for actions in functions():
        assert actions <= allowed


def test_roles_are_made_and_given_rights_only_with_the_boundary() -> None:
    """Otherwise the deployer could give itself, by a function, every right in the account."""
    for statement in deployer():
        if BOUNDED & set(statement["Action"]):
            assert statement["Condition"] == {
                "StringEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}
            }
    every = {action for statement in deployer() for action in statement["Action"]}
    assert not every & {
        "iam:DeleteRolePermissionsBoundary",
        "iam:AttachRolePolicy",
        "iam:CreatePolicyVersion",
    }


def test_only_the_named_jobs_of_ci_assume_the_role() -> None:
    (trust,) = RESOURCES["Deployer"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    claims = trust["Condition"]["StringEquals"]
    assert {name.partition(":")[2] for name in claims} == {"aud", "sub"}
    pattern = json.loads((FOLDER / "deployer.json").read_text())["Parameters"]["Subject"]["AllowedPattern"]
    assert re.fullmatch(pattern, "repo:octo-org/statline:environment:prod")
    assert not re.fullmatch(pattern, "repo:octo-org/*:*")


@pytest.mark.parametrize("statement", deployer(), ids=lambda one: str(one["Sid"]))
def test_rights_are_named_and_end_at_the_stage(statement: dict[str, Any]) -> None:
    assert not [action for action in statement["Action"] if "*" in action]
    if statement["Resource"] == "*":
        assert "statline-${Stage}-*" in str(statement["Condition"])
        return
    for resource in statement["Resource"]:
        # The ids of API Gateway's resources are random, and a list of names can only be had whole.
        assert re.search(r"\$\{Stage\}|apigateway|packages|transform|log-group:\*$", resource["Fn::Sub"])
