"""JSON Schemas of what a request may hold: the same ones check requests and describe them to programs."""

import json
import re
from typing import Any

from chalicelib.domain.statistics.registry import Statistic
from chalicelib.errors import InvalidRequest, listed, shown

Schema = dict[str, Any]

# A text that is not blank. What a blank is regular expressions disagree about, so the class names those
# that some do not know.
TEXT: Schema = {"type": "string", "pattern": r"[^\s\x1c-\x1f\x85\ufeff]"}
# Characters. Survey questions have up to 250; every job keeps its texts, in memory while it is open.
LONGEST_TEXT = 1_000
INPUT: Schema = TEXT | {"maxLength": LONGEST_TEXT}


def inputs_schema(entry: Statistic) -> Schema:
    """Return the schema of an object with a text for each parameter of a statistic, and nothing else."""
    return {
        "title": entry.name,
        "type": "object",
        "required": list(entry.parameters),
        "properties": dict.fromkeys(entry.parameters, INPUT),
        "additionalProperties": False,
    }


def parse_inputs(entry: Statistic, body: object) -> dict[str, str]:
    """Return the inputs in a body that fits `inputs_schema`. Raises InvalidRequest, naming the field."""
    if not isinstance(body, dict):
        example = ", ".join(f'"{name}": "…"' for name in entry.parameters)
        raise InvalidRequest(f"the body must be a JSON object such as {{{example}}}")
    if unknown := sorted(set(body) - set(entry.parameters)):
        takes = listed(entry.parameters)
        raise InvalidRequest(f"unknown field {shown(unknown[0])}; {entry.name} takes {takes}")
    return {name: text(name, body) for name in entry.parameters}


def text(name: str, body: dict[str, Any]) -> str:
    if name not in body:
        raise InvalidRequest(f"field {shown(name)} is missing")
    value = body[name]
    if not isinstance(value, str) or not re.search(TEXT["pattern"], value):
        raise InvalidRequest(f"field {shown(name)} must be a non-empty string, not {json.dumps(value)[:200]}")
    if len(value) > LONGEST_TEXT:
        raise InvalidRequest(
            f"field {shown(name)} has {len(value)} characters; at most {LONGEST_TEXT} are taken"
        )
    # No schema can say this: half a character is not text, though JSON can escape one.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidRequest(f"field {shown(name)} holds half a character (an unpaired surrogate)")
    return value
