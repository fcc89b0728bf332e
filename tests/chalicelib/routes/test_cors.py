"""Requests of pages of other sites: what they may send, and what they may read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import requests
from chalice.app import CaseInsensitiveMapping, Request

from chalicelib.bootstrap import get_settings, settings_from_environ
from chalicelib.config import Settings
from chalicelib.errors import CrossSite, InvalidSetting
from chalicelib.routes.cors import Effect, refuse_other_sites
from tests.support.browser import needs_browser, visit

PREFLIGHT = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}


@pytest.fixture
def setting() -> Iterator[None]:
    """STATLINE_CORS_ORIGIN=https://a.example"""
    get_settings.use(lambda: Settings(cors_origin="https://a.example"))
    yield
    get_settings.use(settings_from_environ)


def allowed(response: requests.Response) -> str | None:
    return response.headers.get("Access-Control-Allow-Origin")


def test_responses_have_no_cors_headers_by_default(url: str, http: requests.Session) -> None:
    for answer in (
        http.get(f"{url}/jobs", headers=PREFLIGHT, timeout=5),
        http.options(f"{url}/api/best5", headers=PREFLIGHT, timeout=5),
    ):
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_allowed_origin_may_ask_and_read_responses_and_errors(
    url: str, http: requests.Session, setting: None
) -> None:
    asked = http.options(f"{url}/api/best5", headers=PREFLIGHT, timeout=5)
    assert (asked.status_code, allowed(asked)) == (204, "https://a.example")
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    for path, status in (("/jobs", 200), ("/jobs/job_id_9", 404), ("/api/get_results/x", 404)):
        answer = http.get(url + path, headers=PREFLIGHT, timeout=5)
        assert (answer.status_code, allowed(answer)) == (status, "https://a.example")
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["*", "https://a.example", "http://localhost:3000", "none"])
def test_valid_origin_setting_is_accepted(origin: str) -> None:
    assert Settings.from_environ({"STATLINE_CORS_ORIGIN": ""}).cors_origin == "none"
    assert Settings.from_environ({"STATLINE_CORS_ORIGIN": origin}).cors_origin == origin


@pytest.mark.parametrize("origin", ["a.example", "https://a.example/", "https://a, https://b", "**", "null"])
def test_invalid_origin_setting_is_refused(origin: str) -> None:
    with pytest.raises(InvalidSetting, match="STATLINE_CORS_ORIGIN"):
        Settings.from_environ({"STATLINE_CORS_ORIGIN": origin})


# --- what pages of other sites may send -----------------------------------------------------

COMMANDS = [("POST", "/api/best5"), ("POST", "/processes/best5/execution"), ("POST", "/batch")]
COMMANDS += [
    ("DELETE", "/jobs/job_id_1"),
    ("GET", "/api/graceful_shutdown"),
    ("HEAD", "/api/graceful_shutdown"),
]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
]
QUESTION = {"question": "S1", "inputs": {"question": "S1"}}


def is_draining(http: requests.Session, url: str) -> bool:
    return http.get(f"{url}/health", timeout=5).json()["status"] != "ready"


@pytest.mark.parametrize(("method", "path"), COMMANDS)
@pytest.mark.parametrize("headers", FOREIGN)
def test_command_of_another_sites_page_is_403_and_does_nothing(
    url: str, http: requests.Session, method: str, path: str, headers: dict[str, str]
) -> None:
    response = http.request(method, url + path, json=QUESTION, headers=headers, timeout=5)

    assert response.status_code == 403
    kind = "application/json" if path.startswith("/api/") else "application/problem+json"
    assert response.headers["Content-Type"] == kind
    assert http.get(f"{url}/api/jobs", timeout=5).json()["data"] == []
    assert not is_draining(http, url)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/jobs", "/api/jobs", "/docs", "/openapi.json", "/api/num_jobs", "/health"])
def test_plain_read_may_come_from_anywhere(
    url: str, http: requests.Session, path: str, headers: dict[str, str]
) -> None:
    assert http.get(url + path, headers=headers, timeout=5).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://behind-a-proxy.example"},
    ],
)
def test_programs_and_our_own_pages_may_command(
    url: str, http: requests.Session, headers: dict[str, str]
) -> None:
    own = {"Origin": url.upper().replace("HTTP", "http")}
    for more in (headers, headers or own):
        response = http.post(f"{url}/api/best5", json={"question": "S1"}, headers=more, timeout=5)

        assert response.status_code == 200
    assert http.get(f"{url}/api/graceful_shutdown", headers=headers, timeout=5).status_code == 200


def test_page_of_the_public_address_may_command(url: str, http: requests.Session) -> None:
    get_settings.use(lambda: Settings(public_url="https://stats.example/s"))
    headers = {"Origin": "https://stats.example"}

    response = http.post(f"{url}/api/best5", json={"question": "S1"}, headers=headers, timeout=5)

    get_settings.use(settings_from_environ)
    assert response.status_code == 200


def test_page_of_the_allowed_origin_may_command_and_others_may_not(
    url: str, http: requests.Session, setting: None
) -> None:
    for origin, status in (("https://a.example", 200), ("https://a.example.evil", 403), ("null", 403)):
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin}

        response = http.post(f"{url}/api/best5", json={"question": "S1"}, headers=headers, timeout=5)

        assert response.status_code == status


@pytest.mark.parametrize("path", ["/", "/jobs", "/nowhere", "/api/get_results/x"])
def test_responses_are_for_our_own_pages_alone_by_default(
    url: str, http: requests.Session, path: str
) -> None:
    policy = http.get(url + path, timeout=5).headers["Cross-Origin-Resource-Policy"]

    assert policy == "same-origin"


def test_no_resource_policy_stands_beside_cors(url: str, http: requests.Session, setting: None) -> None:
    assert "Cross-Origin-Resource-Policy" not in http.get(url, timeout=5).headers


NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("changes", "is_refused"),
    [
        ({}, False),
        ({"Sec-Fetch-Dest": "iframe"}, True),
        ({"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"}, True),
        ({"Sec-Fetch-Site": "none"}, False),
    ],
)
def test_get_that_makes_a_job_may_be_opened_but_not_embedded(
    changes: dict[str, str], is_refused: bool
) -> None:
    headers = CaseInsensitiveMapping({"Host": "localhost", **NAVIGATION, **changes})
    request = cast("Request", SimpleNamespace(headers=headers, context={}))

    refused = False
    try:
        refuse_other_sites(request, Effect.JOB)
    except CrossSite:
        refused = True

    assert refused is is_refused
    refuse_other_sites(request, Effect.READ)


ATTACK = """<!doctype html><title>none</title><img src="{url}/api/graceful_shutdown"><script>
const body = JSON.stringify({{question: "S1", inputs: {{question: "S1"}}}});
for (const path of ["/api/best5", "/processes/best5/execution"])
  fetch("{url}" + path, {{method: "POST", mode: "no-cors", body}});
</script>"""


@contextmanager
def other_site(page: str) -> Iterator[str]:
    """The address of a page on this machine, which is of another site than 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()


@needs_browser
def test_browser_on_another_sites_page_commands_nothing(
    url: str, http: requests.Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with other_site(ATTACK.format(url=url)) as page, caplog.at_level("INFO"):
        visit(page, tmp_path / "profile")

    for line in (
        "POST /api/best5 403",
        "GET /api/graceful_shutdown 403",
        "POST /processes/best5/execution 403",
    ):
        assert line in caplog.text
    assert http.get(f"{url}/api/jobs", timeout=5).json()["data"] == []
    assert not is_draining(http, url)


@needs_browser
def test_link_on_another_sites_page_opens_ours_but_does_not_stop_the_service(
    url: str, http: requests.Session, tmp_path: Path
) -> None:
    lead = '<script>location = "{}"</script>'
    with other_site(lead.format(f"{url}/jobs")) as page:
        assert ">Jobs</h1>" in visit(page, tmp_path / "profile")
    with other_site(lead.format(f"{url}/api/graceful_shutdown")) as page:
        assert "no page of another site" in visit(page, tmp_path / "profile")
    assert not is_draining(http, url)
