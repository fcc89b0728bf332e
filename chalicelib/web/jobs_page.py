"""The pages of jobs: the list with its filters, one job, and what is shown while a job is not done."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.web.forms import choice, field_of, text_input
from chalicelib.web.markup import Html, element, joined
from chalicelib.web.pages import Site, definitions, wide

ICONS = {"accepted": "○", "running": "◐", "successful": "✓", "failed": "✗", "dismissed": "–"}
OPEN = ("accepted", "running")
COLUMNS = ("Status", "What was asked", "Accepted", "Waited", "Ran", "Actions")
NO_SCRIPTS = (
    "To dismiss a job or to run one again takes JavaScript, or curl: a DELETE of the job's address, or the "
    "POST that its page shows."
)


@dataclass(frozen=True)
class JobView:
    """A job as pages show it; `waited` and `ran` are in seconds, None where that is not known yet."""

    id: str
    status: str
    statistic: str
    title: str
    question: str
    inputs: Mapping[str, str]
    created: str
    message: str = ""
    waited: float | None = None
    ran: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    explore: str = ""
    curl: str = ""


def jobs_content(
    site: Site,
    jobs: Sequence[JobView],
    query: Mapping[str, str],
    statistics: Mapping[str, str],
    limit: int,
    next_page: str | None,
) -> Html:
    """Return the filters, the table and the link to earlier jobs. `statistics` are titles by name."""
    head = element("tr", [element("th", name, scope="col") for name in COLUMNS])
    table = element(
        "table",
        element("caption", "Jobs, the newest first"),
        element("thead", head),
        element("tbody", [row(site, job) for job in jobs]),
        id="jobs",
        data_limit=limit,
    )
    none = None if jobs else element("p", none_found(next_page), role="status")
    earlier = element("p", element("a", "Earlier jobs", href=next_page, rel="next")) if next_page else None
    return joined((filters(site, query, statistics), wide(table, "Jobs"), none, earlier, no_scripts()))


def none_found(next_page: str | None) -> str:
    return "None of the jobs that were read matches; there are earlier ones." if next_page else "No job."


def filters(site: Site, query: Mapping[str, str], statistics: Mapping[str, str]) -> Html:
    controls = (
        field_of("Status", choice("status", [("", "Any"), *((word, word) for word in ICONS)], query)),
        field_of("Statistic", choice("processID", [("", "Any"), *statistics.items()], query)),
        field_of("Text in what was asked", text_input("text", query, kind="search")),
        field_of("Accepted, from/to", text_input("datetime", query, placeholder="2026-01-31T12:00:00Z/..")),
        field_of("Ran at least, s", text_input("minDuration", query, inputmode="numeric")),
        field_of("Ran at most, s", text_input("maxDuration", query, inputmode="numeric")),
        element("button", "Filter"),
    )
    return element("form", controls, method="get", action=f"{site.base}/jobs", class_="fields")


def row(site: Site, job: JobView) -> Html:
    asked = [site.anchor(f"/jobs/{job.id}", job.title, dir="auto"), element("br"), question_of(job)]
    cells = (
        element("td", state(job.status)),
        element("td", asked),
        element("td", moment(job.created)),
        element("td", seconds(job.waited), class_="number"),
        element("td", seconds(job.ran), class_="number"),
        element("td", actions(site, job)),
    )
    return element("tr", cells, data_job=job.id)


def question_of(job: JobView) -> Html:
    others = [
        f"{name.replace('_', ' ')}: {value}" for name, value in job.inputs.items() if name != "question"
    ]
    more = element("small", "; ".join(others), dir="auto") if others else None
    return joined((element("span", job.question, dir="auto"), element("br") if more else None, more))


def state(status: str) -> Html:
    return element("span", element("span", f"{ICONS[status]} ", aria_hidden="true"), status, class_=status)


def moment(text: str) -> Html:
    return element("time", text[:19].replace("T", " ") + " UTC", datetime=text)


def seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f} s"


def actions(site: Site, job: JobView) -> Html:
    """Return links and buttons; the buttons are for scripts."""
    result = (
        site.anchor(f"/jobs/{job.id}/results", "Result") if job.status in ("successful", "failed") else None
    )
    run = element(
        "button",
        "Run again",
        type="button",
        data_run=job.statistic,
        data_inputs=json.dumps(dict(job.inputs), ensure_ascii=False),
        aria_label=f"Run again {job.id}",
    )
    dismiss = element("button", "Dismiss", type="button", data_dismiss=job.id, aria_label=f"Dismiss {job.id}")
    edit = element("a", "Edit and ask again", href=job.explore)
    return Html(" ".join(part for part in (result, edit, run, dismiss) if part is not None))


def no_scripts() -> Html:
    return element("noscript", element("p", NO_SCRIPTS, class_="note"))


def job_content(site: Site, job: JobView) -> Html:
    """Return the state of a job, what was asked, and what can be done with it."""
    shown = element(
        "section",
        element("p", state(job.status), ": ", element("span", job.message, dir="auto"), role="status"),
        element("p", question_of(job)),
        Html(definitions(dict(job.facts))),
        element("p", actions(site, job)),
        id="job",
        data_follow="yes" if job.status in OPEN else "no",
        aria_label="Status",
    )
    code = element("pre", element("code", job.curl), tabindex="0", role="region", aria_label="curl code")
    copy = element("p", data_copy=job.curl, data_label="Copy as curl")
    return joined((shown, element("h2", "The same in curl"), code, copy, no_scripts()))


def accepted_content(site: Site, job_id: str, status: str) -> Html:
    """Return what stands in the place of an answer that is not there yet."""
    return joined(
        (
            element("p", f"The question is {status} as {job_id}, and not answered yet.", role="status"),
            element(
                "p",
                site.anchor(f"/jobs/{job_id}", "How far it is"),
                " – ",
                element("a", "Ask again", href=""),
            ),
        )
    )
