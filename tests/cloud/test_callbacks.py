"""Callbacks of the deployed service to real receivers on loopback."""

import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.application.job import Job
from chalicelib.application.service import Service
from chalicelib.bootstrap import aws_client, aws_service
from tests.cloud.deployed import Deployed, eventually
from tests.support.receiver import Received, Receiver, receiving
from tests.support.services import execute_all

SECONDS = 2.0


@pytest.fixture
def private(deployed: Deployed) -> Iterator[Service]:
    """The service for clients that may name loopback, while the deployed function calls it."""
    functions, name = aws_client("lambda"), deployed.outputs["CallbackWorker"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    allowed = {"Variables": before | {"STATLINE_CALLBACK_PRIVATE": "yes"}}
    functions.update_function_configuration(FunctionName=name, Environment=allowed)
    yield aws_service(replace(deployed.stack.settings(), callback_private=True), aws=deployed.stack.aws)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})
    deployed.stack.aws.sqs.purge_queue(QueueUrl=deployed.outputs["CallbackQueue"])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def submit(deployed: Deployed, service: Service, *urls: str) -> list[Job]:
    question = deployed.get("/api/questions").json()["questions"][0]["question"]
    one: dict[str, Any] = {"processID": "global_mean", "inputs": {"question": question}}
    executions = [one | {"subscriber": {"successUri": url, "inProgressUri": url}} for url in urls]
    return execute_all(service, {"executions": executions})


def first_outcome(receiver: Receiver, job: Job) -> Received:
    """Wait for the results of a job, which come beside the news that it has begun."""

    def found() -> Received | None:
        told = [one for one in [*receiver.received] if one.headers["Statline-Job"] == job.id]
        return next((one for one in told if "result" in json.loads(one.body)), None)

    came: Received = eventually(found, lambda one: one is not None)
    return came


def was_called(server: socket.socket) -> bool:
    """Return whether a connection waits; it is never answered."""
    return bool(select.select([server], [], [], 0)[0])


@pytest.mark.parametrize("hosts", [1, 20])
def test_good_receiver_is_called_in_time_beside_100_callbacks_to_silent_ones(
    deployed: Deployed, private: Service, receiver: Receiver, hosts: int
) -> None:
    url = f"http://localhost:{receiver.server_port}/"
    first_outcome(receiver, submit(deployed, private, url)[0])  # by functions that have started
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_server((f"127.0.1.{number}", 0), backlog=200))
            for number in range(1, hosts + 1)
        ]
        urls = [f"http://{':'.join(map(str, server.getsockname()))}/" for server in silent]
        submit(deployed, private, *(urls[number % hosts] for number in range(100)))
        eventually(lambda: all(map(was_called, silent)), bool)
        (good,) = submit(deployed, private, url)
        came = first_outcome(receiver, good)
        waited = came.at - (deployed.service.get(good.id).finished or 0) / 1000
        eventually(lambda: deployed.get("/api/num_jobs").json(), {"num_jobs": 0}.__eq__)
    print(f"called {waited:.3f} s after its job")
    assert waited < SECONDS
