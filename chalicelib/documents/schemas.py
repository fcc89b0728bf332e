"""JSON Schemas of what a request may hold: the same ones check requests and describe them to programs.

`fields` knows the keywords that are used here, and no others.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from chalicelib.domain.statistics.registry import Statistic
from chalicelib.errors import InvalidRequest, listed, shown

Schema = dict[str, Any]

# A text that is not blank. What a blank is regular expressions disagree about, so the class names those
# that some do not know.
TEXT: Schema = {"type": "string", "pattern": r"[^\s\x1c-\x1f\x85\ufeff]"}


def parse_inputs(asked: Statistic, body: object) -> dict[str, str]:
    """The inputs in a request's body. Raises InvalidRequest, naming the field that is wrong."""
    return fields(inputs_schema(asked.name, asked.parameters), body)


def inputs_schema(statistic: str, parameters: Iterable[str]) -> Schema:
    """An object that holds a text for each parameter of a statistic, and nothing else."""
    names = list(parameters)
    return {
        "title": statistic,
        "type": "object",
        "required": names,
        "properties": dict.fromkeys(names, TEXT),
        "additionalProperties": False,
    }


def fields(schema: Schema, body: object) -> dict[str, str]:
    """The texts in a body that fits a schema of `inputs_schema`.

    Raises InvalidRequest, naming the field that is wrong.
    """
    known = schema["properties"]
    if not isinstance(body, dict):
        example = ", ".join(f'"{name}": "…"' for name in known)
        raise InvalidRequest(f"the body must be a JSON object such as {{{example}}}")
    if unknown := sorted(set(body) - set(known)):
        raise InvalidRequest(f"unknown field {shown(unknown[0])}; {schema['title']} takes {listed(known)}")
    return {name: text(known[name], name, body) for name in schema["required"]}


def text(schema: Schema, name: str, body: dict[str, Any]) -> str:
    if name not in body:
        raise InvalidRequest(f"field {shown(name)} is missing")
    value = body[name]
    if not isinstance(value, str) or not re.search(schema["pattern"], value):
        raise InvalidRequest(f"field {shown(name)} must be a non-empty string, not {json.dumps(value)[:200]}")
    # No schema can say this: half a character is not text, though JSON can escape one.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidRequest(f"field {shown(name)} holds half a character (an unpaired surrogate)")
    return value
