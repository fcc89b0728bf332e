"""Objects of S3: whose credentials read them, and what is said when they cannot be read."""

import pickle
import socket
import time
from pathlib import Path

import pytest

from chalicelib.errors import DatasetError
from local.dataset import s3
from local.dataset.parts import find_parts
from tests.support.buckets import BUCKET, REAL_KEY, BucketServer

SOURCE = f"s3://{BUCKET}/survey/"


def read(source: str) -> bytes:
    [part] = find_parts(source)
    with part.open() as file:
        return file.read()


def refusal(source: str) -> str:
    with pytest.raises(DatasetError) as caught:
        read(source)
    return str(caught.value)


def test_every_request_is_signed_by_the_caller(bucket: BucketServer) -> None:
    bucket.put("survey/a.csv", "content")
    bucket.signers.clear()
    assert read(SOURCE) == b"content"
    assert len(bucket.signers) > 1
    assert all(f"Credential={REAL_KEY}/" in signer for signer in bucket.signers)


def test_part_is_pickled_without_credentials(bucket: BucketServer) -> None:
    bucket.put("survey/a.csv", "content")
    [part] = find_parts(SOURCE)
    pickled = pickle.dumps(part)
    assert REAL_KEY.encode() not in pickled
    with pickle.loads(pickled).open() as file:
        assert file.read() == b"content"


def test_profile_of_the_environment_signs(
    bucket: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text(
        "[survey]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret\n"
    )
    (tmp_path / "config").write_text("[profile survey]\nregion = eu-central-1\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "survey")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    bucket.put("survey/a.csv", "content")
    assert read(SOURCE) == b"content"
    assert "Credential=AKIAPROFILE/" in bucket.signers[-1]
    assert "/eu-central-1/s3/" in bucket.signers[-1]


def test_region_of_the_environment_precedes_the_default_one(
    bucket: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    bucket.put("survey/a.csv", "content")
    assert read(SOURCE) == b"content"
    assert "/eu-west-3/s3/" in bucket.signers[-1]


def test_bucket_of_another_region_is_read_there(bucket: BucketServer) -> None:
    bucket.put("survey/a.csv", "content")
    bucket.region = "eu-west-1"
    try:
        assert read(f"{SOURCE}a.csv") == b"content"
        assert read(SOURCE) == b"content"
    finally:
        s3.REGIONS.clear()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (f"{SOURCE}a.csv", f"{SOURCE}a.csv cannot be read: access is denied to these credentials"),
        (SOURCE, f"s3://{BUCKET}/survey cannot be read: access is denied to these credentials"),
    ],
)
def test_denied_key_is_named_with_what_is_to_be_allowed(bucket: BucketServer, source: str, told: str) -> None:
    bucket.put("survey/a.csv", "content")
    bucket.denied.append("prefix=survey" if source == SOURCE else "a.csv")
    assert refusal(source).startswith(told)
    assert "s3:GetObject and s3:ListBucket" in refusal(source)


def test_part_that_is_listed_and_denied_is_named(bucket: BucketServer) -> None:
    bucket.put("survey/a.csv", "content")
    bucket.denied.append("/survey/a.csv")
    assert refusal(SOURCE).startswith(f"{SOURCE}a.csv cannot be read: access is denied")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("s3://nowhere/a.csv", "no data set at s3://nowhere/a.csv: no such bucket"),
        ("s3://nowhere/", "no data set at s3://nowhere: no such bucket"),
        ("s3://nowhere/*.csv", "no data set at s3://nowhere: no such bucket"),
        (f"s3://{BUCKET}/a.csv", f"no data set at s3://{BUCKET}/a.csv: no such key"),
        ("s3:///a.csv", "s3:///a.csv names no bucket"),
        ("s3://", "s3:// names no bucket"),
    ],
)
def test_missing_bucket_or_key_is_named(bucket: BucketServer, source: str, told: str) -> None:
    assert refusal(source) == told


def test_missing_credentials_are_named_with_the_remedy(
    bucket: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refusal(SOURCE).startswith(f"s3://{BUCKET}/survey cannot be read: there are no credentials: AWS_")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert refusal(SOURCE).endswith("cannot be read: The config profile (nobody) could not be found")


def test_unreachable_endpoint_is_a_sentence(bucket: BucketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    assert refusal(SOURCE).startswith(f"s3://{BUCKET}/survey cannot be read: S3 cannot be reached")


def test_endpoint_that_never_answers_is_given_up(
    bucket: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "SILENT_SECONDS", 1)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        assert refusal(SOURCE).startswith(f"s3://{BUCKET}/survey cannot be read: S3 cannot be reached")
    assert time.monotonic() - begun < 20
