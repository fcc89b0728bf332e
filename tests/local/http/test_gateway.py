"""Requests to Lambda events, replies of the application to responses."""

import json
from collections.abc import Iterator

import pytest
import requests

from chalicelib.bootstrap import get_settings, settings_from_environ
from chalicelib.config import Settings
from local.http.gateway import host_and_path, refused_method, rendered
from tests.support.html import Page

ORIGIN = "https://pages.example"


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        ("/api/jobs?a=b", "own.example", "/api/jobs?a=b"),
        ("http://statline.example:8000/api/jobs?a=b", "statline.example:8000", "/api/jobs?a=b"),
        ("http://statline.example", "statline.example", "/"),
    ],
)
def test_host_of_an_absolute_target_precedes_the_header(target: str, host: str, path: str) -> None:
    assert host_and_path(target, "own.example") == (host, path)


@pytest.mark.parametrize(
    "target",
    [
        *("*", "example.com:443", "mailto:x", ""),
        *("//evil.example/api/jobs", "///jobs", "/\\evil.example/jobs", "http://x//evil.example/jobs"),
    ],
)
def test_target_without_a_path_or_with_another_host_in_it_is_an_error(target: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is never shown
        host_and_path(target, "localhost")


def test_options_names_the_methods_head_included() -> None:
    response = refused_method("OPTIONS", "/jobs", ["GET"])

    assert (response.status, response.body, response.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")


def test_base64_body_of_a_reply_is_decoded() -> None:
    response = rendered(
        {
            "statusCode": 200,
            "headers": {"Content-Encoding": "gzip"},
            "multiValueHeaders": {"Vary": ["Accept", "Accept-Encoding"]},
            "body": "AAH/",
            "isBase64Encoded": True,
        }
    )

    assert (response.body, response.headers["Vary"]) == (b"\x00\x01\xff", "Accept, Accept-Encoding")


def test_refusal_has_the_form_of_its_interface() -> None:
    standard = refused_method("PUT", "/jobs", ["GET"])
    frozen = refused_method("PUT", "/api/jobs", ["GET"])

    assert standard.headers["Content-Type"] == "application/problem+json"
    assert json.loads(standard.body)["status"] == standard.status == 405
    assert json.loads(frozen.body)["status"] == "error"


@pytest.fixture
def shared() -> Iterator[None]:
    get_settings.use(lambda: Settings(cors_origin=ORIGIN))
    yield
    get_settings.use(settings_from_environ)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/jobs/nothing", None, 404),
        ("GET", "/nothing", None, 404),
        ("PUT", "/api/best5", None, 405),
        ("POST", "/api/best5", b"x" * 70_000, 413),
        ("GET", "/api/num_jobs", None, 200),
    ],
)
def test_refusals_can_be_read_by_pages_of_the_allowed_origin(
    url: str, shared: None, method: str, path: str, body: bytes | None, status: int
) -> None:
    response = requests.request(method, url + path, data=body, headers={"Origin": ORIGIN}, timeout=5)

    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]


def test_refusals_have_no_cors_headers_unless_an_origin_is_allowed(url: str) -> None:
    response = requests.get(f"{url}/nothing", headers={"Origin": ORIGIN}, timeout=5)

    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nothing/here", 404, "there is nothing at /nothing/here"),
        ("GET", "/processes/best5/execution", 405, "GET is not possible here"),
        ("POST", "/jobs", 405, "POST is not possible here"),
    ],
)
def test_404_and_405_are_pages_in_a_browser(
    url: str, http: requests.Session, method: str, path: str, status: int, said: str
) -> None:
    page = http.request(method, url + path, headers={"Accept": "text/html,*/*;q=0.8"}, timeout=5)
    problem = http.request(method, url + path, timeout=5)

    assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert said in Page.read(page.text).text("p")
    assert page.headers.get("Allow") == problem.headers.get("Allow")
    assert problem.headers["Content-Type"] == "application/problem+json"


def test_refusals_of_the_original_interface_stay_json_in_a_browser(url: str, http: requests.Session) -> None:
    response = http.get(f"{url}/api/nothing/here", headers={"Accept": "text/html"}, timeout=5)

    assert response.json()["status"] == "error"


def test_refused_path_is_a_text_on_its_page(url: str, http: requests.Session) -> None:
    response = http.get(f"{url}/<script>alert(1)</script>", headers={"Accept": "text/html"}, timeout=5)

    assert "alert(1)" in Page.read(response.text).text("p")
