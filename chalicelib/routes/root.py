"""The landing page and what the service offers: /, /conformance, /api/questions, /api/states."""

from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib import __version__
from chalicelib.bootstrap import get_service
from chalicelib.documents.openapi import MEDIA_TYPE
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.routes.cors import is_foreign, is_navigation
from chalicelib.routes.endpoint import DATASET, EXECUTIONS, VIEWS, base_path, endpoint, ok
from chalicelib.routes.links import REL, base_url, link
from chalicelib.routes.negotiation import HTML, negotiate
from chalicelib.routes.pages.explore import explore_page
from chalicelib.routes.responses import DOCUMENT_FORMS, document, problem

routes = Blueprint(__name__)

DATASET_FACTS = ("title", "synthetic", "source", "licence", "rows", "suppressed")
CONFORMANCE = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
CLASSES = ("core", "ogc-process-description", "json", "html", "oas30", "job-list", "callback", "dismiss")


@endpoint(routes, "/", failed=problem, lane=EXECUTIONS)
def index() -> Response:
    request, service = routes.current_request, get_service()
    if opens_page(request):
        # A page of another site may lead its visitor here, but not make a job by a picture or a frame.
        return explore_page(request, may_ask=not is_foreign(request) or is_navigation(request))
    base, path = base_url(request), base_path(request)
    dataset, catalogue = service.dataset(), service.catalogue()
    facts = {
        "title": "Statline",
        "name": "Statline",
        "version": __version__,
        "description": "Statistical questions over survey data, answered asynchronously: "
        "POST a question, get a job, collect the answer.",
        "dataset": {
            "id": dataset,
            **{fact: catalogue[fact] for fact in DATASET_FACTS},
            # Only where there are any: catalogues of before have no such key.
            **({"warnings": warnings} if (warnings := catalogue.get("warnings")) else {}),
        },
        "statistics": [described(name, path) for name in STATISTICS],
        "api": {
            "questions": f"{path}/api/questions",
            "states": f"{path}/api/states",
            "result": f"{path}/api/get_results/{{job_id}}",
            "jobs": f"{path}/api/jobs",
            "num_jobs": f"{path}/api/num_jobs",
            "graceful_shutdown": f"{path}/api/graceful_shutdown",
            "health": f"{path}/health",
        },
        "links": [
            link(f"{base}/openapi.json", "service-desc", "The API's definition", MEDIA_TYPE),
            link(f"{base}/docs", "service-doc", "The API's documentation", HTML),
            link(f"{base}/conformance", REL + "conformance", "Conformance classes"),
            link(f"{base}/processes", REL + "processes", "Processes"),
            link(f"{base}/jobs", REL + "job-list", "Jobs"),
        ],
    }
    return document(request, "Statline", facts, headers={DATASET: dataset})


def opens_page(request: Request) -> bool:
    """Return whether a browser opens the service, rather than a link to the landing page in some form."""
    form_named = request.query_params is not None and "f" in request.query_params
    return not form_named and negotiate(request, DOCUMENT_FORMS) == HTML


@endpoint(routes, "/conformance", failed=problem)
def conformance() -> Response:
    facts = {"conformsTo": [CONFORMANCE + name for name in CLASSES]}
    return document(routes.current_request, "Conformance", facts)


@endpoint(routes, "/api/questions", lane=VIEWS)
def questions() -> Response:
    return listing("questions")


@endpoint(routes, "/api/states", lane=VIEWS)
def states() -> Response:
    return listing("states")


def listing(name: str) -> Response:
    service = get_service()
    return ok({name: service.catalogue()[name]}, {DATASET: service.dataset()})


def described(name: str, base: str) -> dict[str, Any]:
    statistic = STATISTICS[name]
    return {
        "name": name,
        "title": statistic.title,
        "description": statistic.description,
        "method": "POST",
        "href": f"{base}/api/{name}",
        "fields": list(statistic.parameters),
        "optional": list(statistic.optional),
    }
