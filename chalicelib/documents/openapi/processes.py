"""OGC API - Processes: its paths as operations."""

from typing import Any

from chalicelib.application.job import FAILED_URI, IN_PROGRESS_URI, SUCCESS_URI, JobStatus
from chalicelib.documents.openapi.parts import (
    COUNT,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    JSON,
    KNOWN,
    NO_CACHE,
    TEXT,
    WAIT,
    Part,
    body,
    in_path,
    one_of,
    operation,
    ref,
    refused,
    response,
    several,
)
from chalicelib.documents.openapi.resources import PROCESS, batch_schema, execute_schema
from chalicelib.documents.schemas import Schema
from chalicelib.domain.statistics.registry import STATISTICS, Statistic

DISCOVERY, EXECUTION, JOBS = "Discovery (OGC)", "Execution (OGC)", "Jobs (OGC)"
TAGS = {
    DISCOVERY: "OGC API - Processes: what there is. Each answer is JSON, or a page for people.",
    EXECUTION: "Each statistic is a process. Without `Prefer: respond-async` the answer is waited for.",
    JOBS: "How a job stands, its result, and its dismissal.",
}
HTML, CSV = "text/html", "text/csv"
DATASET = "Statline-Dataset"
# Numbers of so many digits are read.
NUMBER = COUNT | {"maximum": 10**12 - 1}
FORM = {
    "name": "f",
    "in": "query",
    "description": "The form of the answer, for links; otherwise the Accept header says it",
    "schema": one_of("json", "html"),
}
# What cannot be said in a schema: a job that is not waited for has no CSV yet.
FORM_OF_EXECUTION = FORM | {"description": f"{FORM['description']}; of a result that is waited for, csv too"}
FORM_OR_CSV = FORM | {"schema": one_of("json", "html", "csv")}
LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "How many at most; above 1000, 1000. A `next` link leads to more",
    "schema": NUMBER | {"minimum": 1, "default": 10},
}
PREFER = {
    "name": "Prefer",
    "in": "header",
    "description": "respond-async for a job to come back to; else the answer is waited for, wait=N how long",
    "schema": TEXT,
    "example": "respond-async",
}
REFUSALS = ("P400", "P406", "P409", "P413", "P422", "P500", "P503")
JOB_ID = in_path("jobID", "As its Location and its status say", TEXT | {"example": "job_id_1"})
RESULT: Schema = {"anyOf": [ref("Answer"), ref("Outputs")]}
FROM_BODY = {"parameters": {"jobID": "$response.body#/jobID"}}
NEXT = {name: {"operationId": name} | FROM_BODY for name in ("job", "results", "dismiss")}


def paths(asked: dict[str, str]) -> dict[str, Part]:
    """`asked` has an example for each parameter of a statistic."""
    executions = {
        f"/processes/{name}/execution": {"post": execution(known, asked)}
        for name, known in STATISTICS.items()
    }
    return {
        "/": {"get": reading(DISCOVERY, "landingPage", "What there is, and where", "LandingPage", "P503")},
        "/conformance": {
            "get": reading(DISCOVERY, "conformance", "What of the standard holds", "Conformance")
        },
        "/processes": {"get": reading(DISCOVERY, "processes", "The processes", "ProcessList", more=[LIMIT])},
        "/processes/{processID}": {
            "get": reading(
                DISCOVERY,
                "process",
                "What a process takes and gives",
                "Process",
                "P404",
                "P503",
                more=[in_path("processID", "The name of a statistic", PROCESS)],
            )
        },
        **executions,
        "/batch": {"post": batch(asked)},
        "/jobs": {"get": JOB_LIST},
        "/jobs/{jobID}": {"get": A_JOB, "delete": DISMISSAL},
        "/jobs/{jobID}/results": {"get": RESULTS},
    }


def reading(tag: str, name: str, summary: str, resource: str, *errors: str, more: Any = ()) -> Part:
    """An operation that answers with a resource, as JSON or as a page."""
    found = response(summary, {JSON: ref(resource), HTML: TEXT}, (DATASET, "Vary", "Cache-Control"))
    return operation(
        tag, name, summary, {"200": found} | refused("P400", *errors, "P406"), parameters=[*more, FORM]
    )


def execution(known: Statistic, asked: dict[str, str]) -> Part:
    job = response(
        "A job: asked for, or still open after 20 seconds",
        {JSON: ref("JobStatus"), HTML: TEXT},
        ("Location", "Preference-Applied", DATASET, "Vary"),
        links=NEXT,
    )
    return operation(
        EXECUTION,
        f"execute_{known.name}",
        known.title,
        {"200": answered("Link", "Preference-Applied"), "201": job} | refused(*REFUSALS),
        description=f"{known.description} As CSV, the columns are {', '.join(known.columns)}.",
        parameters=[PREFER, IDEMPOTENCY_KEY, NO_CACHE, FORM_OF_EXECUTION],
        body=body(execute_schema(known), inputs(known, asked)),
    ) | {"callbacks": CALLBACKS}


def inputs(known: Statistic, asked: dict[str, str]) -> Part:
    return {"inputs": {name: asked[name] for name in known.parameters}}


def batch(asked: dict[str, str]) -> Part:
    jobs = response("A job for each, in order", {JSON: ref("JobList"), HTML: TEXT}, (DATASET, "Vary"))
    examples = [{"processID": name, **inputs(STATISTICS[name], asked)} for name in ("best5", "worst5")]
    return operation(
        EXECUTION,
        "batch",
        "Several executions, accepted all or none",
        {"201": jobs} | refused(*REFUSALS),
        parameters=[IDEMPOTENCY_KEY, NO_CACHE, FORM],
        body=body(batch_schema(), {"executions": examples}),
    )


def called_back(name: str, resource: str) -> Part:
    """A request of ours to an address that the execute request named."""
    taken = {"2XX": {"description": "Anything else is tried again, for an hour"}}
    return {
        f"{{$request.body#/subscriber/{name}}}": {
            "post": {"requestBody": body_of(resource), "responses": taken}
        }
    }


def body_of(resource: str) -> Part:
    return {"content": {JSON: {"schema": ref(resource)}}}


CALLBACKS = {
    "successful": called_back(SUCCESS_URI, "Outputs"),
    "inProgress": called_back(IN_PROGRESS_URI, "CalledBack"),
    "failed": called_back(FAILED_URI, "CalledBack"),
}


def answered(*headers: str) -> Part:
    return response("The result", {JSON: RESULT, CSV: TEXT, HTML: TEXT}, (DATASET, "Vary", *headers))


RESULTS = operation(
    JOBS,
    "results",
    "The result of a job that has ended",
    {"200": answered("ETag"), "304": KNOWN} | refused("P400", "P404", "P406", "P410", "P500", "P503"),
    parameters=[JOB_ID, WAIT, IF_NONE_MATCH, FORM_OR_CSV],
)


def some(items: Schema) -> Schema:
    return several(items) | {"minItems": 1}


def filtering(name: str, description: str, schema: Schema) -> Part:
    found = {"name": name, "in": "query", "description": description, "schema": schema}
    return found | ({"style": "form", "explode": False} if schema["type"] == "array" else {})


FILTERS = [
    filtering("type", "The standard knows one type", some(one_of("process"))),
    filtering("processID", "Jobs of these statistics", some(PROCESS)),
    filtering("status", "Jobs that stand so", some(one_of(*JobStatus))),
    filtering(
        "datetime",
        "Accepted at this moment, or in this interval (RFC 3339; `../` or `/..` for an open end)",
        TEXT | {"format": "interval", "example": "2026-01-31T12:00:00Z/.."},
    ),
    filtering("minDuration", "Computed for so many seconds, or longer", NUMBER),
    filtering("maxDuration", "Computed for so many seconds, or less", NUMBER),
    LIMIT,
]
LANDING = reading(DISCOVERY, "landingPage", "What there is, and where", "LandingPage", "P503")
CONFORMANCE = reading(DISCOVERY, "conformance", "What of the standard holds", "Conformance")
PROCESSES = reading(DISCOVERY, "processes", "The processes", "ProcessList", more=[LIMIT])
A_PROCESS = reading(
    DISCOVERY,
    "process",
    "What a process takes and gives",
    "Process",
    "P404",
    "P503",
    more=[in_path("processID", "The name of a statistic", PROCESS)],
)
JOB_LIST = reading(JOBS, "jobList", "Jobs, newest first", "JobList", "P404", "P503", more=FILTERS)
A_JOB = reading(JOBS, "job", "How a job stands", "JobStatus", "P404", "P503", more=[JOB_ID, WAIT])
DISMISSAL = reading(
    JOBS,
    "dismiss",
    "End an open job; forget one that has ended",
    "JobStatus",
    "P404",
    "P503",
    more=[JOB_ID],
)
