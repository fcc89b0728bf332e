"""gzip of large responses."""

import gzip

import pytest
import requests

from local.http.compression import WORTH_COMPRESSING, accepts_gzip, compressed
from local.http.response import Response
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
def test_accept_encoding_decides_about_gzip(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


def test_large_body_is_compressed_and_varies_by_accept_encoding() -> None:
    packed = compressed(Response(200, LARGE, {"Vary": "Accept"}), "gzip")

    assert gzip.decompress(packed.body) == LARGE
    assert packed.headers == {"Vary": "Accept, Accept-Encoding", "Content-Encoding": "gzip"}


def test_large_body_for_other_clients_varies_too() -> None:
    plain = compressed(Response(200, LARGE, {}), "br")

    assert (plain.body, plain.headers) == (LARGE, {"Vary": "Accept-Encoding"})


def test_small_body_stays_as_it_is() -> None:
    assert compressed(Response(200, SMALL, {}), "gzip") == Response(200, SMALL, {})


def test_compressed_response_equals_the_plain_one_over_http(url: str, http: requests.Session) -> None:
    headers = {"Accept-Encoding": "gzip"}
    plain = http.get(f"{url}/", headers={"Accept-Encoding": "identity"}, timeout=5)
    packed = http.get(f"{url}/", headers=headers, timeout=5)
    head = http.head(f"{url}/", headers=headers, timeout=5)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert packed.json() == plain.json()
    assert head.headers["Content-Length"] == packed.headers["Content-Length"]


@pytest.mark.parametrize(("etag", "status"), [("*", 304), ('"x"', 200)])
def test_304_and_small_responses_are_not_compressed(
    url: str, http: requests.Session, etag: str, status: int
) -> None:
    ask(http, url, "global_mean", question="S1")
    headers = {"Accept-Encoding": "gzip", "If-None-Match": etag}

    response = http.get(f"{url}/api/get_results/job_id_1", headers=headers, timeout=5)

    assert (response.status_code, "Content-Encoding" in response.headers) == (status, False)
