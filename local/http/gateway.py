"""API Gateway on a laptop: a request becomes a Lambda event, the application's answer a response."""

import base64
import gzip
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalGateway

from chalicelib.routes.cors import preflight
from chalicelib.routes.negotiation import parsed

WORTH_COMPRESSING = 1024  # bytes, as of API Gateway in .chalice/resources.json

log = logging.getLogger("statline.http")


class Request(NamedTuple):
    """What a client asked, read whole; a header that came twice is joined by commas."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None
    keep_alive: bool = True


@dataclass
class Response:
    """What a client is answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Gateway(LocalGateway):
    """Unknown paths are 404, unknown methods 405, HEAD is GET without its body, parameters are decoded."""

    def __init__(self, application: Chalice, config: Config) -> None:
        super().__init__(application, config)
        self._routes = application.routes

    def call(self, request: Request) -> "Call | Response":
        """What is to be run for a request, or its answer where nothing is."""
        method = "GET" if request.method == "HEAD" else request.method
        try:
            event = self._generate_lambda_event(
                method, path_and_query(request.target), request.headers, request.body
            )
        except ValueError:
            path = request.target.partition("?")[0]
            return refusal(path)(404, f"there is nothing at {path[:500]}; GET / lists what there is")
        views = self._routes[event["requestContext"]["resourcePath"]]
        if method not in views:
            return refused_method(request, list(views))
        event["pathParameters"] = {name: unquote(text) for name, text in event["pathParameters"].items()}
        view = views[method].view_function
        supports_wait = getattr(view, "supports_wait", False) and "prefer" in request.headers
        return Call(
            event,
            supports_wait or getattr(view, "runs_in_thread", False),
            request.headers.get("accept-encoding", ""),
        )

    def run(self, call: "Call") -> Response:
        """Never raises: what nobody foresaw is logged, and 500."""
        try:
            response = rendered(self._app_object(call.event, self._generate_lambda_context()))
            return compressed(response, call.encodings)
        except Exception:
            log.exception("unforeseen, outside any view")
            return failure(500, "internal error; the server's log has the details")


class Call(NamedTuple):
    """An event for the application; a blocking one may wait for something, such as the end of a job."""

    event: dict[str, Any]
    runs_in_thread: bool
    encodings: str = ""  # that the client accepts


def path_and_query(target: str) -> str:
    """The target as an application knows it: proxies send it with scheme and host before it.

    Raises ValueError for what is no path, such as the "*" of OPTIONS.
    """
    if not target.startswith("/"):
        scheme, _, rest = target.partition("://")
        if scheme.lower() not in ("http", "https"):
            raise ValueError(target)
        target = "/" + rest.partition("/")[2]
    # Chalice would cut these off, and so answer for another path than was asked for.
    return target.replace(";", "%3B").replace("#", "%23")


def refused_method(request: Request, possible: list[str]) -> Response:
    method = request.method
    allow = ", ".join(sorted({*possible, "OPTIONS", *(["HEAD"] if "GET" in possible else [])}))
    if method == "OPTIONS":
        return Response(204, b"", {"Allow": allow, **preflight(allow)})
    return refusal(request.target)(405, f"{method} is not possible here; {allow} are", {"Allow": allow})


def refusal(path: str) -> Callable[..., Response]:
    """How the interface that a path belongs to tells of an error."""
    return failure if path.startswith("/api/") else problem


def problem(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    facts = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": reason}
    body = json.dumps(facts, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/problem+json", **(headers or {})})


def accepts_gzip(encodings: str) -> bool:
    """By RFC 9110: named, or covered by "*", and not with a quality of nought."""
    ranges = parsed(encodings)
    return ranges.get("gzip", ranges.get("*", 0.0)) > 0


def compressed(response: Response, encodings: str) -> Response:
    """The response, with its body compressed if the client accepts that and it is worth it."""
    if len(response.body) < WORTH_COMPRESSING:
        return response
    vary = response.headers.get("Vary")
    headers = {**response.headers, "Vary": f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"}
    if not accepts_gzip(encodings):
        return Response(response.status, response.body, headers)
    return Response(response.status, packed(response.body), headers | {"Content-Encoding": "gzip"})


@lru_cache(maxsize=32)
def packed(body: bytes) -> bytes:
    """Remembered, since a large answer is often one that many ask for."""
    return gzip.compress(body, 6, mtime=0)


def failure(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps({"status": "error", "reason": reason}, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json", **(headers or {})})


def rendered(answer: dict[str, Any]) -> Response:
    """A response from what a Lambda function returns to API Gateway."""
    body = answer["body"] or ""
    headers = {"Content-Type": "application/json", **answer["headers"]}
    headers |= {name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body
    return Response(
        answer["statusCode"], content if isinstance(content, bytes) else content.encode(), headers
    )
