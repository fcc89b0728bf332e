"""What the service is and what can be asked of it: /, /api/questions, /api/states."""

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib import __version__
from chalicelib.bootstrap import get_service
from chalicelib.routes.http import ANY_TYPE, DATASET, base_path, endpoint, ok
from chalicelib.statistics import STATISTICS

routes = Blueprint(__name__)

DATASET_FACTS = ("title", "synthetic", "source", "licence", "rows", "suppressed")


@routes.route("/", content_types=ANY_TYPE)
@endpoint(routes)
def index() -> Response:
    base, service = base_path(routes.current_request), get_service()
    dataset, catalogue = service.dataset(), service.catalogue()
    return ok(
        {
            "name": "Statline",
            "version": __version__,
            "description": "Statistical questions over survey data, answered asynchronously: "
            "POST a question, get a job_id, collect the answer.",
            "dataset": {"id": dataset, **{fact: catalogue[fact] for fact in DATASET_FACTS}},
            "statistics": [described(name, base) for name in STATISTICS],
            "links": {
                "questions": f"{base}/api/questions",
                "states": f"{base}/api/states",
                "result": f"{base}/api/get_results/{{job_id}}",
                "jobs": f"{base}/api/jobs",
                "num_jobs": f"{base}/api/num_jobs",
                "graceful_shutdown": f"{base}/api/graceful_shutdown",
                "health": f"{base}/health",
            },
        },
        {DATASET: dataset},
    )


@routes.route("/api/questions", content_types=ANY_TYPE)
@endpoint(routes)
def questions() -> Response:
    return listing("questions")


@routes.route("/api/states", content_types=ANY_TYPE)
@endpoint(routes)
def states() -> Response:
    return listing("states")


def listing(name: str) -> Response:
    service = get_service()
    return ok({name: service.catalogue()[name]}, {DATASET: service.dataset()})


def described(name: str, base: str) -> dict[str, Any]:
    known = STATISTICS[name]
    return {
        "name": name,
        "title": known.title,
        "description": known.description,
        "method": "POST",
        "href": f"{base}/api/{name}",
        "fields": list(known.parameters),
    }
