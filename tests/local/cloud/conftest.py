"""The packages of two stages, made once for all tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.cloud.packaging import package


@pytest.fixture(scope="session")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dev")
    package(folder, "dev")
    return folder


@pytest.fixture(scope="session")
def template(out: Path) -> dict[str, Any]:
    """Of stage `dev`."""
    return json.loads((out / "sam.json").read_text())


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template of stage `prod`."""
    folder = tmp_path_factory.mktemp("prod")
    package(folder, "prod")
    return json.loads((folder / "sam.json").read_text())
