"""The client with the real service, and with servers that are busy, gone, or not Statline."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest

from local.cli.client import LONGEST_PAUSE, PATIENCE, Client, NoResult, Refused, Unreachable, pauses
from local.emulator.emulator import Emulator
from tests.support.processes import free_port

Response = tuple[int, dict[str, str], bytes]
BUSY = b'{"status": "error", "reason": "shutting down"}'
ACCEPTED: Response = (200, {}, b'{"job_id": "job_id_1"}')
RUNNING: Response = (200, {}, b'{"status": "running"}')
NO_RESPONSE: Response = (0, {}, b"")
CUT_OFF: Response = (200, {"Content-Length": "99"}, b"{")
DONE: Response = (200, {}, b'{"status": "done", "data": {"b": 1.5, "a": 2.0}}')


class ScriptedServer:
    """A server that sends these responses in turn, and records the requests."""

    def __init__(self, *responses: Response) -> None:
        self.responses = list(responses)
        self.requests: list[tuple[str, str, bytes]] = []
        self.headers: list[dict[str, str]] = []

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                scripted.requests.append((self.command, self.path, body))
                scripted.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, content = scripted.responses.pop(0)
                if not status:
                    return
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = respond  # noqa: N815 # http.server looks for these names

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        return Handler


@contextmanager
def scripted(*responses: Response) -> Iterator[tuple[ScriptedServer, Client, list[float]]]:
    """Yield a scripted server, a client of it that does not sleep, and the pauses of the client."""
    server = ScriptedServer(*responses)
    sleeps: list[float] = []
    with server.serving() as url:
        yield server, Client(url, sleep=sleeps.append), sleeps


def test_client_reads_results_and_lists_of_the_real_service(url: str, emulator: Emulator) -> None:
    client = Client(url + "/")
    job_id = client.submit("best5", {"question": "S1"})

    assert list(client.result(job_id).items()) == [("Hessen", 4.0), ("Bayern", 2.0)]
    assert [(job["jobID"], job["status"]) for job in client.jobs(5)] == [(job_id, "successful")]
    assert [question["id"] for question in client.questions()] == ["S1", "S2"]
    assert [state["name"] for state in client.states()] == ["Bayern", "Hessen"]
    assert client.drain() == (0, True)


def test_jobs_follow_pages_up_to_the_limit(url: str) -> None:
    client = Client(url)
    ids = [client.submit("best5", {"question": "S1"}) for _ in range(5)][::-1]
    assert [[job["jobID"] for job in client.jobs(limit, page_size=2)] for limit in (3, 9)] == [ids[:3], ids]


@pytest.mark.parametrize(
    ("inputs", "message"), [({"question": "Humuss"}, "Humus"), ({"question": "S9"}, "S1")]
)
def test_failed_job_raises_the_reason(url: str, inputs: dict[str, str], message: str) -> None:
    client = Client(url)
    with pytest.raises(NoResult, match=message):
        client.result(client.submit("best5", inputs))


@pytest.mark.parametrize("job_id", ["job_id_99", "../jobs", "a b", ""])
def test_unknown_job_id_is_one_path_segment_and_raises(url: str, job_id: str) -> None:
    with pytest.raises((NoResult, Refused)):
        Client(url).result(job_id)


def test_polling_slows_down_to_every_two_seconds() -> None:
    with scripted(*[RUNNING] * 20, DONE) as (server, client, sleeps):
        assert list(client.result("job_id_1").items()) == [("b", 1.5), ("a", 2.0)]
    assert sleeps == list(islice(pauses(), 20))
    assert sleeps == sorted(sleeps)
    assert (sleeps[0] < 0.1, sleeps[-1]) == (True, LONGEST_PAUSE)
    assert {path for _, path, _ in server.requests} == {"/api/get_results/job_id_1"}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"), [({"Retry-After": "7"}, 7), ({}, 0.05), ({"Retry-After": "soon"}, 0.05)]
)
def test_busy_service_is_retried_after_its_retry_after(
    status: int, header: dict[str, str], seconds: float
) -> None:
    with scripted((status, header, BUSY), ACCEPTED) as (server, client, sleeps):
        assert client.submit("best5", {"question": "S1"}) == "job_id_1"
    assert sleeps == [seconds]
    assert server.requests == [("POST", "/api/best5", json.dumps({"question": "S1"}).encode())] * 2


def test_service_busy_beyond_patience_raises_its_reason() -> None:
    busy = [(503, {"Retry-After": "25"}, BUSY)] * 3
    with scripted(*busy) as (_, client, sleeps), pytest.raises(Refused, match="shutting down"):
        client.submit("best5", {"question": "S1"})
    assert sum(sleeps) == 50 <= PATIENCE


def test_wait_survives_a_restart_of_the_service() -> None:
    before, after, port = ScriptedServer(ACCEPTED), ScriptedServer(DONE), free_port()
    sleeps: list[float] = []
    with ExitStack() as stack:

        def pause(seconds: float) -> None:
            sleeps.append(seconds)
            if len(sleeps) == 3:
                stack.enter_context(after.serving(port))

        with before.serving(port) as url:
            client = Client(url, sleep=pause)
            job_id = client.submit("best5", {"question": "S1"})
        assert client.result(job_id) == {"b": 1.5, "a": 2.0}
    assert len(sleeps) == 3


def test_unreachable_service_raises_at_once_and_names_make_run() -> None:
    sleeps: list[float] = []
    with pytest.raises(Unreachable, match=r"refused.*make run"):
        Client(f"http://127.0.0.1:{free_port()}", sleep=sleeps.append).questions()
    assert sleeps == []


@pytest.mark.parametrize("failure", [NO_RESPONSE, CUT_OFF])
def test_post_without_response_is_not_repeated_but_a_poll_is(failure: Response) -> None:
    with scripted(ACCEPTED, failure, failure, DONE) as (server, client, sleeps):
        job_id = client.submit("best5", {"question": "S1"})
        with pytest.raises(Unreachable):
            client.submit("best5", {"question": "S1"})
        assert client.result(job_id) == {"b": 1.5, "a": 2.0}
    assert [method for method, _, _ in server.requests] == ["POST", "POST", "GET", "GET"]
    assert len(sleeps) == 1


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ((200, {}, b"<html>"), "Statline's"),
        ((200, {}, b"[1]"), "Statline's"),
        ((404, {}, b"not found"), "404"),
        ((301, {"Location": "https://elsewhere/"}, b""), "https://elsewhere/"),
        ((403, {}, b'{"status": "error", "reason": "send a key"}'), r"send a key \(403\)"),
        ((403, {}, b'{"message": "Forbidden"}'), r"Forbidden \(403\)"),
        ((500, {}, b'{"status": "error", "reason": "internal"}'), r"internal \(500\)"),
    ],
)
def test_refusal_raises_the_reason_or_doubts_the_address(response: Response, message: str) -> None:
    with scripted(response) as (_, client, _), pytest.raises(Refused, match=message):
        client.questions()


def test_redirect_is_not_followed_with_the_api_key() -> None:
    elsewhere = ScriptedServer(DONE)
    with elsewhere.serving() as other:
        server = ScriptedServer((307, {"Location": other}, b""))
        with server.serving() as url, pytest.raises(Refused, match="307"):
            Client(url, api_key="secret").questions()
    assert server.headers[0]["x-api-key"] == "secret"
    assert elsewhere.requests == []


def test_next_page_is_requested_from_the_same_host() -> None:
    links = [{"rel": "next", "href": "https://elsewhere/v1/jobs?cursor=x"}]
    first = json.dumps({"jobs": [{"jobID": "job_id_1"}], "links": links}).encode()
    with scripted((200, {}, first), (200, {}, b'{"jobs": [], "links": []}')) as (server, client, _):
        assert client.jobs(5) == [{"jobID": "job_id_1"}]
    assert [path for _, path, _ in server.requests] == ["/jobs?limit=5", "/jobs?cursor=x"]


@pytest.mark.parametrize("url", ["http://[::1", "http://a b", "ftp://x"])
def test_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(Refused, match=r"http|ftp"):
        Client(url).questions()


def proxies(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """Let the environment name one proxy for everything."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_service_on_this_machine_is_asked_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str
) -> None:
    proxies(monkeypatch, f"http://127.0.0.1:{free_port()}")
    assert Client(url.replace("127.0.0.1", host)).questions()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_unreachable_service_elsewhere_names_the_proxy_without_its_password(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    port = free_port()
    proxies(monkeypatch, f"http://user:secret@127.0.0.1:{port}")
    with pytest.raises(Unreachable) as caught:
        Client(f"{scheme}://statline.example").questions()

    assert f"through the proxy 127.0.0.1:{port} (of HTTP_PROXY or HTTPS_PROXY; NO_PROXY" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_page_of_a_proxy_is_refused_with_the_proxys_name(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ScriptedServer((403, {}, b"<html>log in</html>"))
    with server.serving() as proxy:
        proxies(monkeypatch, proxy)
        with pytest.raises(Refused, match=r"403 and no JSON object through the proxy 127\.0\.0\.1:"):
            Client("http://statline.example").questions()


def test_invalid_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    proxies(monkeypatch, "http://:")
    with pytest.raises(Refused):
        Client("http://statline.example").questions()
