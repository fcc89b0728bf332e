"""Fixtures of the pages: a survey with limits, years and groups, served over real HTTP."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.bootstrap import get_settings, settings_from_environ
from chalicelib.config import Settings
from local.emulator.emulator import Emulator
from tests.conftest import running, served
from tests.support.health import health_settings


@pytest.fixture(scope="module")
def health(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(health_settings(tmp_path_factory.mktemp("health"))) as emulator:
        yield emulator


@pytest.fixture
def health_url(health: Emulator, chalice_config: object) -> Iterator[str]:
    with served(health, chalice_config) as url:
        yield url


@pytest.fixture
def keyed() -> Iterator[None]:
    """STATLINE_ACCESS=key"""
    settings = replace(Settings(), access="key")
    get_settings.use(lambda: settings)
    yield
    get_settings.use(settings_from_environ)
