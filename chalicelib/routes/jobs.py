"""OGC API - Processes: jobs, their status, their results, and their dismissal."""

import logging
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.application.job import Job, JobStatus
from chalicelib.bootstrap import get_service
from chalicelib.documents.job_documents import status_facts
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.errors import StatlineError
from chalicelib.routes.endpoint import VIEWS, endpoint
from chalicelib.routes.links import REL, address, base_url, curl, explore_url, job_url, link
from chalicelib.routes.negotiation import HTML, negotiate
from chalicelib.routes.request.headers import awaited
from chalicelib.routes.request.query_params import (
    JOB_FILTERS,
    USUAL_LIMIT,
    Query,
    cursor,
    job_filter,
    position,
)
from chalicelib.routes.responses import (
    DOCUMENT_FORMS,
    document,
    problem,
    provenance,
    site,
)
from chalicelib.routes.results import validated_result
from chalicelib.web.jobs_page import JobView, job_content, jobs_content

routes = Blueprint(__name__)

LISTED_ON_PAGE = 50
# The members of a status document that a job's page shows below the sentence.
SHOWN = ("jobID", "processID", "created", "started", "finished", "reusedFrom", "age", "dataset", "replay")


@endpoint(routes, "/jobs", failed=problem, lane=VIEWS)
def jobs() -> Response:
    request, service = routes.current_request, get_service()
    form = negotiate(request, DOCUMENT_FORMS)
    query = Query(request, *JOB_FILTERS, "limit", "cursor", from_form=form == HTML)
    limit = query.limit(LISTED_ON_PAGE if form == HTML else USUAL_LIMIT)
    found = service.page(job_filter(query, texts()), limit, position(query.value("cursor")))
    earlier = address(request, cursor=cursor(found.next)) if found.next is not None else None
    facts = {
        "jobs": [listed(request, job) for job in found.jobs],
        "links": [link(earlier, "next", "Earlier jobs")] if earlier else [],
    }
    return document(
        request,
        "Jobs",
        facts,
        content=lambda: jobs_page(request, query, found.jobs, limit, earlier),
        scripts=("page.js", "jobs.js"),
    )


def jobs_page(request: Request, query: Query, found: list[Job], limit: int, earlier: str | None) -> str:
    values = {name: ",".join(query.values(name)) for name in JOB_FILTERS}
    views = [job_view(request, job) for job in found]
    titles = {name: entry.title for name, entry in STATISTICS.items()}
    return jobs_content(site(request), views, values, titles, limit, earlier)


def texts() -> dict[str, str]:
    """Return the texts of the current data set's questions by their names; none without a data set."""
    catalogue = known_catalogue(None)
    return catalogue.texts if catalogue else {}


@endpoint(routes, "/jobs/{job_id}", level=logging.DEBUG, failed=problem, supports_wait=True)
def job(job_id: str) -> Response:
    request, current = routes.current_request, awaited(routes.current_request, get_service(), job_id)
    headers = provenance(current)
    if not current.status.is_terminal:
        headers["Cache-Control"] = "no-store"
    return document(
        request,
        current.id,
        status_info(request, current),
        headers=headers,
        content=lambda: job_content(site(request), job_view(request, current)),
    )


@endpoint(routes, "/jobs/{job_id}", "DELETE", failed=problem)
def dismiss(job_id: str) -> Response:
    request, dismissed = routes.current_request, get_service().dismiss(job_id)
    return document(request, dismissed.id, status_info(request, dismissed))


@endpoint(routes, "/jobs/{job_id}/results", failed=problem, lane=VIEWS, supports_wait=True)
def results(job_id: str) -> Response:
    request = routes.current_request
    return validated_result(request, awaited(request, get_service(), job_id))


def listed(request: Request, job: Job) -> dict[str, Any]:
    facts = status_info(request, job)
    return facts | {"links": [link(job_url(request, job.id), "self", "Status"), *facts["links"]]}


def status_info(request: Request, job: Job) -> dict[str, Any]:
    """Return the standard's status document, without a link to itself."""
    where, process = job_url(request, job.id), f"{base_url(request)}/processes/{job.statistic}"
    links = [link(process, "related", "Process")]
    if job.status is JobStatus.SUCCESSFUL:
        links.append(link(where + "/results", REL + "results", "Result"))
    elif job.status is JobStatus.FAILED:
        links.append(link(where + "/results", REL + "exceptions", "Why there is no result"))
    return status_facts(job, known_catalogue(job.dataset)) | {"links": links}


def known_catalogue(dataset: str | None) -> Catalogue | None:
    """Return the catalogue of the current data set; None for an earlier one, which takes long to load."""
    service = get_service()
    try:
        return service.catalogue() if dataset in (None, service.dataset()) else None
    except StatlineError:  # no data set, or storage that does not answer: the status does not depend on it
        return None


def job_view(request: Request, job: Job) -> JobView:
    """Return what pages show of a job."""
    facts = status_info(request, job)
    entry, own = STATISTICS.get(job.statistic), dict(job.inputs)
    shown = {name: value for name, value in facts.items() if name in SHOWN}
    return JobView(
        job.id,
        job.status.value,
        job.statistic,
        entry.title if entry else job.statistic,
        facts.get("question", own.get("question", "")),
        own,
        facts["created"],
        facts["message"],
        between(job.accepted, job.started),
        between(job.started, job.finished),
        {**shown, "inputs": own},
        explore_url(request, job),
        curl(request, job),
    )


def between(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else max(0, end - start) / 1000
