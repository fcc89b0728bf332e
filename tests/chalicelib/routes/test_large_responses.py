"""Responses beyond a limit, which functions have and a laptop has not, are fetched from the bucket."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from chalicelib.adapters.aws_clients import Aws
from chalicelib.bootstrap import get_response_store, get_settings, response_store
from chalicelib.config import Settings
from chalicelib.routes.large_responses import payload_size
from tests.cloud.ministack import CREDENTIALS

LIMIT = 200
QUESTION = {"question": "S1"}


@pytest.fixture
def limited(url: str, moto: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server with a limit and a bucket."""
    assert moto
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    before = get_settings()
    get_response_store.use(response_store)
    yield url
    get_settings.use(lambda: before)


def limit() -> None:
    settings = replace(get_settings(), response_limit=LIMIT, bucket=Settings().bucket)
    get_settings.use(lambda: settings)


def paths(url: str, http: requests.Session) -> list[str]:
    """One of each view whose response grows with the data or the jobs."""
    job_id = http.post(f"{url}/api/states_mean", json=QUESTION).json()["job_id"]
    http.get(f"{url}/api/get_results/{job_id}", headers={"Prefer": "wait=10"})
    results = [f"/jobs/{job_id}/results?f={form}" for form in ("json", "csv", "html")]
    lists = ["/api/jobs", "/jobs", "/jobs?f=html", "/api/questions", "/api/states", "/processes"]
    return [f"/api/get_results/{job_id}", *results, *lists, "/", "/openapi.json", "/processes/state_mean"]


def test_each_large_response_is_fetched_from_the_bucket_with_the_same_bytes(
    limited: str, http: requests.Session
) -> None:
    small, asked = [], paths(limited, http)
    before = {path: http.get(limited + path) for path in asked}
    limit()
    for path, whole in before.items():
        sent = http.get(limited + path, allow_redirects=False)
        if payload_size(whole.text, LIMIT) <= LIMIT:
            assert (sent.status_code, sent.content) == (200, whole.content), path
            small.append(path)
            continue
        assert (sent.status_code, sent.headers["Cache-Control"]) == (303, "no-store"), path
        assert sent.headers.get("Statline-Dataset") == whole.headers.get("Statline-Dataset")
        assert f"{len(whole.content):,} bytes" in sent.text
        fetched = requests.get(sent.headers["Location"], timeout=10)
        assert (fetched.status_code, fetched.content) == (200, whole.content), path
        assert fetched.headers["Content-Type"] == whole.headers["Content-Type"], path
    assert len(small) < len(before) / 2


def test_execution_with_a_large_result_leads_there_by_a_get(limited: str, http: requests.Session) -> None:
    limit()
    sent = http.post(
        f"{limited}/processes/states_mean/execution?f=html", json={"inputs": QUESTION}, allow_redirects=False
    )
    assert (sent.status_code, 'rel="monitor"' in sent.headers["Link"]) == (303, True)
    assert "<table" in requests.get(sent.headers["Location"], timeout=10).text


def test_client_that_follows_the_link_notices_nothing(limited: str, http: requests.Session) -> None:
    limit()
    followed = http.get(f"{limited}/openapi.json")
    assert followed.json()["info"]["title"] == "Statline"
    assert followed.history[0].status_code == 303


def test_equal_responses_are_stored_once(limited: str, http: requests.Session, moto: Aws) -> None:
    limit()
    for _ in range(2):
        http.get(f"{limited}/openapi.json")
    stored = moto.s3.list_objects_v2(Bucket=Settings().bucket, Prefix="responses/")
    assert stored["KeyCount"] == 1


def test_bucket_that_cannot_be_written_is_503(limited: str, http: requests.Session) -> None:
    limit()
    settings = replace(get_settings(), bucket="missing")
    get_settings.use(lambda: settings)
    get_response_store.use(response_store)
    refused = http.get(f"{limited}/openapi.json")
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (503, True)


@pytest.mark.parametrize("text", ["plain", '"' * 100, "é" * 100, "\U0001f600" * 100, "\x00" * 100, "\ud800"])
def test_size_is_counted_as_lambda_escapes_a_body(text: str) -> None:
    """Of a small body a bound is enough."""
    assert payload_size(text, 0) == len(json.dumps(text).encode())
    assert payload_size(text, 100_000) >= len(json.dumps(text, ensure_ascii=False).encode(errors="replace"))


def test_laptop_has_no_limit() -> None:
    assert Settings().response_limit == 0
