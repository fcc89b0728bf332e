"""The client against the real service, and against servers that are busy, gone, or something else."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest

from local.cli.client import LONGEST_PAUSE, PATIENCE, Client, NoResult, Refused, Unreachable, pauses
from local.emulator.emulator import Emulator
from tests.support.processes import free_port

Answer = tuple[int, dict[str, str], bytes]
BUSY = b'{"status": "error", "reason": "shutting down"}'
ACCEPTED: Answer = (200, {}, b'{"job_id": "job_id_1"}')
RUNNING: Answer = (200, {}, b'{"status": "running"}')
HANGS_UP: Answer = (0, {}, b"")
CUT_OFF: Answer = (200, {"Content-Length": "99"}, b"{")
DONE: Answer = (200, {}, b'{"status": "done", "data": {"b": 1.5, "a": 2.0}}')


class Scripted:
    """A server that gives these answers, one a request, and notes what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, bytes]] = []
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
        script = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                script.asked.append((self.command, self.path, body))
                script.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, said = script.answers.pop(0)
                if not status:
                    return
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(said))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = answer  # noqa: N815 # http.server looks for these names

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def scripted(*answers: Answer) -> Iterator[tuple[Scripted, Client, list[float]]]:
    """A script, a client of it that waits for nothing, and the pauses it would have made."""
    script = Scripted(*answers)
    made: list[float] = []
    with script.serving() as url:
        yield script, Client(url, sleep=made.append), made


def test_against_the_real_service(url: str, emulator: Emulator) -> None:
    """A question is answered in the answer's order, and listed."""
    client = Client(url + "/")
    job_id = client.submit("best5", {"question": "S1"})
    assert list(client.result(job_id).items()) == [("Hessen", 4.0), ("Bayern", 2.0)]
    assert [(one["jobID"], one["status"]) for one in client.jobs(5)] == [(job_id, "successful")]
    assert [one["id"] for one in client.questions()] == ["S1", "S2"]
    assert [one["name"] for one in client.states()] == ["Bayern", "Hessen"]
    assert client.drain() == (0, True)


def test_a_list_is_followed_to_its_end(url: str) -> None:
    """Page by page, and no further than wanted."""
    client = Client(url)
    ids = [client.submit("best5", {"question": "S1"}) for _ in range(5)][::-1]
    assert [[one["jobID"] for one in client.jobs(limit, page_size=2)] for limit in (3, 9)] == [ids[:3], ids]


@pytest.mark.parametrize(("inputs", "named"), [({"question": "Humuss"}, "Humus"), ({"question": "S9"}, "S1")])
def test_a_job_that_failed_says_why(url: str, inputs: dict[str, str], named: str) -> None:
    """In the service's words."""
    client = Client(url)
    with pytest.raises(NoResult, match=named):
        client.result(client.submit("best5", inputs))


@pytest.mark.parametrize("job_id", ["job_id_99", "../jobs", "a b", ""])
def test_an_unknown_job(url: str, job_id: str) -> None:
    """Whatever the id holds, it stays one part of the path."""
    with pytest.raises((NoResult, Refused)):
        Client(url).result(job_id)


def test_it_polls_less_and_less_often() -> None:
    """Quick answers come quickly; a long wait asks every two seconds."""
    with scripted(*[RUNNING] * 20, DONE) as (script, client, made):
        assert list(client.result("job_id_1").items()) == [("b", 1.5), ("a", 2.0)]
    assert made == list(islice(pauses(), 20))
    assert made == sorted(made)
    assert (made[0] < 0.1, made[-1]) == (True, LONGEST_PAUSE)
    assert {path for _, path, _ in script.asked} == {"/api/get_results/job_id_1"}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"), [({"Retry-After": "7"}, 7), ({}, 0.05), ({"Retry-After": "soon"}, 0.05)]
)
def test_who_is_busy_is_asked_again_when_it_says(status: int, header: dict[str, str], seconds: float) -> None:
    """No job was made, so a POST is sent again as well."""
    with scripted((status, header, BUSY), ACCEPTED) as (script, client, made):
        assert client.submit("best5", {"question": "S1"}) == "job_id_1"
    assert made == [seconds]
    assert script.asked == [("POST", "/api/best5", json.dumps({"question": "S1"}).encode())] * 2


def test_patience_ends() -> None:
    """With the service's reason; never longer than promised."""
    busy = [(503, {"Retry-After": "25"}, BUSY)] * 3
    with scripted(*busy) as (_, client, made), pytest.raises(Refused, match="shutting down"):
        client.submit("best5", {"question": "S1"})
    assert sum(made) == 50 <= PATIENCE


def test_a_restart_while_it_waits() -> None:
    """The service is gone for a moment; the accepted job is not."""
    before, after, port = Scripted(ACCEPTED), Scripted(DONE), free_port()
    made: list[float] = []
    with ExitStack() as stack:

        def pause(seconds: float) -> None:
            made.append(seconds)
            if len(made) == 3:
                stack.enter_context(after.serving(port))

        with before.serving(port) as url:
            client = Client(url, sleep=pause)
            job_id = client.submit("best5", {"question": "S1"})
        assert client.result(job_id) == {"b": 1.5, "a": 2.0}
    assert len(made) == 3


def test_nobody_there() -> None:
    """Told at once, with what to start."""
    made: list[float] = []
    with pytest.raises(Unreachable, match=r"refused.*make run"):
        Client(f"http://127.0.0.1:{free_port()}", sleep=made.append).questions()
    assert made == []


@pytest.mark.parametrize("trouble", [HANGS_UP, CUT_OFF])
def test_a_question_is_not_sent_twice_to_who_hung_up(trouble: Answer) -> None:
    """It may have been accepted. A poll is."""
    with scripted(ACCEPTED, trouble, trouble, DONE) as (script, client, made):
        job_id = client.submit("best5", {"question": "S1"})
        with pytest.raises(Unreachable):
            client.submit("best5", {"question": "S1"})
        assert client.result(job_id) == {"b": 1.5, "a": 2.0}
    assert [method for method, _, _ in script.asked] == ["POST", "POST", "GET", "GET"]
    assert len(made) == 1


@pytest.mark.parametrize(
    ("answer", "named"),
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
def test_who_refuses_is_quoted(answer: Answer, named: str) -> None:
    """Or shown to be something else than Statline."""
    with scripted(answer) as (_, client, _), pytest.raises(Refused, match=named):
        client.questions()


def test_the_key_goes_nowhere_else() -> None:
    """It is sent with every request, and a redirection is not followed."""
    elsewhere = Scripted(DONE)
    with elsewhere.serving() as other:
        script = Scripted((307, {"Location": other}, b""))
        with script.serving() as url, pytest.raises(Refused, match="307"):
            Client(url, api_key="secret").questions()
    assert script.headers[0]["x-api-key"] == "secret"
    assert elsewhere.asked == []


def test_a_list_goes_on_at_the_same_address() -> None:
    """Whatever host its link names."""
    links = [{"rel": "next", "href": "https://elsewhere/v1/jobs?cursor=x"}]
    first = json.dumps({"jobs": [{"jobID": "job_id_1"}], "links": links}).encode()
    with scripted((200, {}, first), (200, {}, b'{"jobs": [], "links": []}')) as (script, client, _):
        assert client.jobs(5) == [{"jobID": "job_id_1"}]
    assert [path for _, path, _ in script.asked] == ["/jobs?limit=5", "/jobs?cursor=x"]


@pytest.mark.parametrize("url", ["http://[::1", "http://a b", "ftp://x"])
def test_an_address_that_is_none(url: str) -> None:
    """Refused with the address in the sentence."""
    with pytest.raises(Refused, match=r"http|ftp"):
        Client(url).questions()
