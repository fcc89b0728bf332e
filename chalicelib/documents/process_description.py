"""The statistics as processes of OGC API - Processes: their inputs and outputs as JSON Schemas."""

from typing import Any

from chalicelib import __version__
from chalicelib.application.job import JSON
from chalicelib.documents.answer_table import row_members
from chalicelib.documents.inputs import INPUT, INPUTS, Schema, default_of, described
from chalicelib.domain.catalogue import LIKE, Catalogue, allowed_names, names_of
from chalicelib.domain.statistics.statistic import Statistic

CSV = "text/csv"
MEDIA_TYPES = (JSON, CSV)
# Names that a schema lists: a request for the description must not hold up the others.
LARGEST_ENUM = 10_000
# Every statistic has one output.
OUTPUT = "result"
JOB_CONTROL = ("sync-execute", "async-execute", "dismiss")


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
    inputs = {name: described_input(entry, name, catalogue) for name in entry.inputs}
    output = {
        "title": entry.title,
        "description": f"{entry.description} {csv_sentence(entry)}",
        "schema": output_schema(entry),
    }
    return summary(entry) | {"inputs": inputs, "outputs": {OUTPUT: output}}


def csv_sentence(entry: Statistic) -> str:
    """Return what the columns of a result as CSV are."""
    if entry.computes_rows:
        return f"As CSV, the columns are {', '.join(entry.columns)}."
    if rows := row_members(entry):
        of = f"As CSV, a row for each of `{entry.rows}` where there are some: {', '.join(rows)}. "
    else:
        of = "As CSV, one row. "
    return f"{of}Nested members are columns with dotted names; `presentable` and `caveats` are of each row."


def described_input(entry: Statistic, name: str, catalogue: Catalogue) -> dict[str, Any]:
    required = name in entry.parameters
    schema = input_schema(name, catalogue)
    if not required and default_of(entry, name) in schema.get("enum", ()):
        schema = schema | {"default": default_of(entry, name)}
    return {
        "title": INPUTS[name].title,
        "description": described(entry, name),
        "minOccurs": int(required),
        "maxOccurs": 1,
        "schema": schema,
    }


def input_schema(name: str, catalogue: Catalogue) -> Schema:
    """Return the schema of an input. Of a name in the catalogue it lists what there is.

    Of more than LARGEST_ENUM names it lists none.
    """
    kind = LIKE.get(name, name)
    if kind not in catalogue.names:
        return INPUTS[name].schema
    names = names_of(kind, catalogue)
    allowed = allowed_names(kind, catalogue)
    if len(allowed) > LARGEST_ENUM:
        return INPUT | {"example": allowed[0]}
    schema: Schema = {"type": "string", "enum": allowed}
    if kind == "question":
        schema["oneOf"] = [{"title": title, "enum": texts} for title, texts in names.items()]
    return schema | {"example": allowed[0]} if allowed else schema


def output_schema(entry: Statistic) -> Schema:
    """Return the schema of the result: an object of numbers or a document, or CSV."""
    answer = numbers_schema(entry) if entry.computes_rows else dict(entry.output_schema)
    return {"oneOf": [answer | {"contentMediaType": JSON}, {"type": "string", "contentMediaType": CSV}]}


def numbers_schema(entry: Statistic) -> Schema:
    numbers: Schema = {"type": "object", "additionalProperties": {"type": "number"}}
    if entry.nested:
        numbers["additionalProperties"] = dict(numbers)
    return numbers
