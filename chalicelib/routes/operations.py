"""The operator's endpoints: /health and /metrics."""

import logging

from chalice.app import Blueprint, Response

from chalicelib.application.health import HealthStatus
from chalicelib.bootstrap import get_service
from chalicelib.errors import NotFound
from chalicelib.observability.embedded_metrics import NAMESPACE
from chalicelib.observability.metrics import CONTENT_TYPE, PrometheusRecorder, recorder
from chalicelib.routes.endpoint import CHECKS, JSON, Headers, endpoint, render

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


@endpoint(routes, "/metrics", level=logging.DEBUG)
def metrics() -> Response:
    target = recorder()
    if not isinstance(target, PrometheusRecorder):
        raise NotFound(f"the metrics of all functions are in CloudWatch, namespace {NAMESPACE}")
    get_service().measure()
    return Response(target.text(), headers={"Content-Type": CONTENT_TYPE, **NOT_STORED})
