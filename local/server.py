"""The HTTP server of a laptop: Chalice's own, with its manners mended."""

import json
import logging
import os
import sys
import threading
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import chalice.local
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    LocalDevServer,
    LocalGateway,
    ThreadedHTTPServer,
)

from chalicelib import __version__
from chalicelib.errors import StatlineError
from chalicelib.routes.http import LARGEST_BODY

log = logging.getLogger("statline.http")

IDLE_SECONDS = 120
PARENT_POLL_SECONDS = 0.2


class Refused(Exception):
    """Raised for a request that is not worth reading on; its connection is closed after the answer."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


class Gateway(LocalGateway):
    """API Gateway on a laptop: unknown paths are 404, unknown methods 405, parameters are decoded."""

    def handle_request(self, method: str, path: str, headers: Any, body: bytes | None) -> dict[str, Any]:
        try:
            event = self._generate_lambda_event(method, path, headers, body)
        except ValueError:
            return answer(404, f"there is nothing at {path.partition('?')[0]}; GET / lists what there is")
        methods = sorted(self._app_object.routes[event["requestContext"]["resourcePath"]])
        if method not in methods:
            allow = ", ".join(methods)
            return answer(405, f"{method} is not possible here; {allow} is", {"Allow": allow})
        response: dict[str, Any] = self._app_object(event, self._generate_lambda_context())
        return response

    def _generate_lambda_event(self, *args: Any) -> dict[str, Any]:
        event: dict[str, Any] = super()._generate_lambda_event(*args)
        event["pathParameters"] = {name: unquote(value) for name, value in event["pathParameters"].items()}
        return event


class Handler(ChaliceRequestHandler):
    """One connection. What http.server or Chalice would get wrong is refused before it is read."""

    disable_nagle_algorithm = True  # else a keep-alive client waits 40 ms for every answer
    server_version, sys_version = f"Statline/{__version__}", ""
    command: str
    wbufsize = -1  # headers and body leave in one packet
    timeout = IDLE_SECONDS

    def __init__(
        self, request: Any, client_address: Any, server: Any, app_object: Any, config: Config
    ) -> None:
        self.local_gateway = Gateway(app_object, config)
        super(ChaliceRequestHandler, self).__init__(request, client_address, server)

    def _generic_handle(self) -> None:
        try:
            body = self._read_body()
        except Refused as refusal:
            self.close_connection = True
            response = answer(refusal.status, refusal.reason, {"Connection": "close"})
        else:
            method = "GET" if self.command == "HEAD" else self.command
            response = self.local_gateway.handle_request(method, self.path, dict(self.headers), body)
        self._send(response)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = _generic_handle  # noqa: N815

    def _read_body(self) -> bytes | None:
        if "Transfer-Encoding" in self.headers:
            raise Refused(411, "chunked bodies are not taken; send a Content-Length")
        lengths = {text.strip() for text in self.headers.get_all("Content-Length", ["0"])}
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit()):
            raise Refused(400, "Content-Length must be one whole number")
        if len(length) > 9 or int(length) > LARGEST_BODY:
            raise Refused(413, f"the body has {length} bytes; at most {LARGEST_BODY} are taken")
        return self.rfile.read(int(length)) if int(length) else None

    def _send(self, response: dict[str, Any]) -> None:
        body = response["body"] or ""
        content = body if isinstance(body, bytes) else body.encode()
        self.send_response(response["statusCode"])
        headers = {
            "Content-Type": "application/json",
            **response["headers"],
            "Content-Length": str(len(content)),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server says of a request that it cannot parse, as JSON instead of a page."""
        self.close_connection = True
        self.command = self.command or "GET"
        # Before any headers were parsed the protocol of the answer is not settled yet.
        self.request_version = "HTTP/1.1"
        self._send(answer(code, message or HTTPStatus(code).phrase, {"Connection": "close"}))

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


class Server(ThreadedHTTPServer):
    request_queue_size = 1024  # with the default of 5, a burst of clients waits a second to connect

    def handle_error(self, request: Any, client_address: Any) -> None:
        if isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            return  # the client hung up: its business
        log.exception("connection from %s", client_address)


class DevServer(LocalDevServer):
    """LocalDevServer whose service runs before the first request: unfinished jobs wait for nobody."""

    def __init__(self, app_object: Any, config: Config, host: str, port: int) -> None:
        super().__init__(app_object, config, host, port, handler_cls=Handler, server_cls=Server)
        self.port = self.server.server_address[1]

    def serve_forever(self) -> None:
        if os.environ.get("CHALICE_WORKER"):
            threading.Thread(target=die_with_parent, args=(os.getppid(),), daemon=True).start()
        try:
            start_service()
        except StatlineError as error:
            print(f"statline: {error}", file=sys.stderr, flush=True)
            # Under autoreload this is not the main thread, and the main one would wait for ever.
            os._exit(1)
        # In one piece, unlike print: runners are at work already, and log.
        sys.stdout.write(f"Serving on http://{self.host}:{self.port}\n")
        sys.stdout.flush()
        self.server.serve_forever()


def start_service() -> None:
    from local.emulator import laptop

    laptop()


def replace_chalices_own() -> None:
    """Let `chalice local` make our server: it looks this name up when it makes one."""
    setattr(chalice.local, "LocalDevServer", DevServer)  # noqa: B010 - mypy refuses a plain assignment


def die_with_parent(parent: int) -> None:
    """Under autoreload the server is a child; a parent that is killed would leave it with the port."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_POLL_SECONDS)
    os._exit(0)


def answer(status: int, reason: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    body = json.dumps({"status": "error", "reason": reason}, ensure_ascii=False)
    return {"statusCode": status, "headers": headers or {}, "multiValueHeaders": {}, "body": body}
