"""What the tests share: moto, the two stores, an emulator on a small data set, a server on port 0."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from chalice.cli.factory import CLIFactory
from chalice.local import CustomLocalChalice, LocalChalice

from chalicelib.aws import Aws
from chalicelib.bootstrap import get_service
from chalicelib.config import Settings
from chalicelib.stores import DynamoJobStore, JobStore
from local import aws
from local.emulator import Emulator
from local.journal import Journal
from local.results import MirroredStore
from local.server import Server
from local.settings import PROJECT, LocalSettings
from local.write_behind import WriteBehindStore
from tests.samples import SOIL_CSV, write_soil
from tests.simulated import SimulatedStore

# The proof on an emulator that runs the packaged functions is `make test-cloud`'s.
collect_ignore = [] if "STATLINE_MINISTACK" in os.environ else ["cloud"]


@pytest.fixture
def clients() -> Iterator[Aws]:
    moto = aws.start_moto()
    yield aws.connect(Settings())
    moto.stop()


@pytest.fixture(params=["dynamo", "behind", "mirrored", "simulated"])
def store(request: pytest.FixtureRequest, clients: Aws, tmp_path: Path) -> Iterator[JobStore]:
    """Every adapter of JobStore: a test that takes this is part of their contract."""
    settings = Settings(inline_limit=1000)
    dynamo = DynamoJobStore(clients, settings.table, settings.bucket, settings.inline_limit)
    behind = WriteBehindStore(dynamo, clients, settings.table, settings.bucket)
    if request.param == "mirrored":
        mirrored = MirroredStore(
            behind, tmp_path / "results", Journal(tmp_path / "journal"), keep=1000, recompute=lambda job: b""
        )
        mirrored.restore(lambda job_id: None)
        yield mirrored
    else:
        yield {"dynamo": dynamo, "behind": behind, "simulated": SimulatedStore()}[request.param]
    behind.stop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home for an emulator, with the soil survey in it."""
    write_soil(tmp_path)
    return tmp_path


@pytest.fixture
def settings(home: Path) -> LocalSettings:
    return soil_settings(home)


@pytest.fixture
def emulator(settings: LocalSettings) -> Iterator[Emulator]:
    with running(settings) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def chalice_config() -> object:
    config = CLIFactory(str(PROJECT), environ={}).create_config_obj()
    # What chalice.local.create_local_server does to an application, which bears it only once.
    CustomLocalChalice.__bases__ = (LocalChalice, config.chalice_app.__class__)
    config.chalice_app.__class__ = CustomLocalChalice
    return config


@pytest.fixture
def url(emulator: Emulator, chalice_config: object) -> Iterator[str]:
    """The address of a real server, on a port of its own, that serves the emulator."""
    with served(emulator, chalice_config) as url:
        yield url


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def soil_settings(home: Path) -> LocalSettings:
    return LocalSettings.from_environ({"STATLINE_HOME": str(home), "STATLINE_DATASET": str(home / SOIL_CSV)})


@contextmanager
def running(settings: LocalSettings) -> Iterator[Emulator]:
    emulator = Emulator(settings)
    emulator.start()
    try:
        yield emulator
    finally:
        emulator.stop()


@contextmanager
def served(emulator: Emulator, config: object) -> Iterator[str]:
    get_service.use(lambda: emulator.service)
    server = Server(config.chalice_app, config, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
