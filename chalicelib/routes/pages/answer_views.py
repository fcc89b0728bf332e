"""An answer as a page shows it, from its job."""

import json
from urllib.parse import urlencode

from chalice.app import Request

from chalicelib.application.job import Job
from chalicelib.bootstrap import get_settings
from chalicelib.documents.result_table import document_of, table_of
from chalicelib.domain.statistics.labels import label
from chalicelib.domain.statistics.registry import statistic
from chalicelib.routes.links import base_url, curl, explore_url, job_url
from chalicelib.web.answer_page import Answer

MOST_ROWS = 500


def answer_of(request: Request, job: Job, most_rows: int | None = None) -> Answer:
    """Return what a page shows of a successful job's answer, at most so many rows of its table."""
    entry, document = statistic(job.statistic), document_of(job)
    columns, rows = table_of(job)
    facts, caveats = {"statistic": entry.title, **job.inputs, "data set": job.dataset}, []
    if document is not None:
        facts = {"definition": document["estimand"], **facts}
        facts |= {f"method, {name}": value for name, value in document["method"].items() if value}
        facts |= {name: document["provenance"].get(name) for name in ("citation", "release", "replay")}
        caveats = [caveat["text"] for caveat in document["caveats"]]
    return Answer(
        sentence(job),
        document["estimand"] if document else entry.title,
        columns,
        rows[:most_rows],
        max(0, len(rows) - most_rows) if most_rows else 0,
        caveats,
        {name: value for name, value in facts.items() if value},
        links(request, job),
        code(request, job),
    )


def sentence(job: Job) -> str:
    """Return the answer in a sentence; of a mean, what it averages."""
    document = document_of(job)
    if document is not None:
        return str(document["statement"])
    return f"{statistic(job.statistic).title}. {label(job.statistic, job.inputs)}"


def links(request: Request, job: Job) -> dict[str, str]:
    answers, query = f"{base_url(request)}/answers/{job.statistic}", urlencode(job.inputs)
    return {
        "CSV": f"{answers}.csv?{query}",
        "JSON": f"{answers}.json?{query}",
        "Explore": explore_url(request, job),
        "The job": job_url(request, job.id),
    }


def code(request: Request, job: Job) -> dict[str, str]:
    """Return the same question for curl, Python, and R where no key is needed."""
    shown = {"curl": curl(request, job), "Python": python(request, job)}
    if get_settings().access == "key":
        return shown
    return {**shown, "R": f"answer <- read.csv({json.dumps(links(request, job)['CSV'])})"}


def python(request: Request, job: Job) -> str:
    """Return the program that asks what a job was asked."""
    base, keyed = base_url(request), get_settings().access == "key"
    inputs = dict(job.inputs)
    arguments = [repr(job.statistic), repr(inputs.pop("question"))]
    arguments += [f"{name}={text!r}" for name, text in inputs.items()]
    lines = (
        f"# curl -O {base}/client/statline.py",
        "import os\n" if keyed else "",
        "import statline\n",
        f's = statline.connect({base!r}, os.environ["STATLINE_KEY"])'
        if keyed
        else f"s = statline.connect({base!r})",
        f"answer = s.ask({', '.join(arguments)})",
        "print(answer.to_frame())",
    )
    return "\n".join(line for line in lines if line)
