"""The statistics as processes: what goes in and what comes out, as JSON Schemas.

The same schemas describe a process and validate what it is asked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib import __version__
from chalicelib.errors import UnknownQuestion, UnknownState
from chalicelib.ingestor import closest
from chalicelib.jobs import JSON
from chalicelib.statistics import Statistic

Catalogue = Mapping[str, Any]
Schema = dict[str, Any]

CSV = "text/csv"
MEDIA_TYPES = (JSON, CSV)
# Every statistic has one output.
OUTPUT = "result"
JOB_CONTROL = ("sync-execute", "async-execute", "dismiss")
TITLES = {"question": "Question", "state": "State"}
UNKNOWN = {"question": UnknownQuestion, "state": UnknownState}


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
    allowed = [text for texts in names.values() for text in texts]
    schema: Schema = {"type": "string", "enum": allowed}
    if name == "question":
        schema["oneOf"] = [{"title": title, "enum": texts} for title, texts in names.items()]
    return schema | {"example": allowed[0]} if allowed else schema


def names_of(name: str, catalogue: Catalogue) -> dict[str, list[str]]:
    """The names that each question, or each state, goes by: an id, if it is of one question only, first."""
    if name == "state":
        return {state["name"]: [state["name"]] for state in catalogue["states"]}
    questions = catalogue["questions"]
    uses = Counter(one["id"] for one in questions) + Counter(one["question"] for one in questions)
    return {
        one["question"]: [*([one["id"]] if one["id"] and uses[one["id"]] == 1 else []), one["question"]]
        for one in questions
    }


def validate(asked: Statistic, inputs: Mapping[str, str], catalogue: Catalogue) -> None:
    """Raises UnknownQuestion or UnknownState for what the input's schema does not have."""
    for name in asked.parameters:
        allowed: Iterable[str] = input_schema(name, catalogue)["enum"]
        if inputs[name] not in allowed:
            raise UNKNOWN[name](inputs[name], closest(inputs[name], allowed))


def output_schema(asked: Statistic) -> Schema:
    """An object of numbers, or a table of them."""
    numbers: Schema = {"type": "object", "additionalProperties": {"type": "number"}}
    if asked.nested:
        numbers["additionalProperties"] = dict(numbers)
    return {"oneOf": [numbers | {"contentMediaType": JSON}, {"type": "string", "contentMediaType": CSV}]}
