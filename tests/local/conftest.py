"""Fixtures of the laptop."""

from collections.abc import Iterator

import pytest

from tests.conftest import running, served, soil_settings
from tests.support.samples import write_soil


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory, chalice_config: object) -> Iterator[str]:
    """The address of one server for a module: whatever one test sends it, the next must not notice."""
    home = tmp_path_factory.mktemp("home")
    write_soil(home)
    with running(soil_settings(home)) as emulator, served(emulator, chalice_config) as url:
        yield url
