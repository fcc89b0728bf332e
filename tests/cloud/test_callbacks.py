"""Callbacks of the deployed service to real receivers on loopback."""

import json
import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.callback_sender import SECONDS
from chalicelib.application.job import Job
from chalicelib.application.service import Service
from chalicelib.bootstrap import aws_service
from tests.cloud.deployed import Deployed, eventually, private_callbacks
from tests.support.receiver import Received, Receiver, receiving
from tests.support.services import execute_all

# Callbacks to a receiver that never responds. Each costs the emulator a process.
SILENT = int(os.environ.get("STATLINE_SILENT_CALLBACKS", "20"))


@pytest.fixture
def private(deployed: Deployed) -> Iterator[Service]:
    """The service for clients that may name loopback, while the deployed function calls it."""
    with private_callbacks(deployed):
        yield aws_service(replace(deployed.stack.settings(), callback_private=True), aws=deployed.stack.aws)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def submit(deployed: Deployed, service: Service, *urls: str) -> list[Job]:
    question = deployed.get("/api/questions").json()["questions"][0]["question"]
    one: dict[str, Any] = {"processID": "global_mean", "inputs": {"question": question}}
    executions = [one | {"subscriber": {"successUri": url}} for url in urls]
    return execute_all(service, {"executions": executions})


def first_outcome(receiver: Receiver, job: Job) -> Received:
    """Wait for the results of a job."""

    def found() -> Received | None:
        told = [one for one in [*receiver.received] if one.headers["Statline-Job"] == job.id]
        return next((one for one in told if "result" in json.loads(one.body)), None)

    came: Received = eventually(found, lambda one: one is not None)
    return came


def attempts(silent: socket.socket) -> int:
    """Return how many connections wait, all of them never answered."""
    silent.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            silent.accept()[0].close()
            count += 1
    return count


def test_good_receiver_is_called_in_time_beside_callbacks_to_a_silent_one(
    deployed: Deployed, private: Service, receiver: Receiver
) -> None:
    """The silent one has one attempt in flight: each takes the sender's two seconds."""
    url = f"http://localhost:{receiver.server_port}/"
    first_outcome(receiver, submit(deployed, private, url)[0])  # by functions that have started
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        start = time.monotonic()
        submit(deployed, private, *[f"http://127.0.0.1:{silent.getsockname()[1]}/"] * SILENT)
        eventually(lambda: select.select([silent], [], [], 0)[0], bool)
        (good,) = submit(deployed, private, url)
        came = first_outcome(receiver, good)
        assert attempts(silent) <= 1 + (time.monotonic() - start) / SECONDS
        eventually(lambda: deployed.get("/api/num_jobs").json(), {"num_jobs": 0}.__eq__)
    waited = came.at - (deployed.service.get(good.id).finished or 0) / 1000
    print(f"called {waited:.3f} s after its job")
    assert waited < 2
