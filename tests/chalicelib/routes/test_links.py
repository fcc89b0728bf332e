"""Links in responses, behind API Gateway and on a laptop."""

from types import SimpleNamespace
from typing import Any

import pytest
from chalice.app import CaseInsensitiveMapping, MultiDict

from chalicelib.errors import InvalidRequest
from chalicelib.routes.endpoint import base_path
from chalicelib.routes.links import address, base_url, forms


def request(path: str, route: str, headers: dict[str, str], query: Any = None, **context: str) -> Any:
    return SimpleNamespace(
        path=route,
        headers=CaseInsensitiveMapping(headers),
        query_params=MultiDict(query) if query else None,
        context={"path": path, **context},
    )


@pytest.mark.parametrize(
    ("path", "route", "base"),
    [
        ("/", "/", ""),
        ("/v1", "/", "/v1"),
        ("/v1/", "/", "/v1"),
        ("/jobs/job_id_1", "/jobs/{job_id}", ""),
        ("/v1/jobs/job_id_1", "/jobs/{job_id}", "/v1"),
        ("/v1/jobs/job_id_%31/", "/jobs/{job_id}", "/v1"),
        ("/a/b/jobs", "/jobs", "/a/b"),
        ("//evil.example/v1/jobs", "/jobs", "/evil.example/v1"),
    ],
)
def test_base_path_is_the_stage_or_mapped_path(path: str, route: str, base: str) -> None:
    assert base_path(request(path, route, {}, stage="v1")) == base


def test_base_path_on_a_laptop_is_not_taken_from_the_request() -> None:
    assert base_path(request("//evil.example/docs", "/docs", {})) == ""


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "statline.example:65535", "a_b.example"]
)
def test_host_header_is_in_links_on_a_laptop(host: str) -> None:
    assert base_url(request("/jobs", "/jobs", {"Host": host})) == f"http://{host}"


@pytest.mark.parametrize(
    "host", ["", "a b", 'a"b', "a/b", "user@host", "a:b", "a:1:2", "<b>", "[::1", "-a", "a" * 300, "ö"]
)
def test_invalid_host_is_refused_and_not_repeated(host: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        base_url(request("/jobs", "/jobs", {"Host": host}))
    assert host in ("", "-a", "ö") or host not in str(caught.value)


def test_domain_of_the_gateway_precedes_client_headers() -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    here = request(
        "/v1/jobs", "/jobs", headers, stage="v1", domainName="abc.execute-api.us-east-1.amazonaws.com"
    )
    assert base_url(here) == "https://abc.execute-api.us-east-1.amazonaws.com/v1"
    headers["X-Forwarded-Proto"] = "javascript"
    with pytest.raises(InvalidRequest):
        base_url(request("/v1/jobs", "/jobs", headers, domainName="abc.example"))


def test_address_replaces_named_parameters_and_keeps_the_others() -> None:
    here = request(
        "/v1/jobs", "/jobs", {"Host": "h"}, {"status": ["failed", "a&b"], "cursor": ["x"]}, stage="v1"
    )
    assert address(here) == "http://h/v1/jobs?status=failed&status=a%26b&cursor=x"
    assert address(here, cursor="y") == "http://h/v1/jobs?status=failed&status=a%26b&cursor=y"
    assert address(here, cursor=None, status=None) == "http://h/v1/jobs"


def test_current_form_is_self_and_the_others_are_alternates() -> None:
    links = forms("http://h/jobs?limit=1", "text/html", ("application/json", "text/html"))
    assert [(one["rel"], one["type"], one["href"]) for one in links] == [
        ("self", "text/html", "http://h/jobs?limit=1"),
        ("alternate", "application/json", "http://h/jobs?limit=1&f=json"),
    ]
