"""Answers by URL: a GET makes a job, waits for it, and returns its result."""

from chalice.app import Blueprint, Request, Response

from chalicelib.application.job import JSON, ExecuteRequest, Job
from chalicelib.bootstrap import get_service, get_settings
from chalicelib.documents.process_description import CSV
from chalicelib.documents.result_table import Cells, answer_csv, frozen_json
from chalicelib.documents.schemas import parse_inputs
from chalicelib.domain.statistics.registry import statistic
from chalicelib.domain.statistics.statistic import Statistic
from chalicelib.errors import NotFound, UnknownStatistic, listed, shown
from chalicelib.routes.cors import Effect
from chalicelib.routes.endpoint import DATASET, EXECUTIONS, Headers, endpoint, render
from chalicelib.routes.jobs import status_info
from chalicelib.routes.links import job_url
from chalicelib.routes.negotiation import FORMS, HTML
from chalicelib.routes.pages.answer_views import answer_of
from chalicelib.routes.request.headers import LONGEST_WAIT, declines_reuse, wait_seconds
from chalicelib.routes.request.query_params import Query
from chalicelib.routes.responses import has, not_modified, page, problem, provenance, site, tag_of
from chalicelib.routes.results import TYPES, csv_cells, no_result
from chalicelib.web.answer_page import answer_content
from chalicelib.web.jobs_page import accepted_content

routes = Blueprint(__name__)

# What a client that asks too early is told to wait; most jobs take less.
RETRY_SECONDS = 2
# For how long a response may be used without asking again, where its address names the data set. Not for
# ever: a later version of Statline may correct a method.
PINNED_SECONDS = 24 * 60 * 60


@endpoint(routes, "/answers/{name}", failed=problem, lane=EXECUTIONS, effect=Effect.JOB)
def answer(name: str) -> Response:
    request = routes.current_request
    entry, form = parsed(name)
    asked, cells = parse_query(request, entry), csv_cells(request)
    # The same question on the same data has the same answer, whichever job computes it.
    tag = answer_tag(asked, asked.dataset or get_service().dataset(), form, cells)
    if form != HTML and not asked.fresh and has(request, tag):
        return not_modified({**caching(asked), "Content-Type": TYPES[form], "ETag": tag})
    patience = wait_seconds(request)
    job = get_service().submit(asked, validate=True)
    job = get_service().wait(job, LONGEST_WAIT if patience is None else patience)
    return answered(request, asked, job, form) if job.status.is_terminal else accepted(request, job, form)


def answered(request: Request, asked: ExecuteRequest, job: Job, form: str) -> Response:
    """Return the answer of a job that has ended. Raises a NoResult that says why there is none."""
    if job.result is None:
        raise no_result(job)
    if form == HTML:
        shown = answer_of(request, job)
        return page(request, shown.statement, answer_content(shown), headers=provenance(job))
    cells = csv_cells(request)
    tag = answer_tag(asked, job.dataset, form, cells)
    headers: Headers = {**caching(asked), **provenance(job), "Content-Type": TYPES[form], "ETag": tag}
    return Response(answer_csv(job, cells) if form == CSV else frozen_json(job).decode(), headers=headers)


def parse_query(request: Request, entry: Statistic) -> ExecuteRequest:
    """Return what a query asks. Raises InvalidRequest, or NotFound for a data set that is not stored."""
    query = Query(request, *entry.inputs, "dataset", "cells", from_form=True)
    values = {name: query.value(name) for name in entry.inputs}
    inputs = parse_inputs(entry, {name: value for name, value in values.items() if value is not None})
    dataset = stored_dataset(query.value("dataset"))
    return ExecuteRequest(entry.name, inputs, fresh=declines_reuse(request), dataset=dataset)


def parsed(name: str) -> tuple[Statistic, str]:
    """Return the statistic and the media type in a name such as "ranking.csv". Raises UnknownStatistic."""
    stem, _, extension = name.rpartition(".")
    if extension not in FORMS:
        raise UnknownStatistic(f"{shown(name)} ends in none of {listed(f'.{form}' for form in FORMS)}")
    return statistic(stem), FORMS[extension]


def stored_dataset(fingerprint: str | None) -> str:
    """Return the data set that a query pins, or "". Raises NotFound for one that is not stored."""
    if fingerprint and fingerprint not in get_service().datasets():
        raise NotFound(f"there is no data set {shown(fingerprint)}; /operations lists those that are stored")
    return fingerprint or ""


def answer_tag(asked: ExecuteRequest, dataset: str, form: str, cells: Cells) -> str:
    method = statistic(asked.statistic).method
    return tag_of(("answer", dataset, method, sorted(asked.inputs.items()), form, cells))


def caching(asked: ExecuteRequest) -> dict[str, str]:
    """Return the header that says who may keep the response, and for how long."""
    who = "private" if get_settings().access == "key" else "public"
    return {"Cache-Control": f"{who}, {f'max-age={PINNED_SECONDS}' if asked.dataset else 'no-cache'}"}


def accepted(request: Request, job: Job, form: str) -> Response:
    """Return that the job is not done yet, in a form that no program takes for the answer."""
    where = job_url(request, job.id)
    headers = {
        "Location": where,
        "Retry-After": str(RETRY_SECONDS),
        "Cache-Control": "no-store",
        DATASET: job.dataset,
    }
    if form == HTML:
        content = accepted_content(site(request), job.id, job.status)
        return page(request, f"{job.id} is {job.status}", content, 202, headers)
    if form == CSV:
        text = f"status,job,message\r\n{job.status},{where},not computed yet: ask again\r\n"
        return Response(text, headers={**headers, "Content-Type": TYPES[CSV]}, status_code=202)
    return Response(
        render(status_info(request, job)), headers={**headers, "Content-Type": JSON}, status_code=202
    )
