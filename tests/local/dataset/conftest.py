"""Sources on this machine and in a bucket, on real servers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from local.dataset.progress import Progress
from local.dataset.workers import Workers, workers
from tests.support.buckets import BUCKET, BucketServer
from tests.support.samples import DESCRIPTION


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[BucketServer]:
    with BucketServer().running() as server:
        yield server


@pytest.fixture
def bucket(bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> BucketServer:
    """An empty bucket, of a server that the environment calls AWS."""
    bucket_server.reset()
    bucket_server.use(monkeypatch)
    return bucket_server


class Place(Protocol):
    """Where files are put, and how their source is written."""

    def put(self, name: str, content: bytes | str) -> None: ...
    def source(self, name: str = "") -> str: ...
    def remove(self, name: str) -> None: ...


class FolderPlace:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes | str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def source(self, name: str = "") -> str:
        return f"{self._folder}/{name}"

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()


class BucketPlace:
    def __init__(self, server: BucketServer) -> None:
        self._server = server

    def put(self, name: str, content: bytes | str) -> None:
        self._server.put(f"survey/{name}", content)

    def source(self, name: str = "") -> str:
        return f"s3://{BUCKET}/survey/{name}"

    def remove(self, name: str) -> None:
        self._server.client.delete_object(Bucket=BUCKET, Key=f"survey/{name}")


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Every store: a test that takes this is part of their contract. It has a description.json."""
    where: Place = (
        FolderPlace(tmp_path / "survey")
        if request.param == "folder"
        else BucketPlace(request.getfixturevalue("bucket"))
    )
    where.put("description.json", json.dumps(DESCRIPTION))
    return where


@pytest.fixture
def threads() -> Iterator[Workers]:
    with workers(None) as found:
        yield found


@pytest.fixture
def progress() -> Progress:
    """One that draws nothing."""
    return Progress()
