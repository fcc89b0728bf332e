"""OGC API - Processes: the list of processes, their descriptions and executions."""

import time
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.application.idempotency import IdempotencyKey
from chalicelib.application.job import JSON
from chalicelib.bootstrap import get_service
from chalicelib.documents import process_description
from chalicelib.documents.batch_request import parse_batch
from chalicelib.documents.execute_request import parse_execute_request
from chalicelib.domain.statistics.registry import STATISTICS, statistic
from chalicelib.errors import InvalidRequest, shown
from chalicelib.routes.endpoint import DATASET, EXECUTIONS, VIEWS, endpoint
from chalicelib.routes.jobs import listed, status_info
from chalicelib.routes.links import REL, address, base_url, link
from chalicelib.routes.negotiation import negotiate
from chalicelib.routes.request.body import json_body
from chalicelib.routes.request.headers import declines_reuse, idempotency_key, prefers_async, wait_seconds
from chalicelib.routes.request.query_params import Query
from chalicelib.routes.responses import DOCUMENT_FORMS, document, problem
from chalicelib.routes.results import RESULT_FORMS, csv_cells, result

routes = Blueprint(__name__)

# Of a whole request: API Gateway gives up after 29 s, and the last look at the job may take some seconds.
SYNC_SECONDS = 18.0


@endpoint(routes, "/processes", failed=problem, lane=VIEWS)
def processes() -> Response:
    request = routes.current_request
    query = Query(request, "limit", "cursor")
    start, limit = after(query.value("cursor")), query.limit(len(STATISTICS))
    names, links = list(STATISTICS)[start:], []
    if len(names) > limit:
        href = address(request, cursor=names[limit - 1])
        links.append(link(href, "next", "More processes"))
    listed = [summary(request, name) for name in names[:limit]]
    return document(request, "Processes", {"processes": listed, "links": links})


def after(cursor: str | None) -> int:
    """Return the index after a process in the list."""
    if cursor is None:
        return 0
    if cursor not in STATISTICS:
        raise InvalidRequest(f'"cursor" {shown(cursor)} comes from no link of ours')
    return list(STATISTICS).index(cursor) + 1


def summary(request: Request, name: str) -> dict[str, Any]:
    href = f"{base_url(request)}/processes/{name}"
    return process_description.summary(STATISTICS[name]) | {"links": [link(href, "self", "Details")]}


@endpoint(routes, "/processes/{process_id}", failed=problem, lane=VIEWS)
def process(process_id: str) -> Response:
    request, service, asked = routes.current_request, get_service(), statistic(process_id)
    base = base_url(request)
    links = [
        link(f"{base}/processes/{asked.name}/execution", REL + "execute", "Execute it by a POST"),
        link(f"{base}/jobs?processID={asked.name}", REL + "job-list", "Its jobs"),
    ]
    facts = process_description.description(asked, service.catalogue()) | {"links": links}
    return document(request, asked.title, facts, headers={DATASET: service.dataset()})


@endpoint(routes, "/processes/{process_id}/execution", "POST", failed=problem, lane=EXECUTIONS)
def execute(process_id: str) -> Response:
    request, service, asked = routes.current_request, get_service(), statistic(process_id)
    start, asynchronous, patience = time.monotonic(), prefers_async(request), wait_seconds(request)
    seconds = (0.0 if asynchronous else SYNC_SECONDS) if patience is None else min(patience, SYNC_SECONDS)
    header, fresh = idempotency_key(request), declines_reuse(request)
    # Before the job is made: a request that accepts no form of it, or names no host, is refused.
    form, base = negotiate(request, RESULT_FORMS if seconds else DOCUMENT_FORMS), base_url(request)
    csv_cells(request)
    body = json_body(request)
    key = IdempotencyKey.of_request(header, "execute", asked.name, body)
    job = service.submit(parse_execute_request(asked, body, fresh), key, validate=True)
    where = f"{base}/jobs/{job.id}"
    if seconds:
        job = service.wait(job, seconds - (time.monotonic() - start))
        if job.status.is_terminal:
            applied = {} if patience is None else {"Preference-Applied": f"wait={seconds:g}"}
            return result(request, job, {"Link": f'<{where}>; rel="monitor"; type="{JSON}"', **applied})
    headers = {"Location": where, DATASET: job.dataset}
    if asynchronous:
        headers["Preference-Applied"] = "respond-async"
    facts = status_info(request, job)
    form = form if form in DOCUMENT_FORMS else JSON
    return document(request, job.id, facts, 201, headers, where=where, form=form)


@endpoint(routes, "/batch", "POST", failed=problem)
def batch() -> Response:
    request = routes.current_request
    form, _ = negotiate(request, DOCUMENT_FORMS), base_url(request)
    header, fresh, body = idempotency_key(request), declines_reuse(request), json_body(request)
    key = IdempotencyKey.of_request(header, "batch", body)
    jobs = get_service().submit_batch(parse_batch(body, fresh), key)
    facts = {"jobs": [listed(request, job) for job in jobs]}
    return document(request, "Batch", facts, 201, {DATASET: jobs[0].dataset}, form=form)
