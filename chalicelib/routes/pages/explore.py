"""The Explore page, and the facts that its script asks for where the page may not hold them."""

import json
from typing import Any, NamedTuple

from chalice.app import Blueprint, Request, Response

from chalicelib.application.job import ExecuteRequest, Job
from chalicelib.bootstrap import get_service, get_settings
from chalicelib.documents.job_documents import status_facts
from chalicelib.documents.result_table import document_of, frozen_json
from chalicelib.documents.schemas import parse_inputs
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.errors import StatlineError
from chalicelib.routes.cors import Effect
from chalicelib.routes.endpoint import DATASET, EXECUTIONS, VIEWS, base_path, endpoint, ok
from chalicelib.routes.errors import to_http
from chalicelib.routes.pages.answer_views import MOST_ROWS, answer_of
from chalicelib.routes.pages.selection import Selection, default_statistic, selection
from chalicelib.routes.responses import page, problem, provenance, site, suggestions
from chalicelib.routes.results import no_result
from chalicelib.web.answer_page import answer_content
from chalicelib.web.explore_page import explore_content, locked_content
from chalicelib.web.jobs_page import accepted_content
from chalicelib.web.markup import EMPTY, Html
from chalicelib.web.problem_page import problem_content

routes = Blueprint(__name__)

# For how long the page waits for the answer: without scripts it could not come later, with them it does.
ANSWER_SECONDS = 2.0
SCRIPTS = ("explore.js",)
# What the script knows of the data set.
FACTS = (
    *("title", "source", "licence", "synthetic", "citation", "unit", "population", "whole", "national"),
    *("territories", "questions", "states", "categories"),
)


@endpoint(routes, "/explore", failed=problem, lane=EXECUTIONS, effect=Effect.JOB)
def explore() -> Response:
    return explore_page(routes.current_request)


@endpoint(routes, "/explore.json", failed=problem, lane=VIEWS)
def facts() -> Response:
    dataset = get_service().dataset()
    return ok(page_facts(routes.current_request, dataset, get_service().catalogue()), {DATASET: dataset})


def explore_page(request: Request, may_ask: bool = True) -> Response:
    """Return the page with the answer to what its address asks, if it `may_ask` and there is one in time."""
    if get_settings().access == "key":
        known: dict[str, Any] = {"base": base_path(request), "key": True}
        return page(request, "Explore", locked_content(site(request), listed(), known), scripts=SCRIPTS)
    service = get_service()
    dataset, catalogue = service.dataset(), service.catalogue()
    chosen, facts = selection(query_of(request), catalogue), page_facts(request, dataset, catalogue)
    shown = Shown(catalogue["title"], EMPTY, {DATASET: dataset})
    if may_ask:
        try:
            job = asked(chosen)
            shown = found(request, job)
            facts["answer"] = known_answer(job, chosen, catalogue)
        except StatlineError as error:
            shown = refused(request, error)
    content = explore_content(site(request), catalogue, listed(), chosen.values, shown.answer, facts)
    return page(request, shown.title, content, shown.status, shown.headers, scripts=SCRIPTS)


class Shown(NamedTuple):
    """What the page shows of an answer: a title and content, with the headers and status of the response."""

    title: str
    answer: Html
    headers: dict[str, str]
    status: int = 200


def asked(chosen: Selection) -> Job:
    """Return the job of a selection, ended if it ends in time."""
    chosen.require_inputs()
    service, inputs = get_service(), parse_inputs(chosen.statistic, dict(chosen.inputs))
    job = service.submit(ExecuteRequest(chosen.statistic.name, inputs), validate=True)
    return service.wait(job, ANSWER_SECONDS)


def found(request: Request, job: Job) -> Shown:
    """Return the answer of a job. Raises NoResult for one that ended without."""
    if not job.status.is_terminal:
        content = accepted_content(site(request), job.id, job.status)
        return Shown("Accepted, not answered yet", content, provenance(job))
    if job.result is None:
        raise no_result(job)
    answer = answer_of(request, job, MOST_ROWS)
    return Shown(answer.statement, answer_content(answer), provenance(job))


def refused(request: Request, error: StatlineError) -> Shown:
    status, reason, headers = to_http(error)
    content = problem_content(site(request), reason, suggestions(request, error))
    return Shown("No answer", content, headers, status)


def known_answer(job: Job, chosen: Selection, catalogue: Catalogue) -> dict[str, Any] | None:
    """Return the answer as the script would have asked for it."""
    if job.result is None:
        return None
    document = document_of(job) or json.loads(frozen_json(job))
    facts = status_facts(job, catalogue)
    return {"job": facts, "statistic": job.statistic, "inputs": dict(chosen.inputs), "document": document}


def page_facts(request: Request, dataset: str, catalogue: Catalogue) -> dict[str, Any]:
    """Return what the script knows of the service and its data set."""
    return {
        "base": base_path(request),
        "dataset": dataset,
        "geometry": "/geometry" if catalogue.get("geometry") else None,
        "catalogue": {name: catalogue[name] for name in FACTS if name in catalogue},
        "statistics": listed(),
        "statistic": default_statistic(catalogue),
    }


def listed() -> list[dict[str, Any]]:
    return [
        {
            "name": entry.name,
            "title": entry.title,
            "description": entry.description,
            "fields": list(entry.parameters),
            "optional": list(entry.optional),
            "is_mean": entry.computes_rows,
        }
        for entry in STATISTICS.values()
    ]


def query_of(request: Request) -> dict[str, str]:
    """Return the values of a query by their names, of a repeated one the first."""
    query = request.query_params
    return {name: query.getlist(name)[0] for name in query or ()}  # type: ignore[union-attr] # none is looped over
