"""Pages of other sites, as a browser asks for them."""

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


def test_nobody_is_let_in_unless_a_setting_says_so(url: str, http: requests.Session) -> None:
    """Neither to ask nor to read."""
    for answer in (
        http.get(f"{url}/jobs", headers=PREFLIGHT, timeout=5),
        http.options(f"{url}/api/best5", headers=PREFLIGHT, timeout=5),
    ):
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_the_origin_of_the_setting_is_let_in(url: str, http: requests.Session, setting: None) -> None:
    """Errors too can be read, and the headers that a client needs."""
    asked = http.options(f"{url}/api/best5", headers=PREFLIGHT, timeout=5)
    assert (asked.status_code, allowed(asked)) == (204, "https://a.example")
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    for path, status in (("/jobs", 200), ("/jobs/job_id_9", 404), ("/api/get_results/x", 404)):
        answer = http.get(url + path, headers=PREFLIGHT, timeout=5)
        assert (answer.status_code, allowed(answer)) == (status, "https://a.example")
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["*", "https://a.example", "http://localhost:3000", "none"])
def test_what_can_be_an_origin(origin: str) -> None:
    """Any, one, or none, which is what nothing means."""
    assert Settings.from_environ({"STATLINE_CORS_ORIGIN": ""}).cors_origin == "none"
    assert Settings.from_environ({"STATLINE_CORS_ORIGIN": origin}).cors_origin == origin


@pytest.mark.parametrize("origin", ["a.example", "https://a.example/", "https://a, https://b", "**", "null"])
def test_what_cannot_be_an_origin(origin: str) -> None:
    """Ends the start with a sentence."""
    with pytest.raises(InvalidSetting, match="STATLINE_CORS_ORIGIN"):
        Settings.from_environ({"STATLINE_CORS_ORIGIN": origin})
