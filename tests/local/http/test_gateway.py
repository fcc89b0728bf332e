"""What the laptop's gateway makes of a request, and of the application's answer."""

import json

import pytest

from local.http.gateway import Request, path_and_query, refused_method, rendered


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/api/jobs?a=b", "/api/jobs?a=b"),
        ("http://statline.example:8000/api/jobs?a=b", "/api/jobs?a=b"),
        ("http://statline.example", "/"),
        ("//evil.example/api/jobs", "//evil.example/api/jobs"),
    ],
)
def test_a_target_with_its_host_is_a_path(target: str, path: str) -> None:
    """Proxies send it so; a path that begins with two slashes stays a path."""
    assert path_and_query(target) == path


@pytest.mark.parametrize("target", ["*", "example.com:443", "mailto:x", ""])
def test_what_is_no_path_leads_nowhere(target: str) -> None:
    """Such as the targets of CONNECT and of OPTIONS for the whole server."""
    with pytest.raises(ValueError):  # noqa: PT011 - the text is never shown
        path_and_query(target)


def test_options_names_the_methods() -> None:
    """Without a body; HEAD goes wherever GET does."""
    answer = refused_method(Request("OPTIONS", "/jobs", {}, None), ["GET"])
    assert (answer.status, answer.body, answer.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")


def test_an_answer_of_bytes() -> None:
    """What Lambda has to wrap in base64, as it is for compressed bodies, is unwrapped."""
    answer = rendered(
        {
            "statusCode": 200,
            "headers": {"Content-Encoding": "gzip"},
            "multiValueHeaders": {"Vary": ["Accept", "Accept-Encoding"]},
            "body": "AAH/",
            "isBase64Encoded": True,
        }
    )
    assert (answer.body, answer.headers["Vary"]) == (b"\x00\x01\xff", "Accept, Accept-Encoding")


def test_each_interface_tells_of_errors_in_its_own_way() -> None:
    """The standard's as a problem, the original's as it always did."""
    standard = refused_method(Request("PUT", "/jobs", {}, None), ["GET"])
    assert standard.headers["Content-Type"] == "application/problem+json"
    assert json.loads(standard.body)["status"] == standard.status == 405
    original = refused_method(Request("PUT", "/api/jobs", {}, None), ["GET"])
    assert json.loads(original.body)["status"] == "error"
