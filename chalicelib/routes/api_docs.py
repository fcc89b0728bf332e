"""The description of both interfaces: /openapi.json for programs, /docs for people."""

from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import get_service, get_settings
from chalicelib.documents.openapi import MEDIA_TYPE
from chalicelib.errors import NotFound, shown
from chalicelib.routes.endpoint import ANY_TYPE, Headers, base_path, endpoint, ok

routes = Blueprint(__name__)

VIEWER = Path(__file__).parent.parent / "web" / "viewer"
HTML, STYLE, SCRIPT = (f"text/{kind}; charset=utf-8" for kind in ("html", "css", "javascript"))
FILES = {
    "page.css": ("page.css", STYLE),
    "page.js": ("page.js", SCRIPT),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", STYLE),
    "swagger-ui-bundle.js": ("swagger-ui/swagger-ui-bundle.js", SCRIPT),
}
# The browser loads from this origin only, whatever the page or the viewer contains. The viewer sets styles on
# its elements; its style sheet contains pictures.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@routes.route("/openapi.json", content_types=ANY_TYPE)
@endpoint(routes)
def openapi() -> Response:
    from chalicelib.documents.openapi.document import document  # imported late: few functions ever serve it

    server = base_path(routes.current_request) or "/"
    key_needed = get_settings().access == "key"
    return ok(document(get_service().catalogue(), server, key_needed), {"Content-Type": MEDIA_TYPE})


@routes.route("/docs", content_types=ANY_TYPE)
@endpoint(routes)
def page() -> Response:
    text = read("index.html").replace("{base}", base_path(routes.current_request))
    return served(text, HTML, {"Content-Security-Policy": POLICY})


@routes.route("/docs/{name}", content_types=ANY_TYPE)
@endpoint(routes, runs_in_thread=True)
def part(name: str) -> Response:
    if name not in FILES:
        raise NotFound(f"/docs has no file {shown(name)}")
    path, media_type = FILES[name]
    return served(read(path), media_type, {"Cache-Control": "public, max-age=3600"})


def read(path: str) -> str:
    return (VIEWER / path).read_text(encoding="utf-8")


def served(text: str, media_type: str, headers: Headers) -> Response:
    return Response(
        text, headers={"Content-Type": media_type, "X-Content-Type-Options": "nosniff", **headers}
    )
