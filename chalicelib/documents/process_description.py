"""The statistics as processes of OGC API - Processes: their inputs and outputs as JSON Schemas."""

from typing import Any

from chalicelib import __version__
from chalicelib.application.job import JSON
from chalicelib.documents.schemas import INPUT, Schema
from chalicelib.domain.catalogue import Catalogue, allowed_names, names_of
from chalicelib.domain.statistics.registry import Statistic

CSV = "text/csv"
MEDIA_TYPES = (JSON, CSV)
# Names that a schema lists: a request for the description must not hold up the others.
LARGEST_ENUM = 10_000
# Every statistic has one output.
OUTPUT = "result"
JOB_CONTROL = ("sync-execute", "async-execute", "dismiss")
TITLES = {"question": "Question", "state": "State"}


def summary(entry: Statistic) -> dict[str, Any]:
    """Return the process summary, without links."""
    return {
        "id": entry.name,
        "title": entry.title,
        "description": entry.description,
        "version": __version__,
        "jobControlOptions": list(JOB_CONTROL),
        "outputTransmission": ["value"],
    }


def description(entry: Statistic, catalogue: Catalogue) -> dict[str, Any]:
    """Return the process description for the data set of a catalogue, without links."""
    inputs = {name: described_input(name, catalogue) for name in entry.parameters}
    output = {
        "title": entry.title,
        "description": f"{entry.description} As CSV, the columns are {', '.join(entry.columns)}.",
        "schema": output_schema(entry),
    }
    return summary(entry) | {"inputs": inputs, "outputs": {OUTPUT: output}}


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
    """Return the schema of an input: one of the names in the catalogue, a question's text or id.

    Of more than LARGEST_ENUM names it lists none.
    """
    names = names_of(name, catalogue)
    allowed = allowed_names(name, catalogue)
    if len(allowed) > LARGEST_ENUM:
        return INPUT | {"example": allowed[0]}
    schema: Schema = {"type": "string", "enum": allowed}
    if name == "question":
        schema["oneOf"] = [{"title": title, "enum": texts} for title, texts in names.items()]
    return schema | {"example": allowed[0]} if allowed else schema


def output_schema(entry: Statistic) -> Schema:
    """Return the schema of the result: an object of numbers, or CSV."""
    numbers: Schema = {"type": "object", "additionalProperties": {"type": "number"}}
    if entry.nested:
        numbers["additionalProperties"] = dict(numbers)
    return {"oneOf": [numbers | {"contentMediaType": JSON}, {"type": "string", "contentMediaType": CSV}]}
