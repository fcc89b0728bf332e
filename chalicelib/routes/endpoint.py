"""The frame of every view: renders a response, maps errors, logs a line."""

import functools
import json
import logging
import time
from collections.abc import Callable

from chalice.app import Blueprint, Request, Response

from chalicelib.application import deadline
from chalicelib.bootstrap import get_settings
from chalicelib.errors import Refused, StatlineError, UnsupportedEncoding, shown
from chalicelib.observability import trace
from chalicelib.observability.metrics import REFUSED, REQUESTS
from chalicelib.routes.cors import Effect, refuse_other_sites, sharing_headers
from chalicelib.routes.errors import to_http
from chalicelib.routes.large_responses import fitted

# API Gateway gives up after 29 s. A call to AWS that begins in time may end 3 s later (aws_clients), and
# taking a job back needs 4 s.
REQUEST_SECONDS = 21
Headers = dict[str, str | list[str]]
# The header that names, in responses that depend on data, their data set.
DATASET = "Statline-Dataset"
# The header that names, with a result, its question on its data by its method.
REPLAY = "Statline-Replay"
# The header that names the trace of the request; in a job's responses, of the request that submitted it.
TRACE = "Statline-Trace"
# The header of a list that is not complete: how many it has at most. Its `Link` leads to the others.
LIST_LIMIT = "Statline-List-Limit"
JSON: Headers = {"Content-Type": "application/json"}

# Lanes: long polls, executions that wait for their job, views that compute long, and checks of the service.
POLLS, EXECUTIONS, VIEWS, CHECKS = "polls", "executions", "views", "checks"

log = logging.getLogger("statline.http")
View = Callable[..., Response]


def ok(body: object, headers: Headers | None = None) -> Response:
    return Response(body=render(body), headers={**JSON, **(headers or {})})


def render(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


def failed(error: Exception) -> Response:
    status, reason, headers = to_http(error)
    return Response(
        render({"status": "error", "reason": reason}), headers={**JSON, **headers}, status_code=status
    )


def endpoint(
    routes: Blueprint,
    path: str,
    method: str = "GET",
    level: int = logging.INFO,
    failed: Callable[[Exception], Response] = failed,
    lane: str | None = None,
    supports_wait: bool = False,
    effect: Effect | None = None,
    loopback_only: bool = False,
) -> Callable[[View], View]:
    """Register a view: `failed` turns errors into responses, and each request writes one log line at `level`.

    A server with an event loop runs the views of a lane on threads, and those of POLLS are the views that
    `supports_wait` marks, if the header Prefer says that they wait. `effect` decides which pages may send the
    request; without it a GET is a plain read, and all else a command. `loopback_only` asks a laptop's server
    to let only clients on the same machine send it.
    """
    if effect is None:
        effect = Effect.READ if method == "GET" else Effect.COMMAND

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def handler(**parameters: str) -> Response:
            request, start = routes.current_request, time.perf_counter()
            with trace.scope(trace.of_request(request.headers)):
                response = attempt(lambda: checked(view, parameters, request, effect), request, failed)
                response.headers.setdefault(TRACE, trace.current())
                response.headers |= sharing_headers()
                seconds = time.perf_counter() - start
                REQUESTS.observe(seconds, request.method, request.path, str(response.status_code))
                log_request(level, request, response, seconds)
            return response

        vars(handler).update(lane=lane, supports_wait=supports_wait, loopback_only=loopback_only)
        # Chalice answers 415 to content types that a route does not name, also where there is no body.
        routes.route(path, methods=[method], content_types=["*/*"])(handler)
        return handler

    return wrap


def checked(view: View, parameters: dict[str, str], request: Request, effect: Effect) -> Response:
    """Run a view, for a request that may be sent and whose body is not compressed; fit its response."""
    refuse_other_sites(request, effect)
    coding = request.headers.get("content-encoding", "identity")
    if coding.lower() != "identity":
        raise UnsupportedEncoding(f"Content-Encoding {shown(coding)} is not taken: send the body as it is")
    return fitted(view(**parameters))


def attempt(
    view: Callable[[], Response], request: Request, failed: Callable[[Exception], Response]
) -> Response:
    try:
        with deadline.within(REQUEST_SECONDS):
            return view()
    except StatlineError as error:
        if isinstance(error, Refused) and request.method == "POST":
            REFUSED.add(error.kind)
        return failed(error)
    except Exception as error:
        log.exception("unforeseen", extra={"request_id": request_id(request)})
        return failed(error)


def log_request(level: int, request: Request, response: Response, seconds: float) -> None:
    log.log(
        level if response.status_code < 500 else logging.WARNING,
        "%s %s %d",
        request.method,
        actual_path(request),
        response.status_code,
        extra={"request_id": request_id(request), "ms": round(seconds * 1000, 1)},
    )


def request_id(request: Request) -> str:
    return str(getattr(request.lambda_context, "aws_request_id", ""))


def actual_path(request: Request) -> str:
    return str(request.context.get("path", request.path))


def base_path(request: Request) -> str:
    """Return the prefix of the API's own paths: of the public address, or of an API Gateway stage ("/v1")."""
    if public := get_settings().public_url:
        return "".join(f"/{segment}" for segment in public.split("/")[3:])
    return gateway_path(request)


def gateway_path(request: Request) -> str:
    """Return the prefix before the API's own path that API Gateway received; "" on a laptop."""
    if "stage" not in request.context:
        return ""
    # By number of segments, since one may be percent-encoded in the path and decoded in the parameters.
    own, segments = (
        [segment for segment in path.split("/") if segment] for path in (request.path, actual_path(request))
    )
    return "".join(f"/{segment}" for segment in segments[: len(segments) - len(own)])
