"""`chalice local`: Chalice's own development server over our gateway, and our service started before it."""

import os
import sys
import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler
from typing import Any

import chalice.local
from chalice.app import Chalice
from chalice.config import Config

from chalicelib.errors import StatlineError
from local.http.gateway import Gateway
from local.http.process import end_with_parent, freeze_startup_objects, raise_file_limit
from local.http.response import Response


class ConnectionGateway(Gateway):
    """Answers the requests of one connection, in the form of a Lambda function.

    Holds `turn` while it answers a request that neither waits nor computes long.
    """

    def __init__(
        self, application: Chalice, config: Config, bound: str, peer: str, turn: threading.Lock
    ) -> None:
        super().__init__(application, config, bound)
        self._peer, self._turn = peer, turn

    def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> dict[str, Any]:
        named = {name.lower(): value for name, value in headers.items()}
        call = self.call(method, path, named, body, self._peer)
        if isinstance(call, Response):
            response = call
        else:
            with nullcontext() if call.lane else self._turn:
                response = self.run(call)
        return {
            "statusCode": response.status,
            "headers": response.headers,
            "multiValueHeaders": {},
            "body": None if method == "HEAD" else response.body or None,
        }


class RequestHandler(chalice.local.ChaliceRequestHandler):
    """Chalice's handler of one connection, over our gateway."""

    # Otherwise each response on a kept connection waits 40 ms for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def __init__(
        self, request: Any, client: Any, server: "ConnectionServer", app_object: Chalice, config: Config
    ) -> None:
        bound = str(server.server_address[0])
        self.local_gateway = ConnectionGateway(app_object, config, bound, client[0], server.turn)
        # Not Chalice's own __init__: it would make Chalice's own gateway and serve the connection with it.
        BaseHTTPRequestHandler.__init__(self, request, client, server)


class ConnectionServer(chalice.local.ThreadedHTTPServer):
    """Chalice's server, with room for connections that come at once."""

    # Python's is 5: of more, the system drops some, and their clients try again a second later or hang.
    request_queue_size = 128

    def __init__(self, *args: Any, **extra: Any) -> None:
        super().__init__(*args, **extra)
        # Dozens of threads that answered polls at once would hardly let the jobs' threads run.
        self.turn = threading.Lock()


class DevServer(chalice.local.LocalDevServer):
    """Starts the service before the first request, so that the jobs an earlier process left go on at once."""

    def __init__(self, application: Chalice, config: Config, host: str, port: int) -> None:
        super().__init__(application, config, host, port, RequestHandler, ConnectionServer)

    def serve_forever(self) -> None:
        if os.environ.get("CHALICE_WORKER"):
            threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
        start_service()
        freeze_startup_objects()
        super().serve_forever()


def use_dev_server() -> None:
    """Let `chalice local` make a DevServer: it looks this name up when it makes its server."""
    setattr(chalice.local, "LocalDevServer", DevServer)  # noqa: B010 - mypy refuses a plain assignment


def start_service() -> None:
    from local.emulator.emulator import laptop

    try:
        raise_file_limit()
        laptop()
    except StatlineError as error:
        print(f"statline: {error}", file=sys.stderr, flush=True)
        # Under autoreload this is not the main thread, and the main one would wait for ever.
        os._exit(1)
