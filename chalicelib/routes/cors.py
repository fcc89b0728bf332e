"""Pages of other sites: they may command the service, and read its responses, only where
STATLINE_CORS_ORIGIN names their origin.

In the cloud API Gateway answers preflights, as .chalice/resources.json says.
"""

from enum import Enum, auto

from chalice.app import Request

from chalicelib.bootstrap import get_settings
from chalicelib.config import NO_ORIGIN
from chalicelib.errors import CrossSite


class Effect(Enum):
    """What a request does: the less, the more of other sites' pages may send it."""

    READ = auto()  # any page, for example as the source of a picture
    JOB = auto()  # by a GET that makes a job: a page may lead its visitor there, but not fetch it
    COMMAND = auto()  # no page of another site


REQUEST_HEADERS = (
    *("Accept", "Cache-Control", "Content-Type", "If-None-Match", "Idempotency-Key", "Prefer"),
    *("traceparent", "x-api-key"),
)
RESPONSE_HEADERS = (
    *("Content-Disposition", "ETag", "Link", "Location", "Preference-Applied", "Retry-After"),
    *("Statline-Dataset", "Statline-List-Limit", "Statline-Replay", "Statline-Trace"),
)
PREFLIGHT_SECONDS = 600


def refuse_other_sites(request: Request, effect: Effect) -> None:
    """Raise CrossSite for what a page of another origin may not make a browser send.

    Browsers mark requests to https and loopback by Sec-Fetch-Site, others that are no plain GET by Origin.
    Programs send neither.
    """
    if effect is Effect.READ or not is_foreign(request) or is_allowed_origin(request):
        return
    if effect is Effect.JOB and is_navigation(request):
        return
    raise CrossSite("no page of another site may send this request; STATLINE_CORS_ORIGIN lets an origin in")


def is_foreign(request: Request) -> bool:
    """Return whether a browser marks the request as sent by a page of another origin."""
    if site := request.headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    if origin := request.headers.get("origin"):
        return authority(origin) not in own_hosts(request)
    return False


def is_allowed_origin(request: Request) -> bool:
    origin, allowed = request.headers.get("origin"), get_settings().cors_origin
    return origin is not None and allowed in (origin, "*")


def is_navigation(request: Request) -> bool:
    """Return whether the response is to be a page of its own, in a window or a tab."""
    headers = request.headers
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")


def own_hosts(request: Request) -> set[str]:
    """Return the hosts that our own pages may have come from."""
    public = authority(get_settings().public_url)
    hosts = (request.headers.get("host"), request.context.get("domainName"), public)
    return {str(host).lower() for host in hosts if host}


def authority(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def sharing_headers() -> dict[str, str]:
    """Return the headers that say which pages may read a response: the allowed origin's, or our own."""
    if get_settings().cors_origin == NO_ORIGIN:
        return {"Cross-Origin-Resource-Policy": "same-origin"}
    return allowing({"Access-Control-Expose-Headers": ", ".join(RESPONSE_HEADERS)})


def preflight(methods: str) -> dict[str, str]:
    """Return the headers of the response to a preflight (OPTIONS) for a resource with these methods."""
    return allowing(
        {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
    )


def allowing(headers: dict[str, str]) -> dict[str, str]:
    """Add the header that lets an origin in; return no headers where the settings name no origin."""
    origin = get_settings().cors_origin
    return {} if origin == NO_ORIGIN else {"Access-Control-Allow-Origin": origin, **headers}
