"""Responses of the standard interface: JSON or a page, problems (RFC 7807), and conditional requests."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from chalice.app import Request, Response

from chalicelib import __version__
from chalicelib.application.job import JSON, Job
from chalicelib.documents.job_documents import replay
from chalicelib.routes.endpoint import DATASET, REPLAY, Headers, render
from chalicelib.routes.errors import problem_type, to_http
from chalicelib.routes.links import address, base_url, forms
from chalicelib.routes.negotiation import HTML, negotiate
from chalicelib.web import pages

DOCUMENT_FORMS = (JSON, HTML)


def document(
    request: Request,
    title: str,
    facts: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    where: str | None = None,
    form: str | None = None,
) -> Response:
    """Return a JSON object, or a page of it, with links to itself and to its other form.

    `where` is its address where that is not the request's, `form` its media type where that is decided.
    """
    chosen = form or negotiate(request, DOCUMENT_FORMS)
    links = forms(where or address(request, f=None), chosen, DOCUMENT_FORMS)
    facts = {**facts, "links": links + list(facts.get("links", ()))}
    if chosen == HTML:
        return page(request, title, pages.document(facts), status, headers)
    return Response(render(facts), headers={"Content-Type": JSON, **varying(headers)}, status_code=status)


def page(
    request: Request, title: str, content: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    text = pages.page(base_url(request), title, content)
    return Response(text, headers={**pages.HEADERS, **varying(headers)}, status_code=status)


def varying(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"Vary": "Accept", **(headers or {})}


def provenance(job: Job) -> dict[str, str]:
    """Return the headers that say where the result of a job comes from."""
    return {DATASET: job.dataset, **({REPLAY: own["replay"]} if (own := replay(job)) else {})}


def problem(error: Exception) -> Response:
    status, reason, headers = to_http(error)
    facts = {
        "type": problem_type(error),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": getattr(error, "detail", reason),
    }
    return Response(
        render(facts), headers={"Content-Type": "application/problem+json", **headers}, status_code=status
    )


def validated(
    request: Request, headers: Mapping[str, str], identity: Sequence[object], render: Callable[[], str]
) -> Response:
    """Return a response with an ETag of `identity`, which decides its bytes; 304 without them, and without
    rendering them, if the request names that tag, or any.

    The tags are weak (RFC 9110, section 8.8.1), since a proxy may compress the response.
    """
    digest = hashlib.sha256(repr((__version__, *identity)).encode(errors="backslashreplace")).hexdigest()
    tag = f'W/"{digest[:32]}"'
    tagged: Headers = {**headers, "ETag": tag}
    tags = [text.strip() for text in str(request.headers.get("if-none-match", "")).split(",")]
    if tag not in tags and tag.removeprefix("W/") not in tags and tags != ["*"]:
        return Response(render(), headers=tagged)
    # The type stays: servers, API Gateway too, would name another one in its place.
    return Response("", headers=tagged, status_code=304)


def outcome(job: Job) -> tuple[object, ...]:
    """Return what tells the outcome of a job from every other, at the cost of one digest."""
    result = hashlib.sha256(job.result or b"").hexdigest()
    return job.id, job.statistic, job.status, job.finished, job.reason, job.response, result
