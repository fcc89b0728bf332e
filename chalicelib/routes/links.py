"""Absolute links between the resources, with the stage's prefix."""

import json
import re
from urllib.parse import quote, urlencode

from chalice.app import Request

from chalicelib.application.job import JSON, Job
from chalicelib.bootstrap import get_settings
from chalicelib.errors import InvalidRequest
from chalicelib.routes.endpoint import actual_path, base_path, gateway_path
from chalicelib.routes.negotiation import NAMES

Link = dict[str, str]

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
HOST = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?", re.ASCII)
TITLES = {"json": "as JSON", "html": "as a page", "csv": "as CSV"}


def link(href: str, rel: str, title: str, media_type: str = JSON) -> Link:
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def origin(request: Request) -> str:
    """Return scheme and host of this request's address.

    The public address precedes API Gateway, and both precede the Host header. Raises InvalidRequest for a
    header that names no host, which must not stand in a link.
    """
    if public := get_settings().public_url:
        return "/".join(public.split("/")[:3])
    host, scheme = str(request.headers.get("host", "")), "http"
    if domain := request.context.get("domainName"):
        host, scheme = str(domain), str(request.headers.get("x-forwarded-proto", "https"))
    if not HOST.fullmatch(host) or scheme not in ("http", "https"):
        raise InvalidRequest("the Host header names no host")
    return f"{scheme}://{host}"


def base_url(request: Request) -> str:
    """Return the address that all our paths follow, without a slash at its end."""
    return origin(request) + base_path(request)


def address(request: Request, **changes: str | None) -> str:
    """Return the address of this request with query parameters changed, or removed for None."""
    query = request.query_params
    kept = [(name, value) for name in query or () if name not in changes for value in query.getlist(name)]  # type: ignore[union-attr] # nothing is looped over without a query
    pairs = kept + [(name, value) for name, value in changes.items() if value is not None]
    own = actual_path(request).removeprefix(gateway_path(request))
    path = base_url(request) + quote(own, safe="/%")
    return path + ("?" + urlencode(pairs) if pairs else "")


def forms(where: str, chosen: str, offers: tuple[str, ...]) -> list[Link]:
    """Return links to an address in the chosen form, and in the other forms of `offers`."""
    mark = "&" if "?" in where else "?"
    others = [
        link(f"{where}{mark}f={NAMES[offer]}", "alternate", f"This {TITLES[NAMES[offer]]}", offer)
        for offer in offers
        if offer != chosen
    ]
    return [link(where, "self", "This", chosen), *others]


def job_url(request: Request, job_id: str) -> str:
    return f"{base_url(request)}/jobs/{job_id}"


def explore_url(request: Request, job: Job) -> str:
    """Return the address of the Explore page that asks what a job was asked."""
    query = urlencode({"question": job.inputs.get("question", ""), "statistic": job.statistic, **job.inputs})
    return f"{base_url(request)}/explore?{query}"


def curl(request: Request, job: Job) -> str:
    """Return the command that asks what a job was asked."""
    key = ' -H "x-api-key: $STATLINE_KEY"' if get_settings().access == "key" else ""
    body = json.dumps({"inputs": dict(job.inputs)}, ensure_ascii=False)
    where = f"{base_url(request)}/processes/{job.statistic}/execution"
    command = f"curl -H 'Content-Type: application/json' -H 'Prefer: respond-async'{key}"
    return f"{command} -d {quoted(body)} \\\n  {quoted(where)}"


def quoted(text: str) -> str:
    """Return a text as a shell reads it."""
    return "'" + text.replace("'", "'\\''") + "'"
