"""/api/*, the original server's interface, and what the service says of itself."""

from typing import Any

from chalicelib.application.health import HealthStatus
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
    exactly,
    in_path,
    one_of,
    operation,
    ref,
    refused,
    response,
    several,
)
from chalicelib.documents.schemas import Schema, inputs_schema
from chalicelib.domain.statistics.registry import STATISTICS, Statistic

ASKING, READING, SERVICE = "Asking (/api)", "Reading (/api)", "Service"
TAGS = {
    ASKING: "One path a statistic: POST a question, get the id of a job.",
    READING: "The answer of a job, the list of jobs.",
    SERVICE: "What can be asked, and how the service is.",
}
DATASET, LOCATION, CACHING = "Statline-Dataset", "Location", "Cache-Control"
WORDS = ("running", "done", "error")
OR_NULL = TEXT | {"nullable": True}
BEST: Schema = {"type": "string", "enum": ["lowest", "highest", None], "nullable": True}


def paths(asked: dict[str, str]) -> dict[str, Part]:
    """`asked` has an example for each parameter of a statistic."""
    posts = {f"/api/{name}": {"post": submission(known, asked)} for name, known in STATISTICS.items()}
    return posts | {
        "/api/get_results/{job_id}": {"get": RESULT},
        "/api/jobs": {"get": JOBS},
        "/api/num_jobs": {"get": NUMBER},
        "/api/graceful_shutdown": {"get": SHUTDOWN},
        "/api/questions": {"get": listing("questions", "Question")},
        "/api/states": {"get": listing("states", "State")},
        "/health": {"get": HEALTH},
        "/metrics": {"get": METRICS},
    }


def submission(known: Statistic, asked: dict[str, str]) -> Part:
    accepted = response(
        "Accepted as a job, whose answer get_results will have",
        {JSON: ref("Accepted")},
        (LOCATION, DATASET),
        links={"result": {"operationId": "getResult", "parameters": {"job_id": "$response.body#/job_id"}}},
    )
    return operation(
        ASKING,
        known.name,
        known.title,
        {"200": accepted} | refused("R400", "R409", "R413", "R422", "R503"),
        parameters=[IDEMPOTENCY_KEY, NO_CACHE],
        description=f"{known.description} A question or state that the data set does not have is accepted, "
        "and its job ends with an error.",
        body=body(
            inputs_schema(known.name, known.parameters), {name: asked[name] for name in known.parameters}
        ),
    )


def listing(name: str, item: str) -> Part:
    known = response("All there are", {JSON: exactly(**{name: several(ref(item))})}, (DATASET,))
    return operation(SERVICE, name, f"The {name} of the data set", {"200": known} | refused("R503"))


RESULT = operation(
    READING,
    "getResult",
    "The answer of a job, once there is one",
    {
        "200": response(
            "How the job stands: running, done with data, or error with a reason",
            {JSON: ref("Result")},
            (DATASET, CACHING, "ETag"),
        ),
        "304": KNOWN,
    }
    | refused("R404", "R503"),
    parameters=[
        in_path("job_id", "As a POST answered", TEXT | {"example": "job_id_1"}),
        WAIT,
        IF_NONE_MATCH,
    ],
)
JOBS = operation(
    READING,
    "jobs",
    "Every job and its status, oldest first",
    {"200": response("Each by its id", {JSON: ref("Jobs")})} | refused("R503"),
)
NUMBER = operation(
    READING,
    "num_jobs",
    "How many jobs are accepted and not finished",
    {"200": response("A number", {JSON: exactly(num_jobs=COUNT)})} | refused("R503"),
)
SHUTDOWN = operation(
    SERVICE,
    "graceful_shutdown",
    "Take nothing new, finish the rest",
    {"200": response("Done when nothing is left", {JSON: ref("Shutdown")})} | refused("R503"),
    description="From the first request on POST answers 503. In the cloud it takes requests signed with IAM "
    "credentials, and no others.",
)

HEALTH_STATUS = exactly(status=one_of(*HealthStatus), reasons=several(TEXT))
HEALTH = operation(
    SERVICE,
    "health",
    "Whether the service can do its work",
    {
        "200": response("It can, or it drains", {JSON: HEALTH_STATUS}, (CACHING,)),
        "503": response("It cannot, for these reasons", {JSON: HEALTH_STATUS}, (CACHING,)),
    },
)
METRICS = operation(
    SERVICE,
    "metrics",
    "What was accepted, refused, ended; for Prometheus",
    {"200": response("In its text format", {"text/plain": TEXT}, (CACHING,))} | refused("R404", "R503"),
    description="In the cloud they are in CloudWatch, and this answers 404.",
)

WORD: Schema = one_of(*WORDS)
SCHEMAS: dict[str, Schema] = {
    "Accepted": exactly(job_id=TEXT | {"pattern": "^job_id_[1-9][0-9]*$"}),
    "Error": exactly(status=one_of("error"), reason=TEXT),
    "Numbers": {"type": "object", "additionalProperties": {"type": "number"}},
    "Answer": {
        "description": "Numbers by what they are of; of one state by category, below the state's name",
        "anyOf": [ref("Numbers"), {"type": "object", "additionalProperties": ref("Numbers")}],
    },
    "Result": {
        "oneOf": [
            exactly(status=one_of("running")),
            exactly(status=one_of("done"), data=ref("Answer")),
            ref("Error"),
        ]
    },
    "Jobs": exactly(
        status=one_of("done"),
        data=several(
            {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": WORD}
        ),
    ),
    "Shutdown": {
        "oneOf": [exactly(status=one_of("done")), exactly(status=one_of("running"), num_jobs=COUNT)]
    },
    "Question": exactly(id=OR_NULL, question=TEXT, best=BEST),
    "State": exactly(name=TEXT, abbreviation=OR_NULL),
}


def example(catalogue: Any) -> dict[str, str]:
    """A question and a state that the data set has."""
    question = catalogue["questions"][0]
    return {"question": question["id"] or question["question"], "state": catalogue["states"][0]["name"]}
