"""CORS: requests of pages of other sites."""

from collections.abc import Iterator

import pytest
import requests

from chalicelib.bootstrap import get_settings, settings_from_environ
from chalicelib.config import Settings
from chalicelib.errors import InvalidSetting

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
