"""Examples in the documents that no test can run as they are: what they promise, and whether they work."""

import re
from collections.abc import Callable, Iterable
from functools import reduce
from pathlib import Path
from typing import Any

import cfnlint.decode

from chalicelib.domain.ingestor import DataIngestor
from local.settings import PROJECT
from tests.support.samples import write_soil

STACK = PROJECT / "docs" / "examples" / "dask-on-fargate.yaml"
LARGE_DATA = PROJECT / "docs" / "how-to" / "large-data.md"


def resources(kind: str) -> dict[str, dict[str, Any]]:
    template, problems = cfnlint.decode.decode(str(STACK))
    assert not problems
    every = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in every if resource["Type"] == kind}


class TestFargate:
    def test_nothing_has_a_public_address(self) -> None:
        services = resources("AWS::ECS::Service")

        networks = [service["NetworkConfiguration"]["AwsvpcConfiguration"] for service in services.values()]
        assert {network["AssignPublicIp"] for network in networks} == {"DISABLED"}
        assert len(networks) == 2

    def test_scheduler_is_reached_by_client_and_workers_alone(self) -> None:
        groups = resources("AWS::EC2::SecurityGroup")
        rules = resources("AWS::EC2::SecurityGroupIngress").values()

        assert not any("SecurityGroupIngress" in group for group in groups.values())
        assert not any("CidrIp" in rule for rule in rules)
        ways = {(rule["SourceSecurityGroupId"]["Ref"], rule["GroupId"]["Ref"]) for rule in rules}
        assert ways == {
            ("ClientGroup", "SchedulerGroup"),
            ("WorkerGroup", "SchedulerGroup"),
            ("SchedulerGroup", "WorkerGroup"),
        }

    def test_workers_are_on_spot_and_may_only_read_the_prefix(self) -> None:
        [strategy] = resources("AWS::ECS::Service")["SpotWorkers"]["CapacityProviderStrategy"]
        [policy] = resources("AWS::IAM::Role")["WorkerRole"]["Policies"]

        assert strategy["CapacityProvider"] == "FARGATE_SPOT"
        allowed = policy["PolicyDocument"]["Statement"]
        assert [statement["Action"] for statement in allowed] == ["s3:GetObject", "s3:ListBucket"]
        assert allowed[0]["Resource"]["Fn::Sub"].endswith(":s3:::${Bucket}/${Prefix}*")

    def test_scheduler_has_no_role(self) -> None:
        assert "TaskRoleArn" not in resources("AWS::ECS::TaskDefinition")["SchedulerTask"]


class Rdd:
    """What the example uses of Spark, in this process: a stand-in for a package that is not installed."""

    def __init__(self, partitions: list[list[Any]]) -> None:
        self.partitions = partitions

    def mapPartitions(self, function: Callable[[Iterable[Any]], Iterable[Any]]) -> "Rdd":  # noqa: N802
        return Rdd([list(function(iter(partition))) for partition in self.partitions])

    def treeReduce(self, function: Callable[[Any, Any], Any]) -> Any:  # noqa: N802
        return reduce(function, [one for partition in self.partitions for one in partition])


class Spark:
    @property
    def sparkContext(self) -> "Spark":  # noqa: N802
        return self

    def binaryFiles(self, source: str, minPartitions: int) -> Rdd:  # noqa: N802, N803
        assert minPartitions > 1
        return Rdd([[(str(path), path.read_bytes())] for path in sorted(Path(source).glob("*.csv"))])


def test_lines_for_spark_give_the_snapshot_of_the_files_in_one(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", LARGE_DATA.read_text(), re.DOTALL)
    whole = write_soil(tmp_path)
    header, *rows = whole.read_text().splitlines(keepends=True)
    parts = tmp_path / "parts"
    parts.mkdir()
    for number in range(3):
        (parts / f"{number}.csv").write_text(header + "".join(rows[number::3]))
    names: dict[str, Any] = {"spark": Spark(), "source": str(parts), "path": whole.with_suffix(".json")}

    exec(code, names)

    assert names["snapshot"] == DataIngestor.from_file(whole, names["description"]).snapshot()
