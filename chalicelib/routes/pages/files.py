"""The files that pages load, the Python client, what crawlers may read, and the shapes of the areas."""

import json

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import get_service
from chalicelib.errors import NotFound, shown
from chalicelib.routes.endpoint import DATASET, VIEWS, Headers, base_path, endpoint
from chalicelib.routes.responses import problem, validated
from chalicelib.web import client, static_files

routes = Blueprint(__name__)

FOR_EVER = "public, max-age=31536000, immutable"
GEOJSON = "application/geo+json"
PYTHON = "text/x-python; charset=utf-8"
# Each page below these makes a job.
ROBOTS = "User-agent: *\nDisallow: {base}/answers/\nDisallow: {base}/explore\nDisallow: {base}/jobs\n"


@endpoint(routes, "/static/{name}", failed=problem, lane=VIEWS)
def static(name: str) -> Response:
    if name not in static_files.served():
        raise NotFound(f"/static has no file {shown(name)}")
    headers: Headers = {
        "Content-Type": static_files.media_type(name),
        "Cache-Control": FOR_EVER,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(static_files.content(name), headers=headers)


@endpoint(routes, "/client/statline.py", failed=problem, lane=VIEWS)
def python_client() -> Response:
    headers = {"Content-Type": PYTHON, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return validated(routes.current_request, headers, (client.source(),), client.source)


@endpoint(routes, "/robots.txt")
def robots() -> Response:
    text = ROBOTS.format(base=base_path(routes.current_request))
    return Response(text, headers={"Content-Type": "text/plain; charset=utf-8"})


@endpoint(routes, "/geometry", failed=problem, lane=VIEWS)
def geometry() -> Response:
    service = get_service()
    dataset, shapes = service.dataset(), service.catalogue().get("geometry")
    if not shapes:
        raise NotFound("the data set brings no shapes of its areas")
    headers = {"Content-Type": GEOJSON, DATASET: dataset, "Cache-Control": "no-cache"}
    return validated(
        routes.current_request,
        headers,
        ("geometry", dataset),
        lambda: json.dumps(shapes, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
    )
