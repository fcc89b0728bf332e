"""The operator's endpoints: /health, /metrics and /operations, which only read."""

import logging
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.application.health import HealthStatus
from chalicelib.bootstrap import get_service, get_settings
from chalicelib.errors import NoDataset, NotFound
from chalicelib.observability.embedded_metrics import NAMESPACE
from chalicelib.observability.metrics import CONTENT_TYPE, EVENTS, PrometheusRecorder, recorder
from chalicelib.routes.endpoint import CHECKS, JSON, VIEWS, Headers, endpoint, render
from chalicelib.routes.links import link
from chalicelib.routes.negotiation import HTML
from chalicelib.routes.responses import document, problem, site
from chalicelib.web.operations_page import operations_content

routes = Blueprint(__name__)

NOT_STORED: Headers = {"Cache-Control": "no-store"}
# A draining service still answers polls, so a load balancer should go on sending requests.
STATUS = {HealthStatus.READY: 200, HealthStatus.DRAINING: 200, HealthStatus.DEGRADED: 503}


@endpoint(routes, "/health", level=logging.DEBUG, lane=CHECKS)
def health() -> Response:
    service = get_service()
    status, reasons = service.health()
    warnings = service.warnings() if status is not HealthStatus.DEGRADED else []
    body = render({"status": status, "reasons": reasons, **({"warnings": warnings} if warnings else {})})
    return Response(body, headers={**JSON, **NOT_STORED}, status_code=STATUS[status])


@endpoint(routes, "/operations", level=logging.DEBUG, failed=problem, lane=VIEWS)
def operations() -> Response:
    request, facts = routes.current_request, operation_facts()
    headers = {"Cache-Control": "no-store"}
    return document(
        request,
        "Operations",
        facts,
        headers=headers,
        content=lambda: operations_content(site(request), facts),
    )


def operation_facts() -> dict[str, Any]:
    """Return the state of the service; its last hour too, where one process does all the work."""
    service, target = get_service(), recorder()
    status, reasons = service.health()
    facts: dict[str, Any] = {"status": status, "reasons": list(reasons), "jobs": service.load()._asdict()}
    if isinstance(target, PrometheusRecorder):
        facts["durations"] = target.history.percentiles()
        facts["minutes"] = target.history.minutes(*EVENTS.values())
    facts["datasets"] = datasets()
    if dashboard := get_settings().dashboard:
        facts["links"] = [link(dashboard, "related", "The dashboard in CloudWatch", HTML)]
    return facts


def datasets() -> list[dict[str, Any]]:
    """Return the stored data sets, the current one first, with its title."""
    service = get_service()
    try:
        current, title = service.dataset(), service.catalogue()["title"]
    except NoDataset:
        return []
    earlier = [name for name in service.datasets() if name != current]
    return [
        {"id": current, "current": True, "title": title},
        *({"id": name, "current": False} for name in earlier),
    ]


@endpoint(routes, "/metrics", level=logging.DEBUG)
def metrics() -> Response:
    target = recorder()
    if not isinstance(target, PrometheusRecorder):
        raise NotFound(f"the metrics of all functions are in CloudWatch, namespace {NAMESPACE}")
    get_service().measure()
    return Response(target.text(), headers={"Content-Type": CONTENT_TYPE, **NOT_STORED})
