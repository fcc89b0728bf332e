"""The result of a job, in the form it was asked for in, or the one that a client asks for now."""

from collections.abc import Mapping

from chalice.app import Request, Response

from chalicelib.application.job import JSON, Job, JobStatus
from chalicelib.documents.execute_request import DOCUMENT
from chalicelib.documents.job_documents import results_document
from chalicelib.documents.process_description import CSV
from chalicelib.documents.result_table import as_csv, rows
from chalicelib.domain.statistics.registry import statistic
from chalicelib.errors import (
    BestEndUnknown,
    Dismissed,
    NoResult,
    NoUsableRows,
    QuestionFailed,
    ResultNotReady,
    UnknownQuestion,
    UnknownState,
)
from chalicelib.routes.endpoint import DATASET
from chalicelib.routes.links import forms, job_url
from chalicelib.routes.negotiation import HTML, negotiate
from chalicelib.routes.responses import page, varying
from chalicelib.web import pages

RESULT_FORMS = (JSON, CSV, HTML)
# What a job can fail of that is in the question, not in the service.
QUESTIONS = {kind.__name__ for kind in (UnknownQuestion, UnknownState, NoUsableRows, BestEndUnknown)}


def result(request: Request, job: Job, headers: Mapping[str, str] | None = None) -> Response:
    """Raises ResultNotReady, or a NoResult that says why there is none."""
    answer = answer_of(job)
    chosen = negotiate(request, offers(job))
    more = varying({DATASET: job.dataset, **(headers or {})})
    if chosen == HTML:
        return page(request, f"Result of {job.id}", content(request, job, answer), headers=more)
    if chosen == CSV:
        text = as_csv(statistic(job.statistic), answer)
        return Response(text, headers={"Content-Type": f"{CSV}; charset=utf-8", **more})
    body = results_document(job, answer) if job.response == DOCUMENT else answer.decode()
    return Response(body, headers={"Content-Type": JSON, **more})


def answer_of(job: Job) -> bytes:
    if job.result is not None:
        return job.result
    if not job.status.is_terminal:
        raise ResultNotReady(job.id)
    if job.status is JobStatus.DISMISSED:
        raise Dismissed(job.reason)
    raise (QuestionFailed if job.cause in QUESTIONS else NoResult)(job.reason)


def offers(job: Job) -> tuple[str, ...]:
    """All forms there are; first the one that the job was asked for."""
    first = JSON if job.response == DOCUMENT else job.media_type
    return (first, *(form for form in RESULT_FORMS if form != first))


def content(request: Request, job: Job, answer: bytes) -> str:
    asked, where = statistic(job.statistic), job_url(request, job.id)
    facts = {"process": asked.title, **job.inputs}
    links = [one for one in forms(where + "/results", HTML, offers(job)) if one["rel"] == "alternate"]
    return pages.definitions(facts) + pages.table(asked.columns, rows(asked, answer)) + pages.many([*links])
