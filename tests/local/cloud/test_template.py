"""What packaging adds to the template: defaults and protection of a stage, the runtime, traces."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.cloud.function_costs import memory_sizes
from local.cloud.packaging import package
from local.cloud.stages import StageError


def test_data_of_prod_outlive_its_stack_and_those_of_dev_do_not(
    prod: dict[str, Any], template: dict[str, Any]
) -> None:
    for packaged, policy in ((prod, "Retain"), (template, "Delete")):
        for name in ("JobTable", "Bucket"):
            resource = packaged["Resources"][name]
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (policy, policy)
    assert prod["Resources"]["JobTable"]["Properties"]["DeletionProtectionEnabled"] is True
    assert template["Resources"]["JobTable"]["Properties"]["DeletionProtectionEnabled"] is False


def test_parameters_of_the_stage_are_the_defaults(prod: dict[str, Any], template: dict[str, Any]) -> None:
    """So that SAM, CDK and Terraform need not repeat .chalice/stages.json."""
    assert [prod["Parameters"][name]["Default"] for name in ("Stage", "RateLimit")] == ["prod", 50]
    assert [template["Parameters"][name]["Default"] for name in ("Stage", "RateLimit")] == ["dev", 10]


def test_unknown_stage_is_not_packaged(tmp_path: Path) -> None:
    with pytest.raises(StageError, match='"tst"'):
        package(tmp_path, "tst")
    assert list(tmp_path.iterdir()) == []


def test_every_function_has_the_pinned_runtime(template: dict[str, Any]) -> None:
    """Whatever Python packages."""
    functions = [one for one in template["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    for function in functions:
        properties = function["Properties"]
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])


def test_traces_and_access_logs_are_off_by_default(template: dict[str, Any]) -> None:
    assert [template["Parameters"][name]["Default"] for name in ("Tracing", "AccessLogs")] == ["off", "off"]
    api = template["Resources"]["RestAPI"]["Properties"]
    assert api["TracingEnabled"] == {"Fn::If": ["Traced", True, False]}
    assert (
        api["AccessLogSetting"]["Fn::If"][0]
        == template["Resources"]["AccessLog"]["Condition"]
        == "AccessLogged"
    )
    json.loads(api["AccessLogSetting"]["Fn::If"][1]["Format"])
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            assert resource["Properties"]["Policies"][-1]["Fn::If"][0] == "Traced"


def test_concurrency_is_a_number_that_a_parameter_chooses(template: dict[str, Any]) -> None:
    """An emulator hands a parameter on as text, with which its poller cannot compare."""
    (event,) = template["Resources"]["Worker"]["Properties"]["Events"].values()
    found = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert found == {"Fn::FindInMap": ["Concurrency", {"Ref": "Concurrency"}, "Workers"]}
    allowed = template["Parameters"]["Concurrency"]["AllowedValues"]
    assert {str(value): {"Workers": value} for value in allowed} == template["Mappings"]["Concurrency"]
    assert template["Parameters"]["Concurrency"]["Default"] in allowed


def test_memory_is_that_of_the_workers_alone(template: dict[str, Any]) -> None:
    """They load the data set; the others know its catalogue."""
    functions = {
        name: one["Properties"]["MemorySize"]
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    assert functions.pop("Worker") == {"Ref": "Memory"}
    assert set(functions.values()) == {512}
    memory = template["Parameters"]["Memory"]
    assert memory["Default"] == 512
    assert memory["AllowedValues"] == sorted(memory_sizes())
    assert min(memory_sizes()) == 512
    assert max(memory_sizes()) == 10_240  # the most that Lambda gives


def test_budget_is_of_a_month_and_tells_the_topic(template: dict[str, Any]) -> None:
    budget = template["Resources"]["Budget"]
    assert template["Conditions"][budget["Condition"]]["Fn::And"][0] == {"Condition": "Alarmed"}
    assert budget["Properties"]["Budget"]["TimeUnit"] == "MONTHLY"
    kinds = [
        (one["Notification"]["NotificationType"], one["Subscribers"][0]["Address"])
        for one in budget["Properties"]["NotificationsWithSubscribers"]
    ]
    assert kinds == [("ACTUAL", {"Ref": "AlarmTopic"}), ("FORECASTED", {"Ref": "AlarmTopic"})]
