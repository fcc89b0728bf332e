"""The schemas of answers as a JSON Schema validator reads them."""

from typing import Any

from jsonschema_rs import Draft4Validator

from chalicelib.domain.statistics.registry import STATISTICS


def check_answer(name: str, answer: object) -> None:
    """Raise an error that says where an answer differs from its statistic's output schema."""
    Draft4Validator(without_nullable(STATISTICS[name].output_schema)).validate(answer)


def without_nullable(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 in JSON Schema's words."""
    if isinstance(schema, list):
        return [without_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: without_nullable(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, plain]} if schema.get("nullable") is True else plain
