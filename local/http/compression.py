"""gzip for clients that accept it, as API Gateway compresses in the cloud."""

import gzip

from chalicelib.byte_cache import cached
from chalicelib.routes.negotiation import parsed
from local.http.response import Response

WORTH_COMPRESSING = 1024  # bytes, as of API Gateway in .chalice/resources.json
PACKED_BYTES = 16_000_000  # of bodies, and of what they are packed into


def compressed(response: Response, accept_encoding: str) -> Response:
    """The response, with its body compressed if it is large enough and the client accepts gzip."""
    if len(response.body) < WORTH_COMPRESSING:
        return response
    vary = response.headers.get("Vary")
    headers = {**response.headers, "Vary": f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"}
    if not accepts_gzip(accept_encoding):
        return response._replace(headers=headers)
    return Response(response.status, packed(response.body), headers | {"Content-Encoding": "gzip"})


def accepts_gzip(accept_encoding: str) -> bool:
    """By RFC 9110: gzip is named, or covered by "*", and its quality is not 0."""
    ranges = parsed(accept_encoding)
    return ranges.get("gzip", ranges.get("*", 0.0)) > 0


@cached(PACKED_BYTES)
def packed(body: bytes) -> bytes:
    """Cached, because many clients often request the same large body."""
    return gzip.compress(body, 6, mtime=0)
