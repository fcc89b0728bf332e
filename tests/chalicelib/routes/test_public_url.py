"""Behind a proxy of one's own: the public address in links, compressed bodies, and 304."""

import re
from collections.abc import Iterator

import pytest
import requests

from chalicelib.bootstrap import get_settings, settings_from_environ
from chalicelib.config import Settings
from chalicelib.errors import InvalidSetting
from tests.support.processes import until

PUBLIC = "https://stats.example:8443/a/statline"


@pytest.fixture
def public() -> Iterator[None]:
    """STATLINE_PUBLIC_URL=https://stats.example:8443/a/statline/"""
    settings = Settings.from_environ({"STATLINE_PUBLIC_URL": f"{PUBLIC}/"})
    get_settings.use(lambda: settings)
    yield
    get_settings.use(settings_from_environ)


@pytest.mark.parametrize("path", ["/", "/processes", "/processes/best5", "/jobs?limit=1", "/jobs/job_id_1"])
@pytest.mark.parametrize("form", ["json", "html"])
def test_every_link_begins_with_the_public_address(
    url: str, http: requests.Session, public: None, path: str, form: str
) -> None:
    for _ in range(2):
        http.post(f"{url}/api/best5", json={"question": "S1"}, timeout=5)

    text = http.get(url + path, params={"f": form}, timeout=5).text

    links = re.findall(r'href(?:="|": ")([^"]+)', text)
    outside = [link for link in links if not link.startswith((PUBLIC, "/a/statline/", "#", "data:,"))]
    assert len(links) > 3
    assert not outside
    assert url not in text


def test_location_and_openapi_servers_name_the_public_address(
    url: str, http: requests.Session, public: None
) -> None:
    accepted = http.post(f"{url}/api/best5", json={"question": "S1"}, timeout=5)
    execution = http.post(
        f"{url}/processes/best5/execution",
        json={"inputs": {"question": "S1"}},
        headers={"Prefer": "respond-async"},
        timeout=5,
    )
    description = http.get(f"{url}/openapi.json", timeout=5).json()
    page = http.get(f"{url}/docs", headers={"Host": "stats.example:8443"}, timeout=5)

    assert accepted.headers["Location"] == f"{PUBLIC}/api/get_results/job_id_1"
    assert execution.headers["Location"] == f"{PUBLIC}/jobs/job_id_2"
    assert description["servers"] == [{"url": PUBLIC}]
    assert 'src="/a/statline/docs/page.js"' in page.text


@pytest.mark.parametrize(
    "text",
    [
        "stats.example",
        "ftp://a",
        "https://a b",
        "https://a/?x",
        "https://a/#x",
        "https://u@a",
        "https://a//b",
        "/s",
    ],
)
def test_invalid_public_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="STATLINE_PUBLIC_URL"):
        Settings.from_environ({"STATLINE_PUBLIC_URL": text})


@pytest.mark.parametrize("text", ["https://a", "a:80", "a/b", "*"])
def test_allowed_host_is_a_name_alone(text: str) -> None:
    with pytest.raises(InvalidSetting, match="STATLINE_ALLOWED_HOSTS"):
        Settings.from_environ({"STATLINE_ALLOWED_HOSTS": f"b.example, {text}"})


@pytest.mark.parametrize("path", ["/api/best5", "/processes/best5/execution", "/batch"])
def test_compressed_body_is_415_and_makes_no_job(url: str, http: requests.Session, path: str) -> None:
    headers = {"Content-Encoding": "gzip"}

    response = http.post(url + path, json={"question": "S1"}, headers=headers, timeout=5)

    assert response.status_code == 415
    assert response.headers["Accept-Encoding"] == "identity"
    assert "gzip" in response.text
    assert http.get(f"{url}/api/jobs", timeout=5).json()["data"] == []


def test_body_with_identity_coding_is_taken(url: str, http: requests.Session) -> None:
    headers = {"Content-Encoding": "identity"}

    assert (
        http.post(f"{url}/api/best5", json={"question": "S1"}, headers=headers, timeout=5).status_code == 200
    )


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
        ("json", "application/json"),
    ],
)
def test_304_has_no_content_type_but_that_of_its_form(
    url: str, http: requests.Session, form: str, kind: str
) -> None:
    http.post(f"{url}/api/best5", json={"question": "S1"}, timeout=5)
    address = f"{url}/jobs/job_id_1/results?f={form}"
    until(lambda: http.get(address, timeout=5).status_code == 200)
    tag = http.get(address, timeout=5).headers["ETag"]

    response = http.get(address, headers={"If-None-Match": tag}, timeout=5)

    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["Content-Type"] == kind
