"""CORS: pages of other sites may read our responses only where STATLINE_CORS_ORIGIN names their origin.

In the cloud API Gateway answers preflights, as .chalice/resources.json says.
"""

from chalicelib.bootstrap import get_settings
from chalicelib.config import NO_ORIGIN

REQUEST_HEADERS = (
    *("Accept", "Cache-Control", "Content-Type", "If-None-Match", "Idempotency-Key", "Prefer"),
    *("traceparent", "x-api-key"),
)
RESPONSE_HEADERS = (
    *("ETag", "Link", "Location", "Preference-Applied", "Retry-After"),
    *("Statline-Dataset", "Statline-List-Limit", "Statline-Trace"),
)
PREFLIGHT_SECONDS = 600


def sharing_headers() -> dict[str, str]:
    """Return the headers of a response that pages of the allowed origin may read."""
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
