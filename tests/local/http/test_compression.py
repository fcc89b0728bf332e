"""Answers compressed for clients that take it."""

import gzip

import pytest
import requests

from local.http.gateway import WORTH_COMPRESSING, Response, accepts_gzip, compressed
from tests.support.samples import ask

SMALL, LARGE = b"x" * (WORTH_COMPRESSING - 1), b"x" * WORTH_COMPRESSING


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*, gzip;q=0.0", False),
        ("*;q=0", False),
        ("identity", False),
        ("xgzip", False),
    ],
)
def test_who_takes_it(header: str, accepted: bool) -> None:
    """As the header has it."""
    assert accepts_gzip(header) is accepted


def test_a_large_body_is_compressed() -> None:
    """And is the same, uncompressed; a small one is left alone. Caches are told what it depends on."""
    packed = compressed(Response(200, LARGE, {"Vary": "Accept"}), "gzip")
    assert gzip.decompress(packed.body) == LARGE
    assert packed.headers == {"Vary": "Accept, Accept-Encoding", "Content-Encoding": "gzip"}
    plain = compressed(Response(200, LARGE), "br")
    assert (plain.body, plain.headers) == (LARGE, {"Vary": "Accept-Encoding"})
    assert compressed(Response(200, SMALL), "gzip") == Response(200, SMALL)


def test_over_http(url: str, http: requests.Session) -> None:
    """The landing page is large; what comes back is what came without, HEAD and 304 included."""
    headers = {"Accept-Encoding": "gzip"}
    plain = http.get(f"{url}/", headers={"Accept-Encoding": "identity"}, timeout=5)
    packed = http.get(f"{url}/", headers=headers, timeout=5)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert packed.json() == plain.json()
    head = http.head(f"{url}/", headers=headers, timeout=5)
    assert head.headers["Content-Length"] == packed.headers["Content-Length"]
    ask(http, url, "global_mean", question="S1")
    for given, status in (("*", 304), ('"x"', 200)):
        answer = http.get(
            f"{url}/api/get_results/job_id_1", headers=headers | {"If-None-Match": given}, timeout=5
        )
        assert (answer.status_code, "Content-Encoding" in answer.headers) == (status, False)
