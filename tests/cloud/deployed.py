"""A deployed stage, for its callers and its operators."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application.service import Service
from chalicelib.bootstrap import aws_client
from local.cloud.stack import Stack

# What EventBridge sends when a schedule is due.
SCHEDULED: dict[str, Any] = {
    "version": "0",
    "account": "000000000000",
    "region": "us-east-1",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-01-01T00:00:00Z",
    "id": "1",
    "resources": [],
    "detail": {},
}
PAUSE, SECONDS = 0.1, 120.0
CACHED_SECONDS = 5.5  # how long a function may go on with an old control record


class Deployed:
    """`stack` deployed on the emulator at `address`."""

    def __init__(
        self, stack: Stack, outputs: dict[str, str], address: str, verify: str | bool = True
    ) -> None:
        self.stack, self.outputs, self.key = stack, outputs, ""
        self.url = f"{address}/v1"
        self.http = requests.Session()
        self.http.trust_env = False  # a bundle named there would win over ours
        self.http.verify = verify
        self.http.headers["Host"] = f"{outputs['RestAPIId']}.execute-api.localhost:{urlsplit(address).port}"
        self.service: Service
        self.control: DynamoDbServiceState
        self.datasets: S3DatasetStore
        self.service, self.control, self.datasets = stack.service()
        self.queue = SqsJobQueue(stack.aws, outputs["JobQueue"])

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.http.get(f"{self.url}{path}", timeout=60, **more)

    def post(self, statistic: str, **inputs: str) -> requests.Response:
        return self.http.post(f"{self.url}/api/{statistic}", json=inputs, timeout=60)

    def submit(self, statistic: str, **inputs: str) -> str:
        response = self.post(statistic, **inputs)
        assert response.status_code == 200, response.text
        return str(response.json()["job_id"])

    def result(self, job_id: str) -> requests.Response:
        """Poll a job until it has ended, and return the response."""
        return eventually(
            lambda: self.get(f"/api/get_results/{job_id}"), lambda one: one.json()["status"] != "running"
        )

    def await_state(self) -> None:
        """Wait until every function sees the service state as it is."""
        threading.Event().wait(CACHED_SECONDS)

    def invoke(self, function: str) -> None:
        """Run one of the functions now, as its schedule would."""
        answer = aws_client("lambda").invoke(
            FunctionName=self.outputs[function], Payload=json.dumps(SCHEDULED).encode()
        )
        assert "FunctionError" not in answer, answer["Payload"].read()


@contextmanager
def private_callbacks(deployed: Deployed) -> Iterator[None]:
    """Let the callback worker call loopback in this block; forget afterwards what it has still to call."""
    functions, name = aws_client("lambda"), deployed.outputs["CallbackWorker"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    allowed = {"Variables": before | {"STATLINE_CALLBACK_PRIVATE": "yes"}}
    functions.update_function_configuration(FunctionName=name, Environment=allowed)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})
        deployed.stack.aws.sqs.purge_queue(QueueUrl=deployed.outputs["CallbackQueue"])


def eventually(look: Any, good: Any) -> Any:
    """Call `look` until its result is `good`, and return it."""
    pause = threading.Event()
    for _ in range(int(SECONDS / PAUSE)):
        if good(found := look()):
            return found
        pause.wait(PAUSE)
    raise AssertionError(f"not within {SECONDS} s; last: {getattr(found, 'text', found)}")
