"""OGC API - Processes: jobs, their status, their results, and their dismissal."""

import logging
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.application.job import Job, JobStatus
from chalicelib.bootstrap import get_service
from chalicelib.documents.job_documents import status_facts
from chalicelib.routes.endpoint import VIEWS, endpoint
from chalicelib.routes.links import REL, address, base_url, job_url, link
from chalicelib.routes.request.headers import awaited
from chalicelib.routes.request.query_params import JOB_FILTERS, Query, cursor, job_filter, position
from chalicelib.routes.responses import document, problem, provenance
from chalicelib.routes.results import validated_result

routes = Blueprint(__name__)


@endpoint(routes, "/jobs", failed=problem, lane=VIEWS)
def jobs() -> Response:
    request = routes.current_request
    query = Query(request, *JOB_FILTERS, "limit", "cursor")
    page = get_service().page(job_filter(query), query.limit(), position(query.value("cursor")))
    links = []
    if page.next is not None:
        links.append(link(address(request, cursor=cursor(page.next)), "next", "Earlier jobs"))
    return document(request, "Jobs", {"jobs": [listed(request, job) for job in page.jobs], "links": links})


@endpoint(routes, "/jobs/{job_id}", level=logging.DEBUG, failed=problem, supports_wait=True)
def job(job_id: str) -> Response:
    request, current = routes.current_request, awaited(routes.current_request, get_service(), job_id)
    headers = provenance(current)
    if not current.status.is_terminal:
        headers["Cache-Control"] = "no-store"
    return document(request, current.id, status_info(request, current), headers=headers)


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
    return status_facts(job) | {"links": links}
