"""The result of a job, in the form that its request asked for, or the one that this request accepts."""

import functools
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

from chalice.app import Request, Response

from chalicelib.application.job import JSON, Job, JobStatus
from chalicelib.documents.execute_request import DOCUMENT
from chalicelib.documents.job_documents import results_document
from chalicelib.documents.process_description import CSV
from chalicelib.documents.result_table import Cells, as_csv, document_of, frozen_json, table_of
from chalicelib.domain.statistics.labels import label
from chalicelib.domain.statistics.registry import statistic
from chalicelib.errors import (
    Abandoned,
    DatasetGone,
    Dismissed,
    InvalidRequest,
    NoResult,
    QuestionFailed,
    ResultNotReady,
    StatlineError,
    Unanswerable,
    listed,
    shown,
)
from chalicelib.routes.links import base_url, forms, job_url
from chalicelib.routes.negotiation import HTML, NAMES, negotiate
from chalicelib.routes.responses import outcome, provenance, validated, varying
from chalicelib.web import pages

RESULT_FORMS = (JSON, CSV, HTML)
TYPES = {JSON: JSON, CSV: f"{CSV}; charset=utf-8"}
# Many long polls may end at once: no more threads than this then compete with the event loop.
RENDERING = threading.BoundedSemaphore(2)
# Causes of failure that lie in the service, not in the question.
SERVICE = {DatasetGone, Abandoned}


class Rendition(NamedTuple):
    """A result in one form: its headers, what decides its bytes, and the function that makes them."""

    headers: dict[str, str]
    identity: tuple[object, ...]
    render: Callable[[], str]


def result(request: Request, job: Job, headers: Mapping[str, str] | None = None) -> Response:
    """Return the result of a job. Raises ResultNotReady, or a NoResult that says why there is none."""
    rendition = rendered(request, job, headers)
    return Response(rendition.render(), headers={**rendition.headers})


def validated_result(request: Request, job: Job) -> Response:
    """Return the result of a job with an ETag, or 304. Raises as `result`."""
    return validated(request, *rendered(request, job))


def rendered(request: Request, job: Job, headers: Mapping[str, str] | None = None) -> Rendition:
    if job.result is None:
        raise no_result(job)
    chosen, cells = negotiate(request, offers(job)), csv_cells(request)
    own = pages.HEADERS if chosen == HTML else download(job, chosen)
    more = varying({**provenance(job), **(headers or {})})
    # A page has links in it.
    identity = (*outcome(job), chosen, base_url(request) if chosen == HTML else "", cells)
    return Rendition({**own, **more}, identity, lambda: body(request, job, chosen, cells))


def download(job: Job, form: str) -> dict[str, str]:
    """Return the headers of a form that is saved as a file: CSV always, JSON when somebody saves it."""
    disposition = "attachment" if form == CSV else "inline"
    name = f"{job.statistic}-{job.id}.{NAMES[form]}"
    return {"Content-Type": TYPES[form], "Content-Disposition": f'{disposition}; filename="{name}"'}


def csv_cells(request: Request) -> Cells:
    """Return how the request wants cells of CSV that look like formulas. Raises InvalidRequest."""
    query = request.query_params
    text = Cells.SAFE if query is None else query.get("cells", Cells.SAFE)
    if text not in [*Cells]:
        raise InvalidRequest(f'"cells" must be one of {listed(Cells)}, not {shown(text)}')
    return Cells(text)


def body(request: Request, job: Job, form: str, cells: Cells) -> str:
    with RENDERING:
        if form == HTML:
            return pages.page(base_url(request), f"Result of {job.id}", content(request, job))
        if form == CSV:
            return as_csv(job, cells)
        return results_document(job) if job.response == DOCUMENT else frozen_json(job).decode()


def no_result(job: Job) -> StatlineError:
    if not job.status.is_terminal:
        return ResultNotReady(f"{job.id} has not ended yet; its status tells when it has")
    if job.status is JobStatus.DISMISSED:
        return Dismissed(job.reason)
    return (QuestionFailed if job.cause in question_causes() else NoResult)(job.reason)


@functools.cache
def question_causes() -> frozenset[str]:
    """Return the names of the errors that say that the data cannot answer a question."""
    kinds, names = [Unanswerable], set()
    while kinds:
        kind = kinds.pop()
        names.add(kind.__name__)
        kinds += [inner for inner in kind.__subclasses__() if inner not in SERVICE]
    return frozenset(names)


def offers(job: Job) -> tuple[str, ...]:
    """Return the media types of a result; first the one that the job was asked for."""
    first = JSON if job.response == DOCUMENT else job.media_type
    return (first, *(form for form in RESULT_FORMS if form != first))


def content(request: Request, job: Job) -> str:
    entry, url, document = statistic(job.statistic), job_url(request, job.id), document_of(job)
    links = [link for link in forms(url + "/results", HTML, offers(job)) if link["rel"] == "alternate"]
    sentence = label(entry.name, job.inputs) if document is None else document["statement"]
    head = pages.document({"description": sentence, "process": entry.title, **job.inputs})
    if document is None:
        return head + pages.table(*table_of(job)) + pages.many([*links])
    rows = pages.table(*table_of(job)) if isinstance(document.get(entry.rows), list) else ""
    rest = {name: value for name, value in document.items() if name not in (entry.rows, "statement")}
    return head + rows + pages.document(rest) + pages.many([*links])
