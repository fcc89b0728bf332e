"""The parameters of components, by the names that operations refer to."""

from functools import partial
from typing import Any

from chalicelib.application.job import JobStatus
from chalicelib.documents.inputs import Schema
from chalicelib.documents.openapi.schemas import COUNT, PROCESS, TEXT, array, enum
from chalicelib.documents.result_table import Cells

NUMBER = COUNT | {"maximum": 10**12 - 1}  # longer numbers are refused
KEY = TEXT | {"pattern": "^[!-~]{1,255}$", "format": "idempotency-key"}
MOMENTS = TEXT | {"format": "interval", "example": "2026-01-31T12:00:00Z/.."}
WAIT = TEXT | {"example": "wait=5"}
FORM = "The form of the response, for links; otherwise the Accept header decides"
CELLS = "In CSV, texts that a spreadsheet would run as a formula: safe writes an apostrophe first, exact none"
PREFER = "respond-async returns a job; otherwise the service waits for the result, wait=N seconds at most"


def parameter(where: str, name: str, description: str, schema: Schema = TEXT, **more: Any) -> Schema:
    return {"name": name, "in": where, "description": description, "schema": schema, **more}


header, query = partial(parameter, "header"), partial(parameter, "query")
path = partial(parameter, "path", required=True)


def several(name: str, description: str, *words: str) -> Schema:
    return query(name, description, array(enum(*words), minItems=1), style="form", explode=False)


PARAMETERS: dict[str, Schema] = {
    "key": header("Idempotency-Key", "The same key and request lead to the same job, for a day", KEY),
    "noCache": header("Cache-Control", "no-cache computes the result, even when it is known"),
    "ifNoneMatch": header("If-None-Match", "ETags that the client has responses for"),
    "wait": header("Prefer", "wait=N: wait for the job's end, N seconds at most, 18 at the longest", WAIT),
    "prefer": header("Prefer", PREFER, example="respond-async"),
    "job_id": path("job_id", "From the response to a POST", TEXT | {"example": "job_id_1"}),
    "jobID": path("jobID", "From a job's Location or status", TEXT | {"example": "job_id_1"}),
    "processID": path("processID", "The name of a statistic", PROCESS),
    "form": query("f", FORM, enum("json", "html")),
    # No schema can say this: an asynchronous execution has no CSV yet.
    "formOfExecution": query("f", f"{FORM}; csv for a synchronous execution", enum("json", "html")),
    "formOfResult": query("f", FORM, enum("json", "html", "csv")),
    "cells": query("cells", CELLS, enum(*Cells)),
    "limit": query(
        "limit", "At most 1000; a `next` link leads to more", NUMBER | {"minimum": 1, "default": 10}
    ),
    "limitOfProcesses": query(
        "limit", "All by default, at most 1000; a `next` link leads to more", NUMBER | {"minimum": 1}
    ),
    "type": several("type", "The standard knows one type", "process"),
    "statistics": several("processID", "Jobs of these statistics", *PROCESS["enum"]),
    "status": several("status", "Jobs with these states", *JobStatus),
    "datetime": query(
        "datetime", "When accepted: an RFC 3339 moment or interval, open ends as `..`", MOMENTS
    ),
    "minDuration": query("minDuration", "Computed for at least so many seconds", NUMBER),
    "maxDuration": query("maxDuration", "Computed for at most so many seconds", NUMBER),
}
