"""The OpenAPI document: the operations of both interfaces over one data set."""

from collections.abc import Mapping
from typing import Any

from chalicelib import __version__
from chalicelib.application.job import FAILED_URI, IN_PROGRESS_URI, SUCCESS_URI
from chalicelib.documents.inputs import Schema
from chalicelib.documents.openapi.parameters import PARAMETERS
from chalicelib.documents.openapi.schemas import (
    TEXT,
    answer_name,
    batch_schema,
    execute_schema,
    ref,
    schemas,
)
from chalicelib.documents.process_description import csv_sentence
from chalicelib.documents.schemas import inputs_schema
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.domain.statistics.statistic import Statistic

Part = dict[str, Any]

DESCRIPTION = (
    "Statistical questions over survey data, answered asynchronously. Two interfaces over the same jobs: "
    "`/api/…`, plain and short, and OGC API - Processes 1.0, a published standard with clients of its own. "
    "A service on AWS answers with 303 and a link in `Location` instead of a response of over 6 MB, and "
    "may take lists of jobs and DELETE only as requests that are signed with IAM credentials."
)
ASKING, READING, SERVICE = "Asking (/api)", "Reading (/api)", "Service"
DISCOVERY, EXECUTION, JOBS = "Discovery (OGC)", "Execution (OGC)", "Jobs (OGC)"
TAGS = {
    ASKING: "One path for each statistic: POST a question, get the id of a job.",
    READING: "The result of a job, and the list of jobs.",
    SERVICE: "The questions and states of the data set, and the state of the service.",
    DISCOVERY: "OGC API - Processes: what is on offer. Each response is JSON, or a page for people.",
    EXECUTION: "Each statistic is a process. Without `Prefer: respond-async` the response is the result.",
    JOBS: "The status of a job, its result, and its dismissal.",
}
HEADERS = {
    "Statline-Trace": "The id that the log lines of this request carry",
    "Statline-Dataset": "The data set that the result comes from",
    "Statline-Replay": "Of a mean: the same for the same question on the same data by the same method",
    "Location": "The address of the job, or of its result",
    "Content-Disposition": "The name of the file that the result is saved as (RFC 6266)",
    "Cache-Control": "no-store while the response can change",
    "Link": "The job behind a result of a synchronous execution, or the next part of a list",
    "Statline-List-Limit": "Where there are more: how many the list has at most",
    "ETag": "Of this response, for If-None-Match; weak",
    "Preference-Applied": "The preference that the service followed",
    "Vary": "The request headers that decide about the form of the response",
    "Retry-After": "Seconds until it makes sense to ask again",
}
REFUSALS = {
    "400": "A malformed request; the reason names what is wrong. The service makes no job",
    "403": "A browser marks the request as one that a page of another site sent",
    "404": "There is no such thing, or it has expired",
    "406": "There is no form of the response that the client accepts",
    "409": "The first request with this Idempotency-Key has no response yet",
    "410": "The job was dismissed",
    "413": "A body above 64 KiB",
    "415": "A compressed body",
    "422": "Another request came with this Idempotency-Key before",
    "500": "The job could not be computed, or an unexpected error",
    "503": "Not now: draining, too many open jobs, storage out of reach, or no data",
}
JSON, PROBLEM, HTML, CSV = "application/json", "application/problem+json", "text/html", "text/csv"
DRAIN = (
    "From then on POST answers 503. On a laptop only clients on the same machine may send it, "
    "in the cloud only those that sign with IAM credentials."
)
METRICS = "In the cloud they are in CloudWatch, and this answers 404."
FILTERS = "type statistics status datetime minDuration maxDuration limit"
# fmt: off
# What /api and the service return: path, tag, operationId, summary, schema, headers, description.
READS = (
    ("/api/jobs", READING, "jobs", "The newest jobs and their status, oldest first",
     "Jobs", "Link Statline-List-Limit", "The newest 10,000; the link `next` leads to those before."),
    ("/api/num_jobs", READING, "num_jobs", "The number of jobs that are not finished", "NumJobs", "", ""),
    ("/api/graceful_shutdown", SERVICE, "graceful_shutdown", "Finish the accepted jobs, accept no more",
     "Shutdown", "", DRAIN),
    ("/api/questions", SERVICE, "questions", "The questions of the data set",
     "Questions", "Statline-Dataset", ""),
    ("/api/states", SERVICE, "states", "The states of the data set", "States", "Statline-Dataset", ""),
)
# The standard's documents: path, tag, operationId, summary, schema, refusals, parameters.
PAGES = (
    ("/", DISCOVERY, "landingPage", "What is on offer, and where", "LandingPage", "P503", ""),
    ("/conformance", DISCOVERY, "conformance", "The conformance classes", "Conformance", "", ""),
    ("/processes", DISCOVERY, "processes", "The processes", "ProcessList", "", "limitOfProcesses"),
    ("/processes/{processID}", DISCOVERY, "process", "The inputs and outputs of a process",
     "Process", "P404 P503", "processID"),
    ("/jobs", JOBS, "jobList", "Jobs, newest first", "JobList", "P404 P503", FILTERS),
    ("/jobs/{jobID}", JOBS, "job", "The status of a job", "JobStatus", "P404 P503", "jobID wait"),
)
# fmt: on
DISMISSAL = (
    JOBS,
    "dismiss",
    "End an open job; remove one that has ended",
    "JobStatus",
    "P403 P404 P503",
    "jobID",
)
SUBMISSION_REFUSED = "P400 P403 P406 P409 P413 P415 P422 P500 P503"


def document(catalogue: Catalogue, server: str, key_needed: bool) -> Part:
    """Describe a service at the address `server`, over the data set of the catalogue."""
    question, states = catalogue["questions"][0], catalogue["states"]
    example = {
        "question": question["id"] or question["question"],
        "state": states[0]["name"],
        "versus_state": states[-1]["name"],
        "category": next(iter(catalogue.names.get("category", ())), "Category"),
    }
    scheme = {"type": "apiKey", "in": "header", "name": "x-api-key"}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Statline",
            "version": __version__,
            "description": f"{DESCRIPTION}\n\nServes: {catalogue['title']}.",
            "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
        },
        "servers": [{"url": server}],
        "security": [{"key": []}] if key_needed else [],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths(example),
        "components": {
            "schemas": schemas(catalogue),
            "parameters": PARAMETERS,
            "responses": refusals("R", "400 403 404 409 413 415 422 503", JSON, "Error")
            | refusals("P", " ".join(REFUSALS), PROBLEM, "Problem"),
            "headers": {
                name: {"description": text, "schema": {"type": "integer"} if name == "Retry-After" else TEXT}
                for name, text in HEADERS.items()
            },
            **({"securitySchemes": {"key": scheme}} if key_needed else {}),
        },
    }


def refusals(prefix: str, codes: str, media_type: str, schema: str) -> Part:
    """The shared error responses: R with the errors of /api, P with the standard's problems (RFC 7807)."""
    content, retried = {media_type: ref(schema)}, {"409": "Retry-After", "503": "Retry-After"}
    return {prefix + code: response(REFUSALS[code], content, retried.get(code, "")) for code in codes.split()}


def response(description: str, content: Mapping[str, Schema], headers: str = "", **more: Any) -> Part:
    """A response: a schema for each media type, names of headers by spaces."""
    names = (*headers.split(), "Statline-Trace")
    part: Part = {"description": description, **more}
    if content:
        part["content"] = {media_type: {"schema": schema} for media_type, schema in content.items()}
    return part | {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names}}


def operation(
    tag: str, name: str, summary: str, responses: Part, refused: str = "", parameters: str = "", **more: Any
) -> Part:
    """An operation; `refused` and `parameters` name parts of components, by spaces."""
    errors = {word[1:]: {"$ref": f"#/components/responses/{word}"} for word in refused.split()}
    part = {"tags": [tag], "operationId": name, "summary": summary, **more, "responses": responses | errors}
    taken = [{"$ref": f"#/components/parameters/{word}"} for word in parameters.split()]
    return part | ({"parameters": taken} if taken else {})


def body(schema: Schema, example: Any) -> Part:
    return {"required": True, "content": {JSON: {"schema": schema, "example": example}}}


def inputs(statistic: Statistic, example: Mapping[str, str]) -> dict[str, str]:
    """Return the required inputs; of a comparison, another side too."""
    names = [*statistic.parameters, *(("versus_state",) if "versus_state" in statistic.optional else ())]
    return {name: example[name] for name in names}


NOT_MODIFIED = response("Not modified, by If-None-Match", {}, "ETag")


def paths(example: Mapping[str, str]) -> Part:
    gets = {path: read(*row) for path, *row in READS} | {path: page(*row) for path, *row in PAGES}
    gets |= {"/api/get_results/{job_id}": get_result(), "/jobs/{jobID}/results": results()}
    gets |= {"/health": health(), "/metrics": metrics()}
    posts = {"/batch": batch(example)}
    for name, statistic in STATISTICS.items():
        posts[f"/api/{name}"] = submission(statistic, example)
        posts[f"/processes/{name}/execution"] = execution(statistic, example)
    described = {path: {"get": part} for path, part in gets.items()}
    described["/jobs/{jobID}"]["delete"] = page(*DISMISSAL)
    return described | {path: {"post": part} for path, part in posts.items()}


def read(tag: str, name: str, summary: str, schema: str, headers: str, description: str) -> Part:
    found = {"200": response(summary, {JSON: ref(schema)}, headers)}
    return operation(
        tag,
        name,
        summary,
        found,
        "R403 R503" if description else "R503",
        **({"description": description} if description else {}),
    )


def page(tag: str, name: str, summary: str, schema: str, refused: str, parameters: str) -> Part:
    found = response(summary, {JSON: ref(schema), HTML: TEXT}, "Statline-Dataset Vary Cache-Control")
    return operation(tag, name, summary, {"200": found}, f"P400 {refused} P406", f"{parameters} form")


def get_result() -> Part:
    text = "The state of the job: running, done with data, or error with a reason"
    found = response(text, {JSON: ref("Result")}, "Statline-Dataset Statline-Replay Cache-Control ETag")
    responses = {"200": found, "304": NOT_MODIFIED}
    summary = "The result of a job, once there is one"
    return operation(READING, "getResult", summary, responses, "R404 R503", "job_id wait ifNoneMatch")


def health() -> Part:
    texts = {"200": "It can, or it drains", "503": "It cannot, for these reasons"}
    answers = {code: response(text, {JSON: ref("Health")}, "Cache-Control") for code, text in texts.items()}
    return operation(SERVICE, "health", "Whether the service can do its work", answers)


def metrics() -> Part:
    summary = "Counts of accepted, refused and ended jobs, for Prometheus"
    found = {"200": response("In Prometheus' text format", {"text/plain": TEXT}, "Cache-Control")}
    return operation(SERVICE, "metrics", summary, found, "R404 R503", description=METRICS)


def results() -> Part:
    responses = {"200": result("Answer", "ETag"), "304": NOT_MODIFIED}
    refused, parameters = "P400 P404 P406 P410 P500 P503", "jobID wait ifNoneMatch formOfResult cells"
    return operation(JOBS, "results", "The result of a job that has ended", responses, refused, parameters)


def result(answer: str, headers: str) -> Part:
    schema: Schema = {"anyOf": [ref(answer), ref("Outputs")]}
    return response(
        "The result",
        {JSON: schema, CSV: TEXT, HTML: TEXT},
        f"Statline-Dataset Statline-Replay Content-Disposition Vary {headers}",
    )


def submission(statistic: Statistic, example: Mapping[str, str]) -> Part:
    follow = {"operationId": "getResult", "parameters": {"job_id": "$response.body#/job_id"}}
    text = "Accepted as a job, whose result get_results returns"
    content = {JSON: ref("Accepted")}
    accepted = response(text, content, "Location Statline-Dataset", links={"result": follow})
    unknown = (
        "A question or state that the data set does not have is accepted, and its job ends with an error."
    )
    return operation(
        ASKING,
        statistic.name,
        statistic.title,
        {"200": accepted},
        "R400 R403 R409 R413 R415 R422 R503",
        "key noCache",
        description=f"{statistic.description} {unknown}",
        requestBody=body(inputs_schema(statistic), inputs(statistic, example)),
    )


def execution(statistic: Statistic, example: Mapping[str, str]) -> Part:
    job_id = {"jobID": "$response.body#/jobID"}
    job = response(
        "A job: requested, or still open after 20 seconds",
        {JSON: ref("JobStatus"), HTML: TEXT},
        "Location Preference-Applied Statline-Dataset Vary",
        links={name: {"operationId": name, "parameters": job_id} for name in ("job", "results", "dismiss")},
    )
    return operation(
        EXECUTION,
        f"execute_{statistic.name}",
        statistic.title,
        {"200": result(answer_name(statistic), "Link Preference-Applied"), "201": job},
        SUBMISSION_REFUSED,
        "prefer key noCache formOfExecution cells",
        description=f"{statistic.description} {csv_sentence(statistic)}",
        requestBody=body(execute_schema(statistic), {"inputs": inputs(statistic, example)}),
        callbacks={
            "successful": callback(SUCCESS_URI, "The result", "Outputs"),
            "inProgress": callback(IN_PROGRESS_URI, "The job runs", "CalledBack"),
            "failed": callback(FAILED_URI, "The job failed", "CalledBack"),
        },
    )


def callback(name: str, summary: str, schema: str) -> Part:
    """A request that the service sends to an address in the execute request."""
    texts = {"2XX": "Received", "4XX": "Not received: the service tries again, for an hour"}
    responses = {code: {"description": text} for code, text in texts.items()}
    content = {JSON: {"schema": ref(schema)}}
    request = {"summary": summary, "requestBody": {"content": content}, "responses": responses}
    return {f"{{$request.body#/subscriber/{name}}}": {"post": request}}


def batch(example: Mapping[str, str]) -> Part:
    names = ("best5", "worst5")
    executions = [{"processID": name, "inputs": inputs(STATISTICS[name], example)} for name in names]
    jobs = response("A job for each, in order", {JSON: ref("JobList"), HTML: TEXT}, "Statline-Dataset Vary")
    content = body(batch_schema(), {"executions": executions})
    summary, parameters = "Several executions, all accepted or none", "key noCache form"
    return operation(
        EXECUTION, "batch", summary, {"201": jobs}, SUBMISSION_REFUSED, parameters, requestBody=content
    )
