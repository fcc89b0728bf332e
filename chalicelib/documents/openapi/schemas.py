"""The schemas of components: what requests hold and what responses return."""

from typing import Any
from urllib.parse import quote

from chalicelib.application.callbacks import LONGEST_URL
from chalicelib.application.health import HealthStatus
from chalicelib.application.job import SUCCESS_URI, JobStatus
from chalicelib.application.submission import BATCH_MEMBER
from chalicelib.documents.batch_request import LARGEST_BATCH
from chalicelib.documents.execute_request import CALLBACK_NAMES, RESPONSES
from chalicelib.documents.inputs import INPUT, INPUTS, Schema
from chalicelib.documents.inputs import described as described_as
from chalicelib.documents.process_description import (
    JOB_CONTROL,
    LARGEST_ENUM,
    MEDIA_TYPES,
    OUTPUT,
)
from chalicelib.domain.catalogue import LIKE, Catalogue, allowed_names
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.domain.statistics.statistic import Statistic

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NAMES = {
    **{"question": "QuestionName", "state": "StateName"},
    **{"category": "CategoryName", "stratum": "StratumName"},
}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def enum(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def array(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def map_of(values: Schema, **limits: int) -> Schema:
    return {"type": "object", "additionalProperties": values, **limits}


def open_object(required: str, properties: dict[str, Any]) -> Schema:
    """An object with these members, which may have others; `required` lists names, by spaces."""
    always: Schema = {"required": required.split()} if required else {}
    return {"type": "object", **always, "properties": properties}


def closed(schema: Schema) -> Schema:
    return schema | {"additionalProperties": False}


def closed_object(**properties: Schema) -> Schema:
    """An object with exactly these members."""
    return closed(open_object(" ".join(properties), properties))


def resource(required: str, **properties: Schema) -> Schema:
    """A resource of OGC API - Processes: its members, and links."""
    return open_object(f"{required} links", properties | {"links": array(ref("Link"))})


def texts(names: str, schema: Schema = TEXT) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


def answer_name(entry: Statistic) -> str:
    """Return the name of the schema of what a statistic returns."""
    words = entry.name.split("_")
    return "".join(word.capitalize() for word in (*words, "answer")) if entry.output_schema else "Answer"


PROCESS = enum(*STATISTICS)
CONTROL = {"jobControlOptions": array(enum(*JOB_CONTROL)), "outputTransmission": array(enum("value"))}
SUMMARY = {"id": PROCESS, **texts("title description version"), **CONTROL}
STATUS = {
    **texts("jobID message question dataset"),
    "inputs": map_of(TEXT),
    "processID": PROCESS,
    "type": enum("process"),
    "status": enum(*JobStatus),
    "progress": COUNT | {"maximum": 100},
    **texts("created started finished updated computed", {"type": "string", "format": "date-time"}),
    "replay": TEXT | {"description": "The same for the same question on the same data by the same method"},
    "reusedFrom": TEXT | {"description": "The job whose computation this result comes from"},
    "age": {"description": "Of the result, in seconds", "type": "number", "minimum": 0},
}
DESCRIBED = map_of(open_object("title schema", {"title": TEXT, "schema": {"type": "object"}}))
DONE, RUNNING = enum("done"), enum("running")
FORMAT = open_object("", {"mediaType": enum(*MEDIA_TYPES)})
WANTED = open_object("", {"transmissionMode": enum("value"), "format": FORMAT})
URLS: dict[str, Schema] = dict.fromkeys(
    CALLBACK_NAMES, TEXT | {"format": "callback", "maxLength": LONGEST_URL}
)
NULLABLE = {"nullable": True}
MINUTE = closed_object(minute=TEXT, accepted=COUNT, finished=COUNT, refused=COUNT)
TEXT_LINK = TEXT | {"format": "data-url", "description": "The text as a data: URL; base64 is accepted too"}
# The documents that estimates return.
ANSWERS = {
    answer_name(entry): dict(entry.output_schema) for entry in STATISTICS.values() if entry.output_schema
}
API_SCHEMAS: dict[str, Schema] = {
    "Accepted": closed_object(job_id=TEXT | {"pattern": "^job_id_[1-9][0-9]*$"}),
    "Error": closed_object(status=enum("error"), reason=TEXT),
    "Numbers": map_of({"type": "number"}),
    "Answer": {
        "description": "Of a mean, numbers by their labels; by category of one state, below the state's "
        "name. Of an estimate, a document",
        "anyOf": [ref("Numbers"), map_of(ref("Numbers")), *(ref(name) for name in ANSWERS)],
    },
    **ANSWERS,
    "Result": {
        "oneOf": [closed_object(status=RUNNING), closed_object(status=DONE, data=ref("Answer")), ref("Error")]
    },
    "JobWord": map_of(enum("running", "done", "error"), minProperties=1, maxProperties=1),
    "Jobs": closed_object(status=DONE, data=array(ref("JobWord"))),
    "NumJobs": closed_object(num_jobs=COUNT),
    "Shutdown": {"oneOf": [closed_object(status=DONE), closed_object(status=RUNNING, num_jobs=COUNT)]},
    "Best": {"type": "string", "enum": ["lowest", "highest", None], **NULLABLE},
    "Question": closed(
        open_object(
            "id question best",
            {
                "id": TEXT | NULLABLE,
                "question": TEXT,
                "best": ref("Best"),
                "years": array({"type": "integer"}),
                "topic": TEXT,
            },
        )
    ),
    "Questions": closed_object(questions=array(ref("Question"))),
    "State": closed_object(name=TEXT, abbreviation=TEXT | NULLABLE),
    "States": closed_object(states=array(ref("State"))),
    "Health": closed(
        open_object(
            "status reasons",
            {"status": enum(*HealthStatus), "reasons": array(TEXT), "warnings": array(TEXT)},
        )
    ),
}
OGC_SCHEMAS: dict[str, Schema] = {
    "Link": open_object("href", texts("href rel type title")),
    "LandingPage": resource("title", **texts("title description")),
    "Conformance": resource("conformsTo", conformsTo=array(TEXT)),
    "ProcessSummary": resource("id version", **SUMMARY),
    "ProcessList": resource("processes", processes=array(ref("ProcessSummary"))),
    "Process": resource("id version inputs outputs", **SUMMARY, **texts("inputs outputs", DESCRIBED)),
    "Operations": resource(
        "status reasons jobs datasets",
        status=enum(*HealthStatus),
        reasons=array(TEXT),
        jobs=closed_object(open=COUNT, limit=COUNT, oldest={"type": "number"}),
        durations=map_of({"type": "number", **NULLABLE}),
        minutes=array(MINUTE),
        datasets=array(
            open_object("id current", {"id": TEXT, "current": {"type": "boolean"}, "title": TEXT})
        ),
    ),
    "JobStatus": resource("jobID type status", **STATUS),
    "CalledBack": open_object("jobID type status", STATUS),
    "JobList": resource("jobs", jobs=array(ref("JobStatus"))),
    "Problem": open_object("type", texts("type title detail") | {"status": {"type": "integer"}}),
    "Output": closed_object(mediaType=enum(*MEDIA_TYPES), value={"anyOf": [ref("Answer"), TEXT]}),
    "Outputs": open_object(OUTPUT, {OUTPUT: ref("Output")}) | {"additionalProperties": False},
    "WantedOutputs": open_object("", {OUTPUT: WANTED}) | {"additionalProperties": False},
    "Subscriber": open_object(SUCCESS_URI, URLS) | {"additionalProperties": False},
}


def schemas(catalogue: Catalogue) -> dict[str, Schema]:
    """Every schema, with the texts by which the data set knows its questions and states, if they are few."""
    names: dict[str, Schema] = {"TextLink": open_object("href", {"href": TEXT_LINK})}
    for parameter, schema in NAMES.items():
        known = allowed_names(parameter, catalogue) if parameter in catalogue.names else []
        listed = 0 < len(known) <= LARGEST_ENUM
        href = enum(*(f"data:,{quote(text)}" for text in known)) if listed else TEXT
        links = href | {"description": "The text as a data: URL; base64 is accepted too"}
        name = enum(*known) if listed else INPUT
        names |= {schema: name, f"{schema}Link": open_object("href", {"href": links})}
    return API_SCHEMAS | OGC_SCHEMAS | names


def execute_schema(statistic: Statistic, **more: Schema) -> Schema:
    """An execute request; an input may also come qualified, or as a link."""
    inputs = open_object(
        " ".join(statistic.parameters), {name: input_schema(statistic, name) for name in statistic.inputs}
    )
    members = {"outputs": ref("WantedOutputs"), "response": enum(*RESPONSES), "subscriber": ref("Subscriber")}
    return open_object(" ".join((*more, "inputs")), more | {"inputs": closed(inputs)} | members)


def input_schema(statistic: Statistic, name: str) -> Schema:
    """An input by its value, qualified, or as a link to its text."""
    kind = LIKE.get(name, name)
    value, link = (
        (ref(NAMES[kind]), ref(f"{NAMES[kind]}Link"))
        if kind in NAMES
        else (INPUTS[name].schema, ref("TextLink"))
    )
    described = {"description": described_as(statistic, name)} if name in statistic.optional else {}
    return {"anyOf": [value, open_object("value", {"value": value}), link], **described}


def batch_schema() -> Schema:
    """Execute requests, each with the name of its process."""
    executions = [execute_schema(statistic, processID=enum(name)) for name, statistic in STATISTICS.items()]
    items = array({"anyOf": executions}, minItems=1, maxItems=LARGEST_BATCH)
    return open_object(BATCH_MEMBER, {BATCH_MEMBER: items}) | {"additionalProperties": False}
