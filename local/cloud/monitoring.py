"""The alarms and the dashboard of a stage.

A view makes an exception a response, so that Lambda counts no error while every response is a 503: the
stage's own statuses, and what the functions count themselves (chalicelib/observability), have alarms too.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Dimensions = dict[str, Any]

PERIOD = 300  # seconds
OWN, STAGE = "Statline", {"Stage": "${Stage}"}
API = {"ApiName": "statline-${Stage}", "Stage": "${RestAPI.Stage}"}
TABLE = {"TableName": "${JobTable}"}
ACTIONS = {"Fn::If": ["Alarmed", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}


class Alarm(NamedTuple):
    """An alarm that goes off when a metric reaches its threshold in each of `periods`; 5 minutes each.

    Values of dimensions are templates of Fn::Sub.
    """

    why: str
    namespace: str
    metric: str
    dimensions: Dimensions
    threshold: Any = 1
    statistic: str = "Sum"
    periods: int = 1


ALARMS = {
    "ServerErrorAlarm": Alarm(
        "responses with a status of 500 or more", "AWS/ApiGateway", "5XXError", API, {"Ref": "ServerErrors"}
    ),
    "LatencyAlarm": Alarm(
        "slow responses", "AWS/ApiGateway", "Latency", API, {"Ref": "LatencyMs"}, "p99", periods=3
    ),
    "StoreErrorAlarm": Alarm("calls to storage failed in every attempt", OWN, "StoreErrors", STAGE, 5),
    "UnprocessedJobAlarm": Alarm("jobs failed, not by their questions", OWN, "JobsUnprocessed", STAGE),
    "DeadLetterAlarm": Alarm(
        "jobs failed in every attempt of the workers",
        "AWS/Lambda",
        "Invocations",
        {"FunctionName": "${DeadLetters}"},
    ),
    "OldestMessageAlarm": Alarm(
        "jobs wait too long",
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        {"QueueName": "${JobQueue.QueueName}"},
        {"Ref": "OldestMessage"},
        "Maximum",
    ),
}
# A metric that each turn of the sweeper writes when it ends.
HEARTBEAT = Alarm("the sweeper does not end its turns", OWN, "OpenJobs", STAGE, 1, "SampleCount", periods=3)


def watch(template: dict[str, Any]) -> None:
    """Add the alarms and the dashboard to the template."""
    resources = template["Resources"]
    alarms = {
        **ALARMS,
        **dict(of_dead_letters(resources)),
        **dict(of_functions(resources)),
        **dict(of_indexes(resources["JobTable"])),
    }
    made = {name: resource(alarm) for name, alarm in alarms.items()}
    made["HeartbeatAlarm"] = resource(HEARTBEAT)
    made["HeartbeatAlarm"]["Properties"] |= {
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
    }
    resources |= made
    resources["Dashboard"] = dashboard(made)


def of_dead_letters(resources: dict[str, Any]) -> Iterator[tuple[str, Alarm]]:
    for one in resources.values():
        if "RedrivePolicy" in one.get("Properties", {}):
            name = one["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            yield (
                f"Stuck{name.removesuffix('Queue')}Alarm",
                Alarm(
                    "dead letters that could not be handled",
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    {"QueueName": f"${{{name}.QueueName}}"},
                    statistic="Maximum",
                ),
            )


def of_functions(resources: dict[str, Any]) -> Iterator[tuple[str, Alarm]]:
    for name, one in resources.items():
        if one["Type"] == "AWS::Serverless::Function":
            for metric, noun in (("Errors", "errors"), ("Throttles", "throttles")):
                why, function = f"{name} had {noun}", {"FunctionName": f"${{{name}}}"}
                yield f"{name}{metric[:-1]}Alarm", Alarm(why, "AWS/Lambda", metric, function)


def of_indexes(table: dict[str, Any]) -> Iterator[tuple[str, Alarm]]:
    """Yield an alarm for throttled writes of the table, and of each index, which throttles its table."""
    names = [index["IndexName"] for index in table["Properties"]["GlobalSecondaryIndexes"]]
    for name in ("", *names):
        more = {"GlobalSecondaryIndexName": name} if name else {}
        why = f"writes of the index {name} were throttled" if name else "writes of the table were throttled"
        yield (
            f"{name.capitalize()}WriteThrottleAlarm",
            Alarm(why, "AWS/DynamoDB", "WriteThrottleEvents", TABLE | more),
        )


def resource(alarm: Alarm) -> dict[str, Any]:
    kind = "ExtendedStatistic" if alarm.statistic.startswith("p") else "Statistic"
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": {"Fn::Sub": f"Statline ${{Stage}}: {alarm.why}"},
            "AlarmActions": ACTIONS,
            "Namespace": alarm.namespace,
            "MetricName": alarm.metric,
            "Dimensions": [
                {"Name": name, "Value": {"Fn::Sub": value}} for name, value in alarm.dimensions.items()
            ],
            kind: alarm.statistic,
            "Period": PERIOD,
            "EvaluationPeriods": alarm.periods,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": alarm.threshold,
            "TreatMissingData": "notBreaching",
        },
    }


def dashboard(alarms: Iterable[str]) -> dict[str, Any]:
    """Return the dashboard: what is wrong, then requests, jobs, functions and storage."""
    state = {"title": "Alarms", "alarms": [f"${{{name}.Arn}}" for name in alarms]}
    widgets = [{"type": "alarm", "width": 24, "height": 4, "properties": state}]
    widgets += [graph(title, *metrics) for title, metrics in GRAPHS.items()]
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"},
            "DashboardBody": {"Fn::Sub": json.dumps({"widgets": widgets})},
        },
    }


def series(namespace: str, metric: str, dimensions: Dimensions, statistic: str = "Sum") -> list[Any]:
    pairs = [text for pair in dimensions.items() for text in pair]
    return [namespace, metric, *pairs, {"stat": statistic}]


def graph(title: str, *metrics: list[Any]) -> dict[str, Any]:
    settings = {"title": title, "region": "${AWS::Region}", "period": PERIOD, "metrics": metrics}
    return {"type": "metric", "width": 12, "height": 6, "properties": settings}


GRAPHS = {
    "Requests": [series("AWS/ApiGateway", name, API) for name in ("Count", "4XXError", "5XXError")],
    "Latency (ms)": [series("AWS/ApiGateway", "Latency", API, stat) for stat in ("p50", "p99")],
    "Jobs": [
        series(OWN, "JobsAccepted", STAGE),
        *(series(OWN, "JobsFinished", STAGE | {"Outcome": name}) for name in ("successful", "failed")),
        series(OWN, "JobsUnprocessed", STAGE),
    ],
    "Open jobs": [series(OWN, "OpenJobs", STAGE, "Maximum"), series(OWN, "OldestOpenJob", STAGE, "Maximum")],
    "Storage": [
        series(OWN, "StoreErrors", STAGE),
        series("AWS/DynamoDB", "WriteThrottleEvents", TABLE),
        series("AWS/DynamoDB", "ConsumedWriteCapacityUnits", TABLE),
    ],
    "Workers": [
        series("AWS/Lambda", name, {"FunctionName": "${Worker}"})
        for name in ("Invocations", "Errors", "Throttles")
    ],
}
