"""STATLINE_STORE=aws: a laptop on the adapters of the cloud."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from moto.server import ThreadedMotoServer

from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import InvalidSetting
from local.settings import LocalSettings
from tests.conftest import running
from tests.local.emulator.test_emulator import finished
from tests.support.processes import python_m_local
from tests.support.samples import GLOBAL_HUMUS, ask
from tests.support.services import submit


@pytest.fixture
def endpoint() -> Iterator[str]:
    """moto in a server of its own, as another emulator of AWS would be."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def test_store_aws_serves_from_moto(settings: LocalSettings) -> None:
    with running(replace(settings, store="aws")) as emulator:
        assert isinstance(emulator.store, DynamoDbJobStore)
        job_id = submit(emulator.service, "global_mean", {"question": "S1"}).id
        assert frozen_json(finished(emulator, job_id)) == GLOBAL_HUMUS
        assert emulator.drain(10) == 0


def test_jobs_on_an_emulator_survive_a_restart(settings: LocalSettings, endpoint: str) -> None:
    on_emulator = replace(settings, store="aws", aws_endpoint=endpoint)
    with running(replace(on_emulator, threads=0)) as emulator:
        job_id = submit(emulator.service, "global_mean", {"question": "S1"}).id
        emulator.drain(0)
    with running(on_emulator) as emulator:
        assert frozen_json(finished(emulator, job_id)) == GLOBAL_HUMUS
        assert submit(emulator.service, "global_mean", {"question": "S1"}).id != job_id


def test_server_on_an_emulator_is_ready_and_answers(
    home: Path, endpoint: str, http: requests.Session
) -> None:
    with python_m_local(home, STATLINE_STORE="aws", AWS_ENDPOINT_URL=endpoint) as server:
        assert ask(http, server.url, "global_mean", question="S1")["status"] == "done"
        assert http.get(f"{server.url}/health", timeout=10).json()["status"] == "ready"


@pytest.mark.parametrize(
    "url", ["https://dynamodb.us-east-1.amazonaws.com", "http://127.0.0.1.example.org:4566", "127.0.0.1:4566"]
)
def test_endpoint_of_another_machine_is_refused(url: str) -> None:
    with pytest.raises(InvalidSetting, match=r"AWS_ENDPOINT_URL=.* is not an emulator on this machine"):
        LocalSettings.from_environ({"STATLINE_STORE": "aws", "AWS_ENDPOINT_URL": url})
    assert LocalSettings.from_environ({"AWS_ENDPOINT_URL": url}).aws_endpoint == ""
