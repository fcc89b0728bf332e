"""The resources of OGC API - Processes, and what an execute request holds, as schemas."""

from typing import Any
from urllib.parse import quote

from chalicelib.application.callbacks import LONGEST_URL
from chalicelib.application.job import SUCCESS_URI, JobStatus
from chalicelib.application.submission import BATCH_MEMBER as MEMBER
from chalicelib.documents.batch_request import LARGEST_BATCH
from chalicelib.documents.execute_request import CALLBACK_NAMES, RESPONSES
from chalicelib.documents.openapi.parts import TEXT, exactly, one_of, ref, several
from chalicelib.documents.process_description import JOB_CONTROL, MEDIA_TYPES, OUTPUT
from chalicelib.documents.schemas import Schema
from chalicelib.domain.catalogue import names_of
from chalicelib.domain.statistics.registry import STATISTICS, Statistic

MOMENT: Schema = {"type": "string", "format": "date-time"}
PROCESS = one_of(*STATISTICS)
NAMES = {"question": "QuestionName", "state": "StateName"}


def with_more(required: tuple[str, ...], **properties: Schema) -> Schema:
    """An object that has these members, some of them always, and may have others."""
    always = {"required": list(required)} if required else {}
    return {"type": "object", **always, "properties": properties}


def facts(required: str, **properties: Schema) -> Schema:
    """A resource: the members named, and links."""
    return with_more((*required.split(), "links"), **properties, links=several(ref("Link")))


SUMMARY = {
    "id": PROCESS,
    "title": TEXT,
    "description": TEXT,
    "version": TEXT,
    "jobControlOptions": several(one_of(*JOB_CONTROL)),
    "outputTransmission": several(one_of("value")),
}
STATUS = {
    "jobID": TEXT,
    "processID": PROCESS,
    "type": one_of("process"),
    "status": one_of(*JobStatus),
    "message": TEXT,
    "progress": {"type": "integer", "minimum": 0, "maximum": 100},
    "created": MOMENT,
    "started": MOMENT,
    "finished": MOMENT,
    "updated": MOMENT,
    "reusedFrom": {"description": "The job that the answer was computed for", **TEXT},
    "computed": MOMENT,
    "age": {"description": "Of the answer, in seconds", "type": "number", "minimum": 0},
}
DESCRIBED: Schema = {
    "type": "object",
    "additionalProperties": with_more(("title", "schema"), title=TEXT, schema={"type": "object"}),
}
SCHEMAS: dict[str, Schema] = {
    "Link": with_more(("href",), href=TEXT, rel=TEXT, type=TEXT, title=TEXT),
    "LandingPage": facts("title", title=TEXT, description=TEXT),
    "Conformance": facts("conformsTo", conformsTo=several(TEXT)),
    "ProcessSummary": facts("id version", **SUMMARY),
    "ProcessList": facts("processes", processes=several(ref("ProcessSummary"))),
    "Process": facts("id version inputs outputs", **SUMMARY, inputs=DESCRIBED, outputs=DESCRIBED),
    "JobStatus": facts("jobID type status", **STATUS),
    "CalledBack": with_more(("jobID", "type", "status"), **STATUS),
    "JobList": facts("jobs", jobs=several(ref("JobStatus"))),
    "Problem": with_more(("type",), type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT),
    "Outputs": {
        "description": 'What `"response": "document"` asks for',
        **exactly(
            **{
                OUTPUT: exactly(
                    mediaType=one_of(*MEDIA_TYPES),
                    value={"anyOf": [ref("Answer"), TEXT]},
                )
            }
        ),
    },
    "WantedOutputs": {
        "type": "object",
        "properties": {
            OUTPUT: with_more(
                (),
                transmissionMode=one_of("value"),
                format=with_more((), mediaType=one_of(*MEDIA_TYPES)),
            )
        },
        "additionalProperties": False,
    },
}


def names(catalogue: Any) -> dict[str, Schema]:
    """The texts that the data set has questions and states by."""
    found = {}
    for parameter, schema in NAMES.items():
        texts = [text for texts in names_of(parameter, catalogue).values() for text in texts]
        found[schema] = {"type": "string", "enum": texts}
        found[f"{schema}Link"] = with_more(
            ("href",),
            href={
                "description": "The text as a data: URL; base64 is taken too",
                "type": "string",
                "enum": [f"data:,{quote(text)}" for text in texts],
            },
        )
    return found


def execute_schema(asked: Statistic) -> Schema:
    """An execute request; an input may also come qualified, or as a link."""
    inputs = {parameter: an_input(NAMES[parameter]) for parameter in asked.parameters}
    return with_more(
        ("inputs",),
        inputs=exactly(**inputs),
        outputs=ref("WantedOutputs"),
        response=one_of(*RESPONSES),
        subscriber=subscriber(),
    )


def subscriber() -> Schema:
    """Whom to call back; where to nothing is sent, docs/clients.md says."""
    address = TEXT | {"format": "callback", "maxLength": LONGEST_URL}
    return {
        "type": "object",
        "required": [SUCCESS_URI],
        "properties": dict.fromkeys(CALLBACK_NAMES, address),
        "additionalProperties": False,
    }


def batch_schema() -> Schema:
    """Execute requests, each with the name of its process."""
    executions: list[Schema] = []
    for name, known in STATISTICS.items():
        one = execute_schema(known)
        properties = {"processID": one_of(name), **one["properties"]}
        executions.append({**one, "required": ["processID", *one["required"]], "properties": properties})
    items = {"anyOf": executions}
    return exactly(**{MEMBER: several(items) | {"minItems": 1, "maxItems": LARGEST_BATCH}})


def an_input(name: str) -> Schema:
    return {"anyOf": [ref(name), with_more(("value",), value=ref(name)), ref(f"{name}Link")]}
