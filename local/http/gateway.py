"""API Gateway on a laptop: a request becomes a Lambda event, the application's reply a response."""

import base64
import json
import logging
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalChalice, LocalGateway

from chalicelib.routes.cors import preflight, sharing_headers
from chalicelib.routes.endpoint import POLLS
from chalicelib.routes.links import HOST
from local.http.compression import compressed
from local.http.hosts import refused_host
from local.http.response import Response
from local.loopback import is_loopback

log = logging.getLogger("statline.http")


class Call(NamedTuple):
    """An event for the application, and the lane of its view; None for a view that ends at once."""

    event: dict[str, Any]
    lane: str | None


class Gateway(LocalGateway):
    """Chalice's gateway with decoded path parameters, HEAD, OPTIONS, and 404 and 405 in JSON."""

    def __init__(self, application: Chalice, config: Config, bound: str) -> None:
        super().__init__(application, config)
        self._bound = bound
        # Views run on several threads, and `current_request` must be each thread's own.
        application.__class__ = LocalChalice
        self._routes = application.routes

    def call(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None, peer: str
    ) -> Call | Response:
        """The event for a request, or its response where no view runs.

        Header names are in lower case; `peer` is the address of the client.
        """
        routed = "GET" if method == "HEAD" else method
        try:
            host, target = host_and_path(target, headers.get("host"))
            if host is not None and (refused := self._misdirected(target, host)):
                return refused
            event = self._generate_lambda_event(routed, target, headers | {"host": host or ""}, body)
        except ValueError:
            path = target.partition("?")[0]
            return refusal(target, 404, f"there is nothing at {path[:500]}; GET / lists what there is")
        views = self._routes[event["requestContext"]["resourcePath"]]
        if routed not in views:
            return refused_method(method, target, list(views))
        event["pathParameters"] = {name: unquote(text) for name, text in event["pathParameters"].items()}
        view = views[routed].view_function
        if getattr(view, "loopback_only", False) and not is_loopback(peer):
            return refusal(target, 403, "only a client on the same machine may send this request")
        waits = getattr(view, "supports_wait", False) and "prefer" in headers
        return Call(event, POLLS if waits else getattr(view, "lane", None))

    def _misdirected(self, target: str, host: str) -> Response | None:
        """The refusal of a host that is none, or not ours."""
        if not HOST.fullmatch(host):
            return refusal(target, 400, "the Host header names no host")
        reason = refused_host(host, self._bound)
        return refusal(target, 421, reason) if reason else None

    def run(self, call: Call) -> Response:
        """Run the view. Never raises: an unforeseen error is logged, and the response is 500."""
        try:
            response = rendered(self._app_object(call.event, self._generate_lambda_context()))
            return compressed(response, call.event["headers"].get("accept-encoding", ""))
        except Exception:
            log.exception("unforeseen, outside any view")
            path = call.event["requestContext"]["path"]
            return refusal(path, 500, "internal error; the server's log has the details")


def host_and_path(target: str, host: str | None) -> tuple[str | None, str]:
    """Return the host of a request, and its path and query. A host in the target precedes the header's.

    Raises ValueError for a target without a path, such as the "*" of OPTIONS, and for a path that browsers
    and parsers of URLs read as a host ("//evil.example/docs").
    """
    if not target.startswith("/"):
        scheme, _, rest = target.partition("://")
        host, _, path = rest.partition("/")
        if scheme.lower() not in ("http", "https"):
            raise ValueError(target)
        target = "/" + path
    if target.startswith(("//", "/\\")):
        raise ValueError(target)
    # Chalice would cut off what follows ";" and "#", and so answer for another path.
    return host, target.replace(";", "%3B").replace("#", "%23")


def refused_method(method: str, target: str, possible: list[str]) -> Response:
    allow = ", ".join(sorted({*possible, "OPTIONS", *(["HEAD"] if "GET" in possible else [])}))
    if method == "OPTIONS":
        return Response(204, b"", {"Allow": allow, **preflight(allow)})
    return refusal(target, 405, f"{method} is not possible here; {allow} are", {"Allow": allow})


def refusal(target: str, status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    """An error, in the form of the interface that the target belongs to, readable by the allowed origin."""
    kind, document = "application/json", {"status": "error", "reason": reason}
    if not target.startswith("/api/"):
        kind, document = "application/problem+json", problem(status, reason)
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Response(status, body, {"Content-Type": kind, **sharing_headers(), **(headers or {})})


def problem(status: int, reason: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": reason}


def rendered(reply: dict[str, Any]) -> Response:
    """A response from what a Lambda function returns to API Gateway."""
    body = reply["body"] or ""
    headers = {"Content-Type": "application/json", **reply["headers"]}
    headers |= {name: ", ".join(values) for name, values in reply["multiValueHeaders"].items()}
    content = base64.b64decode(body) if reply.get("isBase64Encoded") else body
    return Response(reply["statusCode"], content if isinstance(content, bytes) else content.encode(), headers)
