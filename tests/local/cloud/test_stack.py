"""Commands on a stack that is in trouble, against a CloudFormation that says so over HTTP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.cloud.stack import Stack
from local.cloud.stages import StageError
from tests.cloud.ministack import CREDENTIALS

STACK = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>statline-prod</StackName>
<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{}</StackStatus></member></Stacks>
</DescribeStacksResult></DescribeStacksResponse>"""


class CloudFormation(BaseHTTPRequestHandler):
    """Describes the stack in the status of its server, whatever is asked."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = STACK.format(vars(self.server)["status"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def formation(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), CloudFormation) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}"
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": address}.items():
            monkeypatch.setenv(name, value)
        yield server
        server.shutdown()


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "UPDATE_IN_PROGRESS"])
def test_deployment_that_cannot_begin_uploads_nothing_and_says_the_remedy(
    formation: ThreadingHTTPServer, tmp_path: Path, status: str
) -> None:
    """There is no package in the folder, so an upload would be another error."""
    vars(formation)["status"] = status
    with pytest.raises(StageError, match=f"statline-prod is in {status}: .*statline-prod"):
        Stack("prod").deploy(tmp_path)
