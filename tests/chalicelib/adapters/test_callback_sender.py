"""Callbacks to addresses that clients name, against real servers on this machine."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.adapters.callback_sender import AddressInfo, HttpCallbackSender, parse
from chalicelib.adapters.public_addresses import SPECIAL_IPV4, SPECIAL_IPV6, is_public
from chalicelib.errors import CallbackFailed, CallbackRefused, InvalidRequest
from tests.support.receiver import Receiver, receiving

SECONDS = 5.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def resolving(*addresses: tuple[Any, ...]) -> Any:
    """A resolver that knows only these, and counts how often it is asked."""

    def resolve(host: str, port: int, **_: Any) -> list[AddressInfo]:
        resolve.asked.append(host)  # type: ignore[attr-defined] # a function that remembers
        families = [socket.AF_INET6 if ":" in one[0] else socket.AF_INET for one in addresses]
        return [(family, 1, 6, "", one) for family, one in zip(families, addresses, strict=True)]

    resolve.asked = []  # type: ignore[attr-defined] # as above
    return resolve


def test_post_arrives_with_path_query_headers_body_and_host(receiver: Receiver) -> None:
    headers = {"Content-Type": "application/json", "Statline-Job": "job_id_7"}
    HttpCallbackSender(private=True).post(f"{receiver.url}/a/b?c=d#e", b'{"\xc3\xa9": 1}', headers)
    (got,) = receiver.received
    assert (got.path, got.body) == ("/a/b?c=d", b'{"\xc3\xa9": 1}')
    assert got.headers.items() >= headers.items()
    assert got.headers["Host"] == receiver.url.removeprefix("http://")


@pytest.mark.parametrize("status", [302, 307, 400, 404, 500, 503])
def test_status_other_than_2xx_fails_and_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    with receiving() as elsewhere:
        receiver.answers, receiver.more = [status], {"Location": elsewhere.url}
        with pytest.raises(CallbackFailed, match=str(status)):
            HttpCallbackSender(private=True).post(receiver.url, b"", {})
        assert (len(receiver.received), elsewhere.received) == (1, [])


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_every_spelling_of_this_machine_is_refused(receiver: Receiver, host: str) -> None:
    with pytest.raises(CallbackFailed):
        HttpCallbackSender(seconds=SECONDS).post(f"http://{host}:{receiver.server_port}/", b"", {})
    assert receiver.received == []


def test_name_is_resolved_once_and_that_address_is_used(receiver: Receiver) -> None:
    """A second response of a name server cannot lead elsewhere."""
    resolve = resolving(("127.0.0.1", receiver.server_port))
    HttpCallbackSender(private=True, resolve=resolve).post("http://nowhere.invalid:8080/x", b"", {})
    assert resolve.asked == ["nowhere.invalid"]
    assert receiver.received[0].headers["Host"] == "nowhere.invalid:8080"


def test_every_address_of_a_name_is_tried_in_turn(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        closed = held.getsockname()
    resolve = resolving(("::1", 9, 0, 0), closed, ("127.0.0.1", receiver.server_port))
    HttpCallbackSender(private=True, resolve=resolve).post("http://three.example/", b"", {})
    assert len(receiver.received) == 1


def test_silent_address_leaves_time_for_the_next(receiver: Receiver) -> None:
    """A full backlog answers no connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent, socket.socket() as first:
        first.connect(silent.getsockname())
        resolve = resolving(silent.getsockname(), ("127.0.0.1", receiver.server_port))
        HttpCallbackSender(private=True, seconds=4, resolve=resolve).post("http://two.example/", b"", {})
    assert len(receiver.received) == 1


def test_name_with_one_private_address_is_refused_before_connecting(receiver: Receiver) -> None:
    resolve = resolving(("8.8.8.8", 1), ("127.0.0.1", receiver.server_port))
    with pytest.raises(CallbackRefused, match="not public"):
        HttpCallbackSender(resolve=resolve).post("http://two.example/", b"", {})


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
        ),
        *("192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "100::1"),
        *("2001:db8::1", "2002:7f00:1::1", "2001:0:7f00:1::1", "fc00::1", "fd12:3456::1", "fe80::1"),
        *("fe80::1%lo", "fec0::1", "ff02::1", "64:ff9b:1::a00:1"),
        *("192.0.0.8", "192.0.0.9", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1"),
        *("168.63.129.16", "2001:1::1", "2001:20::1", "2620:4f:8000::1", "3fff::1", "5f00::1"),
    ],
)
def test_private_and_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("network", [*SPECIAL_IPV4, *SPECIAL_IPV6], ids=str)
def test_first_and_last_address_of_a_special_block_are_not_public(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> None:
    assert not is_public(str(network[0]))
    assert not is_public(str(network[-1]))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "168.63.129.17",
        "192.0.1.1",
        "2001:200::1",
        "3fff:1000::1",
        "93.184.215.14",
        "2606:4700:4700::1111",
        "2a00:1450::1",
    ],
)
def test_internet_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "example.com",
            "//example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
        ),
        *(
            "http:///path",
            "http://user@example.com/",
            "http://user:word@example.com/",
            "http://@example.com/",
        ),
        *(
            "http://example.com:22/",
            "http://example.com:25/",
            "https://example.com:0/",
            "http://example.com:99999/",
        ),
        *(
            "http://example.com:x/",
            "http://exa mple.com/",
            "http://example.com/\r\nX: y",
            "http://[::1/",
            "http://é.com/",
        ),
        *("http://example.com/" + "x" * 2000, "http://a%2fb/", "http://a\\b/"),
    ],
)
def test_invalid_callback_url_is_refused(url: str) -> None:
    for rules in (HttpCallbackSender(), HttpCallbackSender(private=True)):
        with pytest.raises(InvalidRequest):
            rules.check(url)


def test_url_is_parsed_with_the_default_port_of_its_scheme() -> None:
    assert parse("https://example.com") == ("https", "example.com", 443, "/")
    assert parse("HTTP://Example.com:8080?a=b") == ("http", "example.com", 8080, "/?a=b")
    assert parse("http://[2606:4700::1]/x")[1] == "2606:4700::1"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[fd00::1]", "169.254.169.254"])
def test_private_address_is_refused_at_submission_unless_allowed(host: str) -> None:
    with pytest.raises(InvalidRequest, match="public"):
        HttpCallbackSender().check(f"http://{host}/")
    HttpCallbackSender(private=True).check(f"http://{host}/")


def test_refused_connection_is_a_failed_callback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(CallbackFailed, match="Refused"):
        HttpCallbackSender(private=True).post(f"http://127.0.0.1:{port}/", b"", {})


@pytest.mark.parametrize("drip", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX-Drip: "])
def test_endless_response_fails_within_the_time_limit(drip: bytes) -> None:
    """However often a byte arrives; the connection is closed."""
    closed = threading.Event()

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(drip)
            while connection.recv(1) if not drip else True:
                threading.Event().wait(0.05)
                connection.sendall(b"x")
        closed.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=[server])
        thread.start()
        start = time.monotonic()
        with pytest.raises(CallbackFailed, match=r"within|timed out"):
            HttpCallbackSender(private=True, seconds=0.5).post(
                f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {}
            )
        assert time.monotonic() - start < 3
        assert closed.wait(5)
        thread.join()


def test_hanging_resolver_fails_within_the_time_limit() -> None:
    go = threading.Event()

    def resolve(*_: Any, **__: Any) -> list[AddressInfo]:
        go.wait(5)
        raise OSError("too late")

    with pytest.raises(CallbackFailed, match="within"):
        HttpCallbackSender(private=True, seconds=0.2, resolve=resolve).post("http://slow.example/", b"", {})
    go.set()


def test_resolver_that_answers_after_the_deadline_posts_nothing(receiver: Receiver) -> None:
    go, resolver = threading.Event(), []

    def resolve(*_: Any, **__: Any) -> list[AddressInfo]:
        resolver.append(threading.current_thread())
        go.wait(5)
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", receiver.server_port))]

    with pytest.raises(CallbackFailed, match="within"):
        HttpCallbackSender(private=True, seconds=0.2, resolve=resolve).post("http://slow.example/", b"", {})
    go.set()
    resolver[0].join(5)
    assert receiver.received == []


def test_status_line_of_the_receiver_is_cleaned_before_it_is_logged() -> None:
    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"\x1b[31mnot HTTP\x07\x85" + b"x" * 1000 + b"\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=[server])
        thread.start()
        with pytest.raises(CallbackFailed) as failed:
            HttpCallbackSender(private=True).post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {})
        thread.join()
    assert "?[31mnot HTTP??xx" in str(failed.value)
    assert str(failed.value).isprintable()
    assert len(str(failed.value)) < 300


def test_https_to_a_server_without_tls_sends_nothing(receiver: Receiver) -> None:
    with pytest.raises(CallbackFailed, match="SSL"):
        HttpCallbackSender(private=True).post(receiver.url.replace("http:", "https:"), b"", {})
    assert ssl.create_default_context().check_hostname
    assert receiver.received == []


def test_proxy_variables_are_ignored(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        HttpCallbackSender(private=True).post(receiver.url, b"", {})
        assert (len(receiver.received), proxy.received) == (1, [])
