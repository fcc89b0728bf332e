"""Fixtures of the routes: an emulator whose jobs stay open."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.settings import LocalSettings
from tests.conftest import running, served


@pytest.fixture
def idle_url(settings: LocalSettings, chalice_config: object) -> Iterator[str]:
    """A server without runners, whose jobs stay open."""
    with running(replace(settings, threads=0)) as emulator, served(emulator, chalice_config) as url:
        yield url
