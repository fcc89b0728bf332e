"""The DynamoDB replica: a child process that follows the store."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import pytest
import requests

from chalicelib.adapters.aws_clients import Aws
from chalicelib.application.job import Job, JobStatus
from chalicelib.config import Settings
from chalicelib.observability.metrics import FOLLOWER_LAG
from local.emulator.replica_process import ReplicaWriter
from local.storage import dynamodb_replica, follower
from local.storage.database import NAME, Database
from local.storage.dynamodb_replica import DynamoDbReplica
from local.storage.sqlite_job_store import SqliteJobStore
from tests.support.metrics import value
from tests.support.processes import PROJECT, free_port, python_m_local, until
from tests.support.samples import GLOBAL_HUMUS, ask, job


class Replica:
    """A store, its replica, and a client of the replica's port."""

    def __init__(self, database: Database) -> None:
        self.port = free_port()
        self.store = SqliteJobStore(database, 1_000)
        self.follower = DynamoDbReplica(self.store, ("statline", "statline", "1000", str(self.port)))
        session = boto3.session.Session("test", "test", region_name="us-east-1")
        url = f"http://127.0.0.1:{self.port}"
        self.dynamodb = session.client("dynamodb", endpoint_url=url)
        self.s3 = session.client("s3", endpoint_url=url)

    def statuses(self) -> dict[str, str]:
        items = self.dynamodb.scan(TableName="statline")["Items"]
        return {item["id"]["S"]: item["status"]["S"] for item in items}

    def wait(self) -> None:
        """Until the table has all changes."""
        until(lambda: self.follower.process and self.follower.position == self.store.sequence, 90)


@pytest.fixture
def replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replica]:
    monkeypatch.setattr(follower, "RETRY_SECONDS", 0.05)
    with closing(Database(tmp_path / NAME)) as database:
        replica = Replica(database)
        yield replica
        replica.follower.stop()


def test_table_and_bucket_follow_the_store(replica: Replica) -> None:
    replica.store.create(*map(job, range(1, 301)))
    replica.follower.start()
    replica.store.finish(job(1).succeed(b"1", now=9))
    replica.store.finish(job(2).succeed(os.urandom(5_000), now=9))
    replica.store.delete("job_id_3")
    replica.wait()
    statuses = replica.statuses()
    assert len(statuses) == 299
    assert statuses["job_id_1"] == "successful"
    assert replica.s3.list_objects_v2(Bucket="statline")["KeyCount"] == 1
    replica.store.delete("job_id_2")
    replica.wait()
    assert "job_id_2" not in replica.statuses()
    assert replica.s3.list_objects_v2(Bucket="statline")["KeyCount"] == 0
    until(lambda: value(FOLLOWER_LAG, "dynamodb") == 0)


def test_killed_child_is_started_again_with_the_open_jobs(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica.store.create(job(1), job(2))
    replica.store.finish(job(1).succeed(b"1", now=9))
    replica.follower.start()
    replica.wait()
    assert replica.follower.process is not None
    first = replica.follower.process
    first.kill()
    replica.store.create(job(3))
    until(lambda: replica.follower.process not in (None, first), 90)
    replica.wait()
    until(lambda: replica.follower.problem() is None, 90)
    assert replica.statuses() == {"job_id_2": "accepted", "job_id_3": "accepted"}


def test_child_that_cannot_run_degrades_health(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    replica.follower._command = [sys.executable, "-c", "raise SystemExit(3)"]
    replica.follower.start()
    until(lambda: replica.follower.problem() is not None, 90)
    assert "not written to DynamoDB" in str(replica.follower.problem())


def test_child_that_hangs_degrades_health(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb_replica, "PATIENCE_SECONDS", 0.1)
    replica.follower._command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    replica.follower.start()
    until(lambda: replica.follower.problem() is not None, 90)


def test_replica_too_far_behind_begins_anew(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    replica.follower.start()
    replica.wait()
    monkeypatch.setattr(replica.store, "deleted_since", lambda after, until: None)
    replica.store.create(job(1))
    until(lambda: replica.follower.problem() is not None, 90)
    monkeypatch.undo()
    until(lambda: replica.follower.problem() is None, 90)
    assert replica.statuses() == {"job_id_1": "accepted"}


def test_child_ends_with_its_pipe() -> None:
    command = [sys.executable, "-m", DynamoDbReplica.module, "statline", "statline", "1000", "0"]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        pickle.dump(([], []), child.stdin)
        child.stdin.flush()
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        child.send_signal(signal.SIGINT)  # of a terminal's Ctrl-C, which is the server's to answer
        child.stdin.close()
        assert child.wait(30) == 0


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(text)
        for task in Path(f"/proc/{pid}/task").iterdir()
        if task.name != str(pid)
        for text in (task / "children").read_text().split()
    ]


def test_a_killed_server_leaves_no_child(home: Path, http: requests.Session) -> None:
    with python_m_local(home) as server:
        ask(http, server.url, "global_mean", question="S1")
        until(lambda: children(server.process.pid))
        [child] = children(server.process.pid)
        server.signal(signal.SIGKILL)
        server.process.wait(30)
        until(lambda: not Path(f"/proc/{child}").exists(), 90)


def test_the_server_imports_neither_boto3_nor_moto(home: Path) -> None:
    code = (
        "import sys; from local.emulator.emulator import laptop; emulator = laptop(); emulator.stop(); "
        "print({name.partition('.')[0] for name in sys.modules} & {'boto3', 'moto'})"
    )
    environ = os.environ | {"STATLINE_HOME": str(home), "STATLINE_DATASET": str(home / "soil.csv")}
    command = [sys.executable, "-c", code]
    said = subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert said.splitlines()[-1] == "set()"


def test_aws_tools_read_a_running_server(home: Path, http: requests.Session) -> None:
    port = free_port()
    with python_m_local(home, STATLINE_AWS_PORT=str(port)) as server:
        ask(http, server.url, "global_mean", question="S1")
        session = boto3.session.Session("test", "test", region_name="us-east-1")
        dynamodb = session.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}")

        def replicated() -> bool:
            try:
                item = dynamodb.get_item(TableName="statline", Key={"id": {"S": "job_id_1"}}).get("Item", {})
            except Exception:  # not there yet
                return False
            return item.get("status", {}).get("S") == "successful"

        until(replicated, 90)
        metrics = http.get(f"{server.url}/metrics", timeout=5).text
        assert 'statline_follower_lag_jobs{follower="dynamodb"} 0' in metrics
        assert 'statline_follower_lag_jobs{follower="files"} 0' in metrics


def test_writer_stores_items_of_the_aws_adapter(clients: Aws) -> None:
    settings = Settings(inline_limit=1000)
    writer = ReplicaWriter(clients, settings)
    jobs: list[Job] = [job(n).succeed(GLOBAL_HUMUS, now=9) for n in range(1, 61)]
    writer.write(jobs, [])
    assert writer.store.get("job_id_60") == jobs[-1]
    assert [found.status for found in writer.store.jobs()] == [JobStatus.SUCCESSFUL] * 60
    writer.write([], [found.id for found in jobs[1:]])
    assert [found.id for found in writer.store.jobs()] == ["job_id_1"]
