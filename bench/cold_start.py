"""Cold start of the packaged functions, beside the floor: `import boto3` and the same clients.

    python -m bench.cold_start [--runs 15]

Each run is a fresh interpreter on the unpacked deployment.zip, as Lambda starts one, against a stub of
the AWS endpoints on this machine. Measured from the script's first line: milliseconds to the first
accepted POST, or to the worker's first stored answer, and the peak of memory.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from chalicelib.adapters.job_item import to_item
from chalicelib.application.job import Job
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
    """As much of DynamoDB, SQS and S3 as one job needs."""

    daemon_threads = True

    def __init__(self) -> None:
        data = DataIngestor.from_csv(SAMPLE, Description.load(DEFAULT_DESCRIPTION))
        job = Job("job_id_1", "best5", {"question": QUESTION}, "f1", accepted=1)
        self.snapshot = data.snapshot()
        self.items = {
            "#control": {"id": {"S": "#control"}, "dataset": {"S": "f1"}},
            "job_id_1": {**to_item(job), "open": {"S": "open"}},
        }
        self.written: list[str] = []
        super().__init__(("127.0.0.1", 0), StubHandler)


class StubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.written.append(operation)
        answer: dict[str, object] = {"MessageId": "m"} if operation == "SendMessage" else {}
        if operation == "GetItem":
            answer = {"Item": self.server.items[body["Key"]["id"]["S"]]}
        elif operation == "UpdateItem":
            answer = {"Attributes": {"reserved": {"N": "100"}}}
        self.answer(json.dumps(answer).encode(), "application/x-amz-json-1.0")

    def do_GET(self) -> None:
        self.answer(self.server.snapshot, "application/octet-stream")

    def answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: the figures are what is printed."""


@contextlib.contextmanager
def stub() -> Iterator[Stub]:
    with Stub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
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


def measure(runs: int) -> dict[str, tuple[float, float]]:
    """Medians, the kinds taking turns so that noise meets all alike."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WORK}
    with tempfile.TemporaryDirectory() as folder, stub() as server:
        code, out = Path(folder) / "code", Path(folder) / "out"
        package(out)
        zipfile.ZipFile(out / "deployment.zip").extractall(code)
        for turn in range(runs + 1):
            for name, work in WORK.items():
                figures = start(work, code, server.server_address[1])
                if turn:  # the first writes the bytecode, which Lambda's own cache would have
                    found[name].append(figures)
        assert {"PutItem", "SendMessage", "UpdateItem"} <= set(server.written)
    medians = {}
    for name, samples in found.items():
        times, sizes = zip(*samples, strict=True)
        medians[name] = (statistics.median(times), statistics.median(sizes))
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    found = measure(parser.parse_args().runs)
    print("| to the first | ms | MB | floor ms | floor MB | ratio of ms |\n|---|---|---|---|---|---|")
    for name, floor in PAIRS:
        (ms, mb), (floor_ms, floor_mb) = found[name], found[floor]
        print(f"| {name} | {ms:.0f} | {mb:.0f} | {floor_ms:.0f} | {floor_mb:.0f} | {ms / floor_ms:.2f} |")


if __name__ == "__main__":
    main()
