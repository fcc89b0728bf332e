"""Responses beyond what Lambda may return (6 MB): the client is sent to the bucket for them."""

import json

from chalice.app import Response

from chalicelib.adapters.s3_response_store import LINK_SECONDS, REPEATED
from chalicelib.bootstrap import get_response_store, get_settings

# What a character of a body takes at most in Lambda's own JSON, around ours: two escapes.
LONGEST_CHARACTER = 12


def fitted(response: Response) -> Response:
    """Return the response, or where it is too large for Lambda, 303 with the link of its body in S3."""
    limit, body = get_settings().response_limit, response.body
    if not limit or response.status_code != 200 or payload_size(body, limit) <= limit:
        return response
    # JSON writes lone surrogates, which UTF-8 cannot encode, in the same way.
    content = body.encode(errors="backslashreplace")
    link = get_response_store().store(content, response.headers)
    kept = {name: text for name, text in response.headers.items() if name.lower() not in (*REPEATED, "etag")}
    minutes = LINK_SECONDS // 60
    return Response(
        f"This response has {len(content):,} bytes, more than this service may send by itself. "
        f"For {minutes} minutes, Location leads to it.\n",
        headers={**kept, "Content-Type": "text/plain", "Cache-Control": "no-store", "Location": link},
        status_code=303,
    )


def payload_size(body: str, limit: int) -> int:
    """Return the bytes of a body in Lambda's JSON, or a bound of them that is not above the limit."""
    bound = len(body) * LONGEST_CHARACTER
    return bound if bound <= limit else len(json.dumps(body))
