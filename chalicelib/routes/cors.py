"""CORS: pages of other sites may read our responses only where STATLINE_CORS_ORIGIN names their origin.

In the cloud API Gateway answers preflights, as .chalice/resources.json says.
"""

from chalice.app import Response

from chalicelib.bootstrap import get_settings
from chalicelib.config import NO_ORIGIN

REQUEST_HEADERS = (
    *("Accept", "Cache-Control", "Content-Type", "If-None-Match", "Idempotency-Key", "Prefer"),
    *("traceparent", "x-api-key"),
)
RESPONSE_HEADERS = (
    *("ETag", "Link", "Location", "Preference-Applied", "Retry-After"),
    *("Statline-Dataset", "Statline-Trace"),
)
PREFLIGHT_SECONDS = 600


def share(response: Response) -> None:
    """Let pages of the allowed origin read this response."""
    response.headers |= sharing_headers()


def sharing_headers() -> dict[str, str]:
    """Return the headers of a response that pages of the allowed origin may read."""
    if not (allowed := allow_origin()):
        return {}
    return allowed | {"Access-Control-Expose-Headers": ", ".join(RESPONSE_HEADERS)}


def preflight(methods: str) -> dict[str, str]:
    """Return the headers of the response to a preflight (OPTIONS) for a resource with these methods."""
    if not (allowed := allow_origin()):
        return {}
    return allowed | {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }


def allow_origin() -> dict[str, str]:
    """Return the header that lets an origin in; none where the settings name no origin."""
    origin = get_settings().cors_origin
    return {} if origin == NO_ORIGIN else {"Access-Control-Allow-Origin": origin}
