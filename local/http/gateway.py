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
from local.http.compression import compressed
from local.http.response import Response

log = logging.getLogger("statline.http")


class Call(NamedTuple):
    """An event for the application; `waits` says that its view may wait, for example for the end of a job."""

    event: dict[str, Any]
    waits: bool


class Gateway(LocalGateway):
    """Chalice's gateway with decoded path parameters, HEAD, OPTIONS, and 404 and 405 in JSON."""

    def __init__(self, application: Chalice, config: Config) -> None:
        super().__init__(application, config)
        # Views run on several threads, and `current_request` must be each thread's own.
        application.__class__ = LocalChalice
        self._routes = application.routes

    def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> dict[str, Any]:
        """Answer Chalice's own server, in the form of a Lambda function."""
        call = self.call(method, path, {name.lower(): value for name, value in headers.items()}, body)
        response = call if isinstance(call, Response) else self.run(call)
        return {
            "statusCode": response.status,
            "headers": response.headers,
            "multiValueHeaders": {},
            "body": None if method == "HEAD" else response.body or None,
        }

    def call(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Call | Response:
        """The event for a request, or its response where no view runs. Header names are in lower case."""
        routed = "GET" if method == "HEAD" else method
        try:
            event = self._generate_lambda_event(routed, path_and_query(target), headers, body)
        except ValueError:
            path = target.partition("?")[0]
            return refusal(target, 404, f"there is nothing at {path[:500]}; GET / lists what there is")
        views = self._routes[event["requestContext"]["resourcePath"]]
        if routed not in views:
            return refused_method(method, target, list(views))
        event["pathParameters"] = {name: unquote(text) for name, text in event["pathParameters"].items()}
        view = views[routed].view_function
        supports_wait = getattr(view, "supports_wait", False) and "prefer" in headers
        return Call(event, supports_wait or getattr(view, "runs_in_thread", False))

    def run(self, call: Call) -> Response:
        """Run the view. Never raises: an unforeseen error is logged, and the response is 500."""
        try:
            response = rendered(self._app_object(call.event, self._generate_lambda_context()))
            return compressed(response, call.event["headers"].get("accept-encoding", ""))
        except Exception:
            log.exception("unforeseen, outside any view")
            path = call.event["requestContext"]["path"]
            return refusal(path, 500, "internal error; the server's log has the details")


def path_and_query(target: str) -> str:
    """Return a request's target without scheme and host, which proxies send.

    Raises ValueError for a target without a path, such as the "*" of OPTIONS.
    """
    if not target.startswith("/"):
        scheme, _, rest = target.partition("://")
        if scheme.lower() not in ("http", "https"):
            raise ValueError(target)
        target = "/" + rest.partition("/")[2]
    # Chalice would cut off what follows ";" and "#", and so answer for another path.
    return target.replace(";", "%3B").replace("#", "%23")


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
