"""/api/*: the original server's interface, whose bodies are frozen."""

import logging

from chalice.app import Blueprint, Response

from chalicelib.application.idempotency import IdempotencyKey
from chalicelib.application.job import JSON, Job, JobStatus
from chalicelib.application.pagination import Filter
from chalicelib.bootstrap import get_service, get_settings
from chalicelib.documents.execute_request import parse_question
from chalicelib.documents.result_table import frozen_json
from chalicelib.domain.statistics.registry import statistic as find_statistic
from chalicelib.routes.cors import Effect
from chalicelib.routes.endpoint import (
    DATASET,
    LIST_LIMIT,
    TRACE,
    VIEWS,
    Headers,
    base_path,
    endpoint,
    ok,
    render,
)
from chalicelib.routes.request.body import json_body
from chalicelib.routes.request.headers import awaited, declines_reuse, idempotency_key
from chalicelib.routes.request.query_params import cursor, position
from chalicelib.routes.responses import outcome, provenance, validated

routes = Blueprint(__name__)

# Jobs in one answer of /api/jobs, the newest. They stay far below the 6 MB that Lambda may answer.
LISTED_JOBS = 10_000
# The original interface has three statuses for the standard's five.
STATUS = {
    JobStatus.ACCEPTED: "running",
    JobStatus.RUNNING: "running",
    JobStatus.SUCCESSFUL: "done",
    JobStatus.FAILED: "error",
    JobStatus.DISMISSED: "error",
}


@endpoint(routes, "/api/{statistic}", "POST")
def submit(statistic: str) -> Response:
    request = routes.current_request
    header, fresh, body = idempotency_key(request), declines_reuse(request), json_body(request)
    execute_request = parse_question(find_statistic(statistic), body, fresh)
    job = get_service().submit(execute_request, IdempotencyKey.of_request(header, "submit", statistic, body))
    location = f"{get_settings().public_url or base_path(request)}/api/get_results/{job.id}"
    return ok({"job_id": job.id}, {"Location": location, DATASET: job.dataset})


@endpoint(routes, "/api/get_results/{job_id}", level=logging.DEBUG, supports_wait=True)
def get_response(job_id: str) -> Response:
    request, job = routes.current_request, awaited(routes.current_request, get_service(), job_id)
    tracing = {TRACE: job.trace} if job.trace else {}
    headers = {"Content-Type": JSON, **provenance(job), **tracing}
    if job.status.is_terminal:
        return validated(request, headers, outcome(job), lambda: result_body(job))
    return Response(result_body(job), headers={**headers, "Cache-Control": "no-store"})


@endpoint(routes, "/api/jobs", lane=VIEWS)
def jobs() -> Response:
    request, params = routes.current_request, routes.current_request.query_params
    # Other parameters have always been ignored here.
    after = position(params.getlist("cursor")[0] if params and "cursor" in params else None)
    headers: Headers = {}
    page = get_service().page(Filter(), LISTED_JOBS, after)
    if page.next is not None:
        earlier = f"{base_path(request)}/api/jobs?cursor={cursor(page.next)}"
        headers = {"Link": f'<{earlier}>; rel="next"', LIST_LIMIT: str(LISTED_JOBS)}
    oldest_first = reversed(page.jobs)
    return ok({"status": "done", "data": [{job.id: STATUS[job.status]} for job in oldest_first]}, headers)


@endpoint(routes, "/api/num_jobs", level=logging.DEBUG)
def num_jobs() -> Response:
    return ok({"num_jobs": get_service().num_jobs()})


@endpoint(routes, "/api/graceful_shutdown", effect=Effect.COMMAND, loopback_only=True)
def graceful_shutdown() -> Response:
    drain = get_service().drain()
    return ok({"status": "done"} if drain.done else {"status": "running", "num_jobs": drain.left})


def result_body(job: Job) -> str:
    """Return the body of get_results."""
    status = STATUS[job.status]
    if job.result is not None:
        # The result is JSON whose bytes are frozen: it is inserted, never parsed and rebuilt.
        return f'{{"status": "{status}", "data": {frozen_json(job).decode()}}}'
    if status == "error":
        return render({"status": status, "reason": job.reason or f"{job.status}"})
    return render({"status": status})
