"""The whole document, OpenAPI 3.0."""

from collections.abc import Mapping
from typing import Any

from chalicelib import __version__
from chalicelib.documents.openapi import original, processes, resources
from chalicelib.documents.openapi.parts import JSON, TEXT, Part, ref, response
from chalicelib.documents.schemas import Schema

DESCRIPTION = (
    "Statistical questions over survey data, answered asynchronously. Two interfaces over the same jobs: "
    "`/api/…`, plain and short, and OGC API - Processes 1.0, a published standard with clients of its own."
)
TAGS = original.TAGS | processes.TAGS
HEADERS: dict[str, Part] = {
    "Statline-Trace": {"description": "What the log lines of this request carry", "schema": TEXT},
    "Statline-Dataset": {"description": "The data set that the answer comes from", "schema": TEXT},
    "Location": {"description": "Where the job, or its result, is", "schema": TEXT},
    "Cache-Control": {"description": "no-store while the answer can change", "schema": TEXT},
    "Link": {"description": "The job behind a result that was waited for", "schema": TEXT},
    "ETag": {"description": "Of this answer, for If-None-Match; weak", "schema": TEXT},
    "Preference-Applied": {"description": "Which preference was followed", "schema": TEXT},
    "Vary": {"description": "What of the request decides about the form of the answer", "schema": TEXT},
    "Retry-After": {
        "description": "Seconds until it makes sense to ask again",
        "schema": {"type": "integer"},
    },
}
CONDITIONS = {
    "400": "A malformed request; the reason names what is wrong. No job is made",
    "404": "There is no such thing, or it has expired",
    "406": "There is no form of the answer that the client takes",
    "409": "The first request with this Idempotency-Key is not answered yet",
    "410": "The job was dismissed",
    "413": "A body above 64 KiB",
    "422": "This Idempotency-Key came with another request before",
    "500": "The job could not be computed, or nobody foresaw this",
    "503": "Not now: draining, too many open jobs, storage out of reach, or no data",
}
LATER = {"409": ("Retry-After",), "503": ("Retry-After",)}


def refusals(letter: str, media_type: str, schema: str) -> dict[str, Part]:
    return {
        letter + status: response(text, {media_type: ref(schema)}, LATER.get(status, ()))
        for status, text in CONDITIONS.items()
    }


# R for the original interface's, P for the standard's: problems as RFC 7807 has them.
RESPONSES = refusals("R", JSON, "Error") | refusals("P", "application/problem+json", "Problem")


def document(catalogue: Mapping[str, Any], server: str, key_needed: bool) -> Part:
    """The description of a service at the address `server`, over the data set that the catalogue is of."""
    asked = original.example(catalogue)
    schemas: dict[str, Schema] = original.SCHEMAS | resources.SCHEMAS | resources.names(catalogue)
    components: Part = {"schemas": schemas, "responses": RESPONSES, "headers": HEADERS}
    found: Part = {
        "openapi": "3.0.3",
        "info": {
            "title": "Statline",
            "version": __version__,
            "description": f"{DESCRIPTION}\n\nServes: {catalogue['title']}.",
            "license": {"name": "MIT"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": original.paths(asked) | processes.paths(asked),
        "components": components,
    }
    if key_needed:
        components["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
        found["security"] = [{"key": []}]
    return found
