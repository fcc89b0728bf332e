"""Which pages of other sites may read our answers in a browser: none, unless STATLINE_CORS_ORIGIN names one.

What a preflight is answered in the cloud, where API Gateway answers it, stands in .chalice/resources.json.
"""

import os
from collections.abc import Mapping

from chalice.app import Response

from chalicelib.config import NO_ORIGIN, origin

ASKED = (
    "Accept",
    "Cache-Control",
    "Content-Type",
    "If-None-Match",
    "Idempotency-Key",
    "Prefer",
    "traceparent",
)
REQUEST_HEADERS = (*ASKED, "x-api-key")
RESPONSE_HEADERS = (
    *("ETag", "Link", "Location", "Preference-Applied", "Retry-After"),
    *("Statline-Dataset", "Statline-Trace"),
)
PREFLIGHT_SECONDS = 600


def share(response: Response) -> None:
    """Let the pages of the allowed origin read this response."""
    response.headers |= sharing_headers(os.environ)


def sharing_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """The headers of a response that the pages of the allowed origin may read."""
    allowed = origin(environ)
    if allowed == NO_ORIGIN:
        return {}
    return {
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Expose-Headers": ", ".join(RESPONSE_HEADERS),
    }


def preflight(environ: Mapping[str, str], methods: str) -> dict[str, str]:
    """Headers of the answer to a browser that asks whether a page may ask."""
    allowed = origin(environ)
    if allowed == NO_ORIGIN:
        return {}
    return {
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
