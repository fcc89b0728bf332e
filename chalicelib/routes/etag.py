"""Conditional requests (RFC 9110, section 13): an answer that a client has already is not sent again."""

import hashlib

from chalice.app import Request, Response


def validated(request: Request, response: Response) -> Response:
    """The response with an ETag of its body; 304 without it if the request names that one, or any.

    The tags are weak: on its way an answer may be compressed, and is the same answer.
    """
    tag = f'W/"{hashlib.sha256(str(response.body).encode()).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    known = [one.strip() for one in str(request.headers.get("if-none-match", "")).split(",")]
    if tag not in known and tag.removeprefix("W/") not in known and known != ["*"]:
        return response
    headers = {name: text for name, text in response.headers.items() if name != "Content-Type"}
    return Response("", headers=headers, status_code=304)
