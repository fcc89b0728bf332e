"""Responses of the standard interface: JSON or a page, problems (RFC 7807), and conditional requests."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from chalice.app import Request, Response

from chalicelib import __version__
from chalicelib.application.job import JSON, Job
from chalicelib.bootstrap import get_settings
from chalicelib.documents.job_documents import replay
from chalicelib.errors import Refused, UnknownName
from chalicelib.routes.endpoint import (
    DATASET,
    REPLAY,
    Headers,
    actual_path,
    base_path,
    gateway_path,
    render,
)
from chalicelib.routes.errors import problem_type, to_http
from chalicelib.routes.links import address, forms
from chalicelib.routes.negotiation import HTML, negotiate
from chalicelib.web import pages
from chalicelib.web.problem_page import problem_content

DOCUMENT_FORMS = (JSON, HTML)
PROBLEM = "application/problem+json"


def document(
    request: Request,
    title: str,
    facts: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    where: str | None = None,
    form: str | None = None,
    content: Callable[[], str] | None = None,
    scripts: Sequence[str] = pages.SCRIPTS,
) -> Response:
    """Return a JSON object, or a page of it, with links to itself and to its other form.

    `where` is its address where that is not the request's, `form` its media type where that is decided.
    `content` makes the content of a page that is not just the object's members, and has an ETag.
    """
    chosen = form or negotiate(request, DOCUMENT_FORMS)
    links = forms(where or address(request, f=None), chosen, DOCUMENT_FORMS)
    facts = {**facts, "links": links + list(facts.get("links", ()))}
    if chosen == HTML:
        if content is None:
            return page(request, title, pages.document(facts), status, headers)
        return tagged(request, page(request, title, content() + pages.many(links), status, headers, scripts))
    return Response(render(facts), headers={"Content-Type": JSON, **varying(headers)}, status_code=status)


def page(
    request: Request,
    title: str,
    content: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    scripts: Sequence[str] = pages.SCRIPTS,
) -> Response:
    text = site(request).page(title, content, scripts)
    return Response(text, headers={**pages.HEADERS, **varying(headers)}, status_code=status)


def site(request: Request) -> pages.Site:
    """Return what the pages of this service share, for the page at the request's path."""
    own = actual_path(request).removeprefix(gateway_path(request))
    return pages.Site(base_path(request), get_settings().access == "key", own)


def varying(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"Vary": "Accept", **(headers or {})}


def provenance(job: Job) -> dict[str, str]:
    """Return the headers that say where the result of a job comes from."""
    return {DATASET: job.dataset, **({REPLAY: own["replay"]} if (own := replay(job)) else {})}


def problem(error: Exception, request: Request) -> Response:
    """Return a problem (RFC 7807), as a page where a browser asks."""
    status, reason, headers = to_http(error)
    title, detail = HTTPStatus(status).phrase, str(getattr(error, "detail", reason))
    facts = {"type": problem_type(error), "title": title, "status": status, "detail": detail}
    if prefers_page(request):
        content = problem_content(site(request), detail, suggestions(request, error))
        return page(request, f"{status} {title}", content, status, headers)
    return Response(render(facts), headers={"Content-Type": PROBLEM, **headers}, status_code=status)


def prefers_page(request: Request) -> bool:
    """Return whether the client would rather have an error as a page than as JSON."""
    try:
        return negotiate(request, (JSON, HTML)) == HTML
    except Refused:  # of a form that errors do not have
        return False


def suggestions(request: Request, error: Exception) -> dict[str, str]:
    """Return addresses by names that exist, where the request's query has one that does not."""
    query = request.query_params
    if not isinstance(error, UnknownName) or query is None:
        return {}
    inputs = [name for name in query if query.getlist(name) == [error.name]]
    return {name: address(request, **{inputs[0]: name}) for name in error.closest} if inputs else {}


def validated(
    request: Request, headers: Mapping[str, str], identity: Sequence[object], render: Callable[[], str]
) -> Response:
    """Return a response with an ETag of `identity`, which decides its bytes; 304 without them, and without
    rendering them, if the request names that tag, or any.

    The tags are weak (RFC 9110, section 8.8.1), since a proxy may compress the response.
    """
    tag = tag_of(identity)
    tagged: Headers = {**headers, "ETag": tag}
    if not has(request, tag):
        return Response(render(), headers=tagged)
    return not_modified(tagged)


def tagged(request: Request, response: Response) -> Response:
    """Return a response with an ETag of its body, or 304 where the client has it already."""
    tag = tag_of((response.status_code, response.body))
    response.headers["ETag"] = tag
    return not_modified(response.headers) if has(request, tag) else response


def tag_of(identity: Sequence[object]) -> str:
    digest = hashlib.sha256(repr((__version__, *identity)).encode(errors="backslashreplace")).hexdigest()
    return f'W/"{digest[:32]}"'


def has(request: Request, tag: str) -> bool:
    """Return whether the client has the response with this tag, or says that any will do."""
    tags = [text.strip() for text in str(request.headers.get("if-none-match", "")).split(",")]
    return tag in tags or tag.removeprefix("W/") in tags or tags == ["*"]


def not_modified(headers: Headers) -> Response:
    # The type stays: servers, API Gateway too, would name another one in its place.
    return Response("", headers=headers, status_code=304)


def outcome(job: Job) -> tuple[object, ...]:
    """Return what tells the outcome of a job from every other, at the cost of one digest."""
    result = hashlib.sha256(job.result or b"").hexdigest()
    return job.id, job.statistic, job.status, job.finished, job.reason, job.response, result
