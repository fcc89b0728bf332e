"""A server of S3 on loopback: moto's, behind a gate that records keys and denies paths."""

import functools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from wsgiref.types import StartResponse, WSGIEnvironment

import boto3
import pytest
import requests
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REAL_KEY = "AKIAIOSFODNN7REAL"
BUCKET = "surveys"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
MOVED = b"<Error><Code>PermanentRedirect</Code><Message>another endpoint</Message></Error>"


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Write no line a request to standard error."""


class BucketServer:
    """`signers` has the Authorization header of each request; paths with a text of `denied` are 403.

    Requests that are signed for another region than `region` are 301, as S3 answers them.
    """

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.signers: list[str] = []
        self.denied: list[str] = []
        self.region = ""

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.signers.append(environ.get("HTTP_AUTHORIZATION", ""))
        asked = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        if any(text in asked for text in self.denied):
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"" if environ["REQUEST_METHOD"] == "HEAD" else DENIED]
        if self.region and f"/{self.region}/s3/" not in self.signers[-1]:
            elsewhere = ("x-amz-bucket-region", self.region)
            start_response("301 Moved Permanently", [("Content-Type", "application/xml"), elsewhere])
            return [b"" if environ["REQUEST_METHOD"] == "HEAD" else MOVED]
        return self._moto(environ, start_response)

    def reset(self) -> None:
        """Leave one empty bucket, and no denials."""
        requests.post(f"{self.url}/moto-api/reset", timeout=10).raise_for_status()
        self.denied, self.region = [], ""
        self.client.create_bucket(Bucket=BUCKET)
        self.signers.clear()

    def put(self, key: str, content: bytes | str) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body)

    @functools.cached_property
    def client(self):  # type: ignore[no-untyped-def] # of boto3
        keys = {"aws_access_key_id": "owner", "aws_secret_access_key": "owner"}
        return boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", **keys)

    @contextmanager
    def running(self) -> Iterator["BucketServer"]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make it what the environment calls AWS, for this user."""
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL_S3"):
            monkeypatch.delenv(name, raising=False)
        for name, text in {
            "AWS_ACCESS_KEY_ID": REAL_KEY,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }.items():
            monkeypatch.setenv(name, text)
