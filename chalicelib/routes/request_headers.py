"""What a client asks for by headers: waiting, no answer from before, to be taken at its word once."""

import re

from chalice.app import Request

from chalicelib.application.job import Job
from chalicelib.application.service import Service
from chalicelib.errors import InvalidRequest, shown

KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
# API Gateway gives up after 29 s, and the question and the last look may each take some seconds.
LONGEST_WAIT = 18.0


def preferences(request: Request) -> list[tuple[str, str]]:
    """Names and values of RFC 7240's header, in order; parameters after a semicolon are left out."""
    parts = (part.split(";")[0] for part in str(request.headers.get("prefer", "")).split(","))
    return [
        (name.strip().lower(), value.strip().strip('"'))
        for name, _, value in (p.partition("=") for p in parts)
    ]


def prefers_async(request: Request) -> bool:
    """Of the preferences that are about this, the first counts. Without one: no."""
    names = (name for name, _ in preferences(request))
    return next((name for name in names if name in ("respond-async", "respond-sync")), "") == "respond-async"


def wait_seconds(request: Request) -> float | None:
    """How long a client would wait, at most LONGEST_WAIT; None if it does not say so in seconds."""
    values = (value for name, value in preferences(request) if name == "wait")
    value = next(values, "")
    return min(float(value), LONGEST_WAIT) if SECONDS.fullmatch(value) else None


def awaited(request: Request, service: Service, job_id: str) -> Job:
    """The job, as soon as it has ended if the client would wait for that. Raises JobNotFound."""
    job, seconds = service.get(job_id), wait_seconds(request)
    return service.wait(job, seconds) if seconds and not job.status.is_terminal else job


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key header, if there is one. Raises InvalidRequest for what cannot be a key."""
    key = request.headers.get("idempotency-key")
    if key is None or KEY.fullmatch(key):
        return key
    raise InvalidRequest(
        f"an Idempotency-Key has 1 to 255 visible ASCII characters, without blanks; not {shown(key)}"
    )


def declines_reuse(request: Request) -> bool:
    """RFC 9111: no-cache in a request wants an answer that is not from before."""
    directives = str(request.headers.get("cache-control", "")).lower().split(",")
    return "no-cache" in (directive.strip() for directive in directives)
