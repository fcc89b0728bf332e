"""What descriptions of operations are made of."""

from collections.abc import Iterable
from typing import Any

from chalicelib.documents.schemas import Schema

Part = dict[str, Any]
JSON = "application/json"
EVERYWHERE = "Statline-Trace"  # the header that every answer has


def operation(
    tag: str,
    name: str,
    summary: str,
    responses: dict[str, Part],
    *,
    description: str = "",
    parameters: Iterable[Part] = (),
    body: Part | None = None,
) -> Part:
    found: Part = {"tags": [tag], "operationId": name, "summary": summary}
    if description:
        found["description"] = description
    if parameters := list(parameters):
        found["parameters"] = parameters
    if body is not None:
        found["requestBody"] = body
    return found | {"responses": responses}


def response(
    description: str,
    content: dict[str, Schema] | None = None,
    headers: Iterable[str] = (),
    links: Part | None = None,
) -> Part:
    """`content` has a schema for each media type, `headers` names of HEADERS."""
    found: Part = {"description": description}
    if content:
        found["content"] = {kind: {"schema": schema} for kind, schema in content.items()}
    found["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in (*headers, EVERYWHERE)}
    if links:
        found["links"] = links
    return found


def body(schema: Schema, example: Any, description: str = "") -> Part:
    found = {"required": True, "content": {JSON: {"schema": schema, "example": example}}}
    return found | ({"description": description} if description else {})


def in_path(name: str, description: str, schema: Schema) -> Part:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def ref(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}


def refused(*names: str) -> dict[str, Part]:
    """Responses of the same shape everywhere, by the names that components.responses has them under."""
    return {name[1:]: {"$ref": f"#/components/responses/{name}"} for name in names}


def exactly(**properties: Schema) -> Schema:
    """An object with these members, and no others."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def several(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def in_header(name: str, description: str, schema: Schema) -> Part:
    return {"name": name, "in": "header", "description": description, "schema": schema}


TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}

# What both interfaces take (docs/clients.md).
IDEMPOTENCY_KEY = in_header(
    "Idempotency-Key",
    "The same key with the same request leads to the same job, for a day",
    TEXT | {"pattern": "^[!-~]{1,255}$", "format": "idempotency-key"},
)
NO_CACHE = in_header("Cache-Control", "no-cache has the answer computed, whatever is known already", TEXT)
IF_NONE_MATCH = in_header("If-None-Match", "ETags of what is known already", TEXT)
WAIT = in_header(
    "Prefer",
    "wait=N: answer when the job has ended, or after N seconds, 18 at most",
    TEXT | {"example": "wait=5"},
)
KNOWN = response("Known already, by If-None-Match", headers=("ETag",))
