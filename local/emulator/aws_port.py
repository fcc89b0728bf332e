"""A read-only port on which AWS' own tools see the table and the bucket on moto.

moto's server answers any page in a browser, and a POST to /moto-api empties it. Therefore a guard stands
before it: reads only, no page of a browser, no other name than this machine's.
"""

import logging
import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

DYNAMODB_READS = ("GetItem", "BatchGetItem", "Query", "Scan", "DescribeTable", "ListTables")
NAMES = ("localhost", "127.0.0.1", "[::1]")


def serve_aws(port: int) -> BaseWSGIServer:
    """Serve moto's table and bucket on loopback, on a thread."""
    application = ReadOnlyGuard(DomainDispatcherApplication(create_backend_app), port)
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request, on standard error
    threading.Thread(target=server.serve_forever, name="AwsPort", daemon=True).start()
    return server


class ReadOnlyGuard:
    """Answers 403 to any request that could change something or comes from a web page."""

    def __init__(self, application: WSGIApplication, port: int) -> None:
        self._application, self._port = application, port

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        refused = self._refusal(environ)
        if refused is not None:
            start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
            return [f"{refused}\n".encode()]

        def without_cors(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [
                (name, value) for name, value in headers if not name.lower().startswith("access-control-")
            ]
            return start_response(status, kept, *rest)

        return self._application(environ, without_cors)

    def _refusal(self, environ: WSGIEnvironment) -> str | None:
        """Return why a request is refused, or None."""
        if "HTTP_ORIGIN" in environ or "HTTP_SEC_FETCH_SITE" in environ:
            return "this port is not for pages in a browser"
        if environ.get("HTTP_HOST") not in {f"{name}:{self._port}" for name in NAMES}:
            return f"this port answers as {NAMES[0]}:{self._port} alone"
        if environ["PATH_INFO"].lower().lstrip("/").startswith("moto-api"):
            return "moto's own API is closed"
        target = environ.get("HTTP_X_AMZ_TARGET")
        if target is None:
            readable = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        else:
            service, _, operation = target.partition(".")
            readable = service.startswith("DynamoDB_") and operation in DYNAMODB_READS
        return None if readable else "this port is for reading: GetItem, Query, Scan, and GET from S3"
