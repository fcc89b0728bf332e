"""Shared fixtures: moto, the job stores, an emulator on a small data set, a server on port 0."""

import functools
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import boto3
import pytest
import requests
from chalice.cli.factory import CLIFactory
from hypothesis import settings

from chalicelib.adapters.aws_clients import Aws
from chalicelib.application.ports import JobStore
from chalicelib.bootstrap import get_service, job_store
from chalicelib.config import Settings
from local.emulator import moto_backend
from local.emulator.emulator import Emulator
from local.http.server import Server
from local.settings import PROJECT, LocalSettings
from local.storage.database import Database
from local.storage.sqlite_job_store import SqliteJobStore
from tests.cloud.ministack import COMMAND
from tests.cloud.ministack import ministack as running_ministack
from tests.support import dynalite
from tests.support.processes import free_port
from tests.support.samples import SOIL_CSV, write_soil
from tests.support.simulated import SimulatedStore

# Children inherit what nohup, or `&` in a script, ignores; tests send them both.
for number, action in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, action)

# A busy machine fails no test: what takes long is for `bench/`.
settings.register_profile("statline", deadline=None)
settings.load_profile("statline")

# The proof on an emulator that runs the packaged functions is `make test-cloud`'s.
collect_ignore = [] if COMMAND in os.environ else ["cloud"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first: at the end, the other processes would wait for them."""
    items.sort(key=lambda item: item.name not in LONGEST)


LONGEST = {
    "test_schemathesis_finds_no_difference_from_openapi_document",
    "test_hottest_partition_key_takes_a_million_jobs_a_minute",
}

# Other implementations of AWS, where they are installed: `make test-cloud` puts the adapters to them too.
OTHERS = ["ministack"] * (COMMAND in os.environ) + ["dynalite"] * dynalite.installed()


@pytest.fixture
def moto() -> Iterator[Aws]:
    moto = moto_backend.start_moto()
    yield moto_backend.connect(Settings())
    moto.stop()


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_ministack(tmp_path_factory.mktemp("ministack"), free_port()) as url:
        yield url


@pytest.fixture
def ministack(ministack_url: str) -> Aws:
    """Without the items and objects of other tests."""
    requests.post(f"{ministack_url}/_ministack/reset", timeout=10).raise_for_status()
    clients = at_address(ministack_url)
    moto_backend.make_resources(clients, Settings())
    return clients


@pytest.fixture(scope="session")
def dynalite_url() -> Iterator[str]:
    with dynalite.dynalite() as url:
        yield url


@pytest.fixture(name="dynalite")
def on_dynalite(dynalite_url: str, moto: Aws) -> Aws:
    """Clients with dynalite's DynamoDB and the rest of moto."""
    clients, table = at_address(dynalite_url), Settings().table
    if table not in clients.dynamodb.list_tables()["TableNames"]:
        moto_backend.create_table(clients.dynamodb, table)
    # Emptied, not made anew: it would go on being deleted for a while.
    for page in clients.dynamodb.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            clients.dynamodb.delete_item(TableName=table, Key={"id": item["id"]})
    clients.s3, clients.sqs = moto.s3, moto.sqs
    return clients


@functools.cache
def at_address(url: str) -> Aws:
    session = boto3.session.Session("test", "test", region_name=moto_backend.REGION)
    return Aws(functools.partial(session.client, endpoint_url=url))


@pytest.fixture(params=["moto", *OTHERS])
def clients(request: pytest.FixtureRequest) -> Aws:
    """Every implementation of AWS: a test that takes this holds on each of them."""
    clients: Aws = request.getfixturevalue(request.param)
    return clients


@pytest.fixture(params=["dynamo", "sqlite", "simulated", *(f"dynamo on {name}" for name in OTHERS)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobStore]:
    """Every adapter of JobStore: a test that takes this is part of their contract."""
    kind, _, where = request.param.partition(" on ")
    if kind == "simulated":
        yield SimulatedStore()
    elif kind == "sqlite":
        with closing(Database(tmp_path / "statline.db")) as database:
            yield SqliteJobStore(database, keep=1000)
    else:
        # Several shards, for which emulators need no second.
        settings = Settings(inline_limit=1000, index_shards=4)
        yield job_store(request.getfixturevalue(where or "moto"), settings)


@pytest.fixture
def transactions(request: pytest.FixtureRequest) -> None:
    """For tests of what DynamoDB does in one transaction."""
    if "dynalite" in request.node.name:
        pytest.skip("dynalite knows no TransactWriteItems")


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
    # Imports app.py now: importing it later would replace the service that a test has put in place.
    assert config.chalice_app
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
    return LocalSettings.from_environ(
        {"STATLINE_HOME": str(home), "STATLINE_DATASET": str(home / SOIL_CSV), "STATLINE_REPLICA": "no"}
    )


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
