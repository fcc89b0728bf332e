"""One stage deployed for all tests: packaged, as `make deploy` does it, on an emulator of its own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import packaging, publishing
from local.cloud.stack import Stack
from local.settings import SAMPLE
from tests.cloud.deployed import Deployed
from tests.cloud.ministack import CREDENTIALS, ministack
from tests.cloud.tls import self_signed
from tests.support.faults import Faults, at_port, proxy
from tests.support.processes import free_port
from tests.support.shared import SHARED, SUBSET

DATA = SUBSET if SHARED.is_dir() else SAMPLE


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("package")
    packaging.package(out, "test")
    return out


@contextlib.contextmanager
def aws_environ(**environ: str) -> Iterator[None]:
    """Set the variables that lead boto3 to the emulator, for the duration of the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (CREDENTIALS | environ).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def faults() -> Iterator[tuple[Faults, str, int]]:
    """The proxy that the functions call AWS through, its address, and the emulator's port."""
    upstream = free_port()
    with proxy(at_port(upstream)) as (planned, address):
        yield planned, address, upstream


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine, and its key: the bucket's policy accepts encrypted calls only."""
    folder = tmp_path_factory.mktemp("tls")
    return self_signed(folder / "certificate.pem", folder / "key.pem")


@pytest.fixture(scope="session")
def secured(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Stage `prod`, which needs a key, on an emulator that enforces IAM."""
    known, key = map(str, certificate)
    package = tmp_path_factory.mktemp("package")
    packaging.package(package, "prod")
    folder, port = tmp_path_factory.mktemp("aws"), free_port()
    tls = {"USE_SSL": "1", "MINISTACK_SSL_CERT": known, "MINISTACK_SSL_KEY": key, "AWS_CA_BUNDLE": known}
    with (
        ministack(folder, port, AUTH="true", **tls) as address,
        aws_environ(AWS_ENDPOINT_URL=address, AWS_CA_BUNDLE=known),
    ):
        stack = Stack("prod")
        stage = Deployed(stack, stack.deploy(package), address, verify=known)
        # Asked for now: once another stage is up, the environment leads to the emulator of that one.
        stage.key = stack.key()
        publishing.publish(DATA, stage.control, stage.datasets)
        yield stage


@pytest.fixture
def keyed(secured: Deployed) -> Deployed:
    secured.http.headers["x-api-key"] = secured.key
    return secured


@pytest.fixture(scope="session")
def deployed(
    package: Path, faults: tuple[Faults, str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """Stage `test`, with data; removed at the end, as `make destroy` does it."""
    _, inside, upstream = faults
    with (
        ministack(tmp_path_factory.mktemp("aws"), upstream, AWS_ENDPOINT_URL=inside) as address,
        aws_environ(AWS_ENDPOINT_URL=address),
    ):
        stack = Stack("test")
        stage = Deployed(stack, stack.deploy(package), address)
        publishing.publish(DATA, stage.control, stage.datasets)
        yield stage
        stack.destroy()
