"""Cold start of the packaged functions, beside the floor: `import boto3` and the same clients.

    python -m bench.cold_start [--runs 15]

Each run is a fresh interpreter on the unpacked deployment.zip, as Lambda starts one, against a stub of
the AWS endpoints on this machine. Measured from the script's first line: milliseconds to the first
accepted POST, or to the worker's first stored answer, and the peak of memory.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pandas as pd

from bench.page import table
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from local.cloud.packaging import package
from local.settings import DEFAULT_DESCRIPTION, SAMPLE

QUESTION = "Q036"
TIMED = """
import resource, sys, time
start = time.perf_counter()
{work}
took = (time.perf_counter() - start) * 1000
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
CONTEXT = "type('Context', (), {'aws_request_id': 'r', 'function_name': 'f'})()"
POST = {
    "httpMethod": "POST",
    "path": "/api/best5",
    "headers": {"Content-Type": "application/json"},
    "multiValueHeaders": {"Content-Type": ["application/json"]},
    "multiValueQueryStringParameters": None,
    "pathParameters": {"statistic": "best5"},
    "stageVariables": None,
    "isBase64Encoded": False,
    "body": json.dumps({"question": QUESTION}),
    "requestContext": {"resourcePath": "/api/{statistic}", "httpMethod": "POST", "path": "/v1/api/best5"},
}
MESSAGE = {"Records": [{"messageId": "m", "body": "job_id_1", "receiptHandle": "r"}]}
FLOOR = "import boto3\nfor name in {clients}: boto3.client(name)"
WORK = {
    "accepted POST": f"import app\nassert app.app({POST!r}, {CONTEXT})['statusCode'] == 200",
    "stored answer": f"import app\nassert app.worker({MESSAGE!r}, {CONTEXT}) == {{'batchItemFailures': []}}",
    "floor of the API": FLOOR.format(clients=("dynamodb", "sqs")),
    "floor of the worker": FLOOR.format(clients=("dynamodb", "s3")),
}
PAIRS = (("accepted POST", "floor of the API"), ("stored answer", "floor of the worker"))


class Stub(ThreadingHTTPServer):
    """As much of DynamoDB, SQS and S3 as one job needs: the worker reads the item that the API put."""

    daemon_threads = True

    def __init__(self) -> None:
        self.snapshot = DataIngestor.from_csv(SAMPLE, Description.load(DEFAULT_DESCRIPTION)).snapshot()
        self.control: Any = {"id": {"S": "#control"}, "dataset": {"S": "f1"}}
        self.job: Any = None
        self.operations: set[str] = set()
        super().__init__(("127.0.0.1", 0), StubHandler)

    def respond(self, operation: str, body: Any) -> object:
        self.operations.add(operation)
        if operation == "PutItem":
            self.job = body["Item"]
        if operation == "GetItem":
            return {"Item": self.control if body["Key"] == {"id": self.control["id"]} else self.job}
        if operation == "UpdateItem":  # the counter of ids, or the end of the job
            return {"Attributes": {"reserved": {"N": "100"}}}
        if operation == "Query":  # of open jobs
            return {"Count": 0, "Items": []}
        return {"MessageId": "m"} if operation == "SendMessage" else {}


class StubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else each response on a kept connection waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    server: Stub

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.send(json.dumps(self.server.respond(operation, body)).encode())

    def do_GET(self) -> None:
        self.send(self.server.snapshot)

    def send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing beside the figures."""


@contextlib.contextmanager
def stub() -> Iterator[Stub]:
    with Stub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def start(work: str, code: Path, port: int) -> tuple[float, float]:
    """Milliseconds and megabytes of one fresh interpreter."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(code),
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "STATLINE_QUEUE_URL": f"http://127.0.0.1:{port}/000000000000/jobs",
    }
    command = [sys.executable, "-c", TIMED.format(work=work)]
    done = subprocess.run(command, cwd=code, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    milliseconds, megabytes = map(float, done.stdout.splitlines()[-1].split())
    return milliseconds, megabytes


def measure(runs: int) -> pd.DataFrame:
    """Medians by kind of work; the kinds take turns, so that noise meets all alike."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, stub() as server:
        code, out = Path(folder) / "code", Path(folder) / "out"
        package(out)
        zipfile.ZipFile(out / "deployment.zip").extractall(code)
        for turn in range(runs + 1):
            for name, work in WORK.items():
                milliseconds, megabytes = start(work, code, server.server_address[1])
                if turn:  # the first writes the bytecode, which Lambda's own cache would have
                    rows.append({"work": name, "ms": milliseconds, "MB": megabytes})
        assert {"PutItem", "SendMessage", "UpdateItem"} <= server.operations
    return pd.DataFrame(rows).groupby("work").median()


@click.command(help=__doc__)
@click.option("--runs", default=15)
def main(runs: int) -> None:
    medians = measure(runs)
    click.echo(
        table(
            [
                {
                    "to the first": name,
                    **medians.loc[name],
                    "floor ms": medians["ms"][floor],
                    "floor MB": medians["MB"][floor],
                    "ratio of ms": medians["ms"][name] / medians["ms"][floor],
                }
                for name, floor in PAIRS
            ]
        )
    )


if __name__ == "__main__":
    main()
