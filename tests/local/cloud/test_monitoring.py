"""The alarms and the dashboard of a stage."""

import json
import re
from typing import Any

import pytest

from chalicelib.observability.embedded_metrics import EXPORTS, NAMESPACE

# Of each namespace, the metrics that AWS's own documentation names.
PUBLISHED = {
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError", "Latency"},
    "AWS/Lambda": {"Invocations", "Errors", "Throttles"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/DynamoDB": {"WriteThrottleEvents", "ConsumedWriteCapacityUnits"},
    NAMESPACE: {export.name for export in EXPORTS.values()},
}


@pytest.fixture(scope="module")
def alarms(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: one["Properties"]
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    }


def dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"]["Fn::Sub"] for one in alarm["Dimensions"]}


def test_alarms_watch_metrics_that_are_written_with_their_dimensions(alarms: dict[str, Any]) -> None:
    """An alarm on a series that nobody writes never goes off."""
    own = {export.name: set(export.dimensions) for export in EXPORTS.values()}
    for name, alarm in alarms.items():
        assert alarm["MetricName"] in PUBLISHED[alarm["Namespace"]], name
        if alarm["Namespace"] == NAMESPACE:
            found = {label.lower() for label in dimensions(alarm)}
            assert found == {"stage"} | own[alarm["MetricName"]], name


def test_exceptions_that_become_responses_alarm(alarms: dict[str, Any]) -> None:
    for name in ("ServerErrorAlarm", "LatencyAlarm"):
        assert dimensions(alarms[name]) == {"ApiName": "statline-${Stage}", "Stage": "${RestAPI.Stage}"}
    assert alarms["LatencyAlarm"]["ExtendedStatistic"] == "p99"
    assert alarms["StoreErrorAlarm"]["MetricName"] == "StoreErrors"
    assert alarms["UnprocessedJobAlarm"]["MetricName"] == "JobsUnprocessed"


def test_apis_of_two_stages_have_names_of_their_own(template: dict[str, Any]) -> None:
    """API Gateway's metrics carry the name and no id."""
    api = template["Resources"]["RestAPI"]["Properties"]
    assert api["Name"] == api["DefinitionBody"]["info"]["title"] == {"Fn::Sub": "statline-${Stage}"}


def test_every_function_index_and_dead_letter_queue_is_watched(
    template: dict[str, Any], alarms: dict[str, Any]
) -> None:
    functions = [
        name for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"
    ]
    for name in functions:
        for metric in ("Error", "Throttle"):
            assert dimensions(alarms[f"{name}{metric}Alarm"]) == {"FunctionName": f"${{{name}}}"}
    watched = {dimensions(alarm).get("QueueName") for alarm in alarms.values()}
    for one in template["Resources"].values():
        if redrive := one.get("Properties", {}).get("RedrivePolicy"):
            assert f"${{{redrive['deadLetterTargetArn']['Fn::GetAtt'][0]}.QueueName}}" in watched
    indexes = template["Resources"]["JobTable"]["Properties"]["GlobalSecondaryIndexes"]
    throttled = [
        dimensions(alarm).get("GlobalSecondaryIndexName")
        for alarm in alarms.values()
        if alarm["MetricName"] == "WriteThrottleEvents"
    ]
    assert set(throttled) == {None} | {index["IndexName"] for index in indexes}


def test_sweeper_that_writes_nothing_alarms(alarms: dict[str, Any]) -> None:
    heartbeat = alarms["HeartbeatAlarm"]
    assert (heartbeat["MetricName"], heartbeat["Statistic"]) == ("OpenJobs", "SampleCount")
    assert (heartbeat["ComparisonOperator"], heartbeat["TreatMissingData"]) == (
        "LessThanThreshold",
        "breaching",
    )
    others = {one["TreatMissingData"] for name, one in alarms.items() if name != "HeartbeatAlarm"}
    assert others == {"notBreaching"}


def test_dashboard_shows_every_alarm_and_published_metrics_only(
    template: dict[str, Any], alarms: dict[str, Any]
) -> None:
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    first, *graphs = json.loads(body)["widgets"]
    assert first["properties"]["alarms"] == [f"${{{name}.Arn}}" for name in alarms]
    for graph in graphs:
        for namespace, metric, *_ in graph["properties"]["metrics"]:
            assert metric in PUBLISHED[namespace], metric
    known = template["Resources"].keys() | template["Parameters"].keys()
    for name in re.findall(r"\$\{([A-Za-z]+)", body):
        assert name in known or name == "AWS"
