"""The statistics as processes: what goes in and what comes out, as JSON Schemas.

The same schemas describe a process and validate what it is asked.
"""

from typing import Any

from chalicelib import __version__
from chalicelib.application.job import JSON
from chalicelib.domain.catalogue import Catalogue, allowed_names, names_of
from chalicelib.domain.statistics.registry import Statistic

Schema = dict[str, Any]

CSV = "text/csv"
MEDIA_TYPES = (JSON, CSV)
# Every statistic has one output.
OUTPUT = "result"
JOB_CONTROL = ("sync-execute", "async-execute", "dismiss")
TITLES = {"question": "Question", "state": "State"}


def summary(asked: Statistic) -> dict[str, Any]:
    """The process summary of OGC API - Processes, without links."""
    return {
        "id": asked.name,
        "title": asked.title,
        "description": asked.description,
        "version": __version__,
        "jobControlOptions": list(JOB_CONTROL),
        "outputTransmission": ["value"],
    }


def description(asked: Statistic, catalogue: Catalogue) -> dict[str, Any]:
    """The process description, without links, over the data set that the catalogue is of."""
    inputs = {name: described_input(name, catalogue) for name in asked.parameters}
    output = {
        "title": asked.title,
        "description": f"{asked.description} As CSV, the columns are {', '.join(asked.columns)}.",
        "schema": output_schema(asked),
    }
    return summary(asked) | {"inputs": inputs, "outputs": {OUTPUT: output}}


def described_input(name: str, catalogue: Catalogue) -> dict[str, Any]:
    schema = input_schema(name, catalogue)
    return {
        "title": TITLES[name],
        "description": f"A {name} of the data set “{catalogue['title']}”"
        + (", by its text or its id." if name == "question" else ", by its name."),
        "minOccurs": 1,
        "maxOccurs": 1,
        "schema": schema,
    }


def input_schema(name: str, catalogue: Catalogue) -> Schema:
    """A text out of those that the catalogue has; a question may be named by either of its names."""
    names = names_of(name, catalogue)
    allowed = allowed_names(name, catalogue)
    schema: Schema = {"type": "string", "enum": allowed}
    if name == "question":
        schema["oneOf"] = [{"title": title, "enum": texts} for title, texts in names.items()]
    return schema | {"example": allowed[0]} if allowed else schema


def output_schema(asked: Statistic) -> Schema:
    """An object of numbers, or a table of them."""
    numbers: Schema = {"type": "object", "additionalProperties": {"type": "number"}}
    if asked.nested:
        numbers["additionalProperties"] = dict(numbers)
    return {"oneOf": [numbers | {"contentMediaType": JSON}, {"type": "string", "contentMediaType": CSV}]}
