"""The description of both interfaces: /openapi.json for programs, /docs for people."""

from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import get_service, get_settings
from chalicelib.documents.openapi import MEDIA_TYPE
from chalicelib.errors import NotFound, shown
from chalicelib.routes.endpoint import VIEWS, Headers, base_path, endpoint, ok
from chalicelib.routes.responses import site

routes = Blueprint(__name__)

VIEWER = Path(__file__).parent.parent / "web" / "viewer"
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
# The files that are served, by their names in addresses.
FILES = {
    "page.css": "page.css",
    "page.js": "page.js",
    "swagger-ui.css": "swagger-ui/swagger-ui.css",
    "swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
}
# The browser loads from this origin only, whatever the page or the viewer contains. The viewer sets styles on
# its elements; its style sheet contains pictures.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@endpoint(routes, "/openapi.json", lane=VIEWS)
def openapi() -> Response:
    from chalicelib.documents.openapi.document import document  # imported late: few functions ever serve it

    settings = get_settings()
    server, key_needed = (
        settings.public_url or base_path(routes.current_request) or "/",
        settings.access == "key",
    )
    return ok(document(get_service().catalogue(), server, key_needed), {"Content-Type": MEDIA_TYPE})


@endpoint(routes, "/docs")
def page() -> Response:
    response = served("index.html", {"Content-Security-Policy": POLICY})
    request = routes.current_request
    text = response.body.replace("{navigation}", site(request).navigation())
    response.body = text.replace("{base}", base_path(request))
    return response


@endpoint(routes, "/docs/{name}", lane=VIEWS)
def part(name: str) -> Response:
    if name not in FILES:
        raise NotFound(f"/docs has no file {shown(name)}")
    return served(FILES[name], {"Cache-Control": "public, max-age=3600"})


def served(path: str, headers: Headers) -> Response:
    text, media_type = (VIEWER / path).read_text(encoding="utf-8"), TYPES[path.rpartition(".")[2]]
    return Response(
        text,
        headers={
            "Content-Type": f"{media_type}; charset=utf-8",
            "X-Content-Type-Options": "nosniff",
            **headers,
        },
    )
