"""Request headers: Prefer, Idempotency-Key, Cache-Control."""

import re

from chalice.app import Request

from chalicelib.application.job import Job
from chalicelib.application.service import Service
from chalicelib.errors import InvalidRequest, shown

KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
# API Gateway gives up after 29 s, and the submission and the last look may each take some seconds.
LONGEST_WAIT = 18.0


def preferences(request: Request) -> dict[str, str]:
    """Return values by name of the header Prefer (RFC 7240), without parameters; of one name the first."""
    values: dict[str, str] = {}
    for part in str(request.headers.get("prefer", "")).split(","):
        name, _, value = part.partition(";")[0].partition("=")
        values.setdefault(name.strip().lower(), value.strip().strip('"'))
    return values


def prefers_async(request: Request) -> bool:
    """Return whether the first of respond-async and respond-sync is respond-async."""
    names = [name for name in preferences(request) if name in ("respond-async", "respond-sync")]
    return names[:1] == ["respond-async"]


def wait_seconds(request: Request) -> float | None:
    """Return how long the client would wait, at most LONGEST_WAIT; None if it names no seconds."""
    value = preferences(request).get("wait", "")
    return min(float(value), LONGEST_WAIT) if SECONDS.fullmatch(value) else None


def awaited(request: Request, service: Service, job_id: str) -> Job:
    """Return the job, as soon as it has ended if the client prefers to wait. Raises JobNotFound."""
    job, seconds = service.get(job_id), wait_seconds(request)
    return service.wait(job, seconds) if seconds and not job.status.is_terminal else job


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key header, if there is one. Raises InvalidRequest for an invalid key."""
    key = request.headers.get("idempotency-key")
    if key is None or KEY.fullmatch(key):
        return key
    raise InvalidRequest(
        f"an Idempotency-Key has 1 to 255 visible ASCII characters, without blanks; not {shown(key)}"
    )


def declines_reuse(request: Request) -> bool:
    """Return whether the request's Cache-Control says no-cache (RFC 9111): no earlier result will do."""
    directives = str(request.headers.get("cache-control", "")).lower().split(",")
    return "no-cache" in (directive.strip() for directive in directives)
