"""JSON Schemas of what a request may hold: the same ones check requests and describe them to programs."""

from typing import Any

from chalicelib.documents.inputs import INPUTS, Schema, input_text
from chalicelib.domain.statistics.statistic import Statistic
from chalicelib.errors import InvalidRequest, listed, shown


def inputs_schema(entry: Statistic) -> Schema:
    """Return the schema of an object with the inputs of a statistic, and nothing else."""
    return {
        "title": entry.name,
        "type": "object",
        "required": list(entry.parameters),
        "properties": {name: INPUTS[name].schema for name in entry.inputs},
        "additionalProperties": False,
    }


def parse_inputs(entry: Statistic, body: object) -> dict[str, str]:
    """Return the inputs in a body that fits `inputs_schema`, as texts: absent ones stay absent.

    Raises InvalidRequest, naming the field.
    """
    if not isinstance(body, dict):
        example = ", ".join(f'"{name}": "…"' for name in entry.parameters)
        raise InvalidRequest(f"the body must be a JSON object such as {{{example}}}")
    if unknown := sorted(set(body) - set(entry.inputs)):
        takes = listed(entry.inputs)
        raise InvalidRequest(f"unknown field {shown(unknown[0])}; {entry.name} takes {takes}")
    required = {name: input_text(name, member(name, body)) for name in entry.parameters}
    return required | {name: input_text(name, body[name]) for name in entry.optional if name in body}


def member(name: str, body: dict[str, Any]) -> object:
    if name not in body:
        raise InvalidRequest(f"field {shown(name)} is missing")
    return body[name]
