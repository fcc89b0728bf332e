"""The hosts that a laptop's server answers for, and the clients that may stop it."""

from collections.abc import Iterator

import pytest
from chalice.app import Chalice
from chalice.config import Config

from chalicelib.bootstrap import get_settings, settings_from_environ
from chalicelib.config import Settings
from local.http.gateway import Call, Gateway
from local.http.hosts import refused_host
from local.http.response import Response

LOOPBACK = ["localhost", "LOCALHOST:8000", "a.localhost.", "127.0.0.1:8000", "127.9.9.9", "[::1]:80"]
NAMED = ["stats.example", "Stats.Example:443", "public.example"]
ADDRESSES = ["192.168.1.5:8000", "[2001:db8::1]:8000", "0.0.0.0"]
NAMES = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evillocalhost",
    "0x7f.1",
    "example",
]


@pytest.fixture(autouse=True)
def setting() -> Iterator[None]:
    environ = {
        "STATLINE_ALLOWED_HOSTS": "stats.example, b",
        "STATLINE_PUBLIC_URL": "https://public.example:1/s",
    }
    get_settings.use(lambda: Settings.from_environ(environ))
    yield
    get_settings.use(settings_from_environ)


@pytest.mark.parametrize("bound", ["127.0.0.1", "::1", "localhost"])
def test_server_on_loopback_answers_for_loopback_and_the_settings_names(bound: str) -> None:
    assert not [host for host in (*LOOPBACK, *NAMED) if refused_host(host, bound)]
    assert not [host for host in (*ADDRESSES, *NAMES) if not refused_host(host, bound)]


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", "192.168.1.5"])
def test_server_beyond_loopback_answers_for_every_address_too(bound: str) -> None:
    assert not [host for host in (*LOOPBACK, *NAMED, *ADDRESSES) if refused_host(host, bound)]
    assert not [host for host in NAMES if not refused_host(host, bound)]


def test_refusal_names_the_host_and_the_setting() -> None:
    reason = refused_host("evil.example", "127.0.0.1")

    assert reason == (
        'this server does not answer for the host "evil.example"; STATLINE_ALLOWED_HOSTS may name it'
    )


@pytest.mark.parametrize(
    ("peer", "is_served"),
    [
        *(("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True)),
        *(("192.168.1.7", False), ("2001:db8::1", False), ("::ffff:192.168.1.7", False), ("", False)),
    ],
)
def test_only_a_client_on_the_same_machine_stops_the_service(
    chalice_config: Config, peer: str, is_served: bool
) -> None:
    app: Chalice = chalice_config.chalice_app
    gateway = Gateway(app, chalice_config, "0.0.0.0")

    stop = gateway.call("GET", "/api/graceful_shutdown", {"host": "192.168.1.5"}, None, peer)
    poll = gateway.call("GET", "/api/num_jobs", {"host": "192.168.1.5"}, None, peer)

    assert isinstance(poll, Call)
    assert isinstance(stop, Call) if is_served else isinstance(stop, Response) and stop.status == 403
