"""The page for operators: what the service does now, and did in the last hour."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.web.markup import Html, element, joined
from chalicelib.web.pages import Site, wide

WORDS = {"p50": "Half of the jobs", "p95": "95 % of the jobs", "p99": "99 % of the jobs"}


def operations_content(site: Site, facts: Mapping[str, Any]) -> Html:
    """Return the facts of /operations as a section that the page's script keeps up to date."""
    return element(
        "section",
        health(facts),
        element("h2", "Jobs"),
        jobs(site, facts["jobs"]),
        durations(facts.get("durations")),
        hour(facts.get("minutes")),
        element("h2", "Data sets"),
        datasets(facts["datasets"]),
        [element("p", element("a", one["title"], href=one["href"])) for one in facts.get("links", ())],
        id="operations",
        data_follow="yes",
        aria_label="State of the service",
    )


def health(facts: Mapping[str, Any]) -> Html:
    reasons = [element("li", reason) for reason in facts["reasons"]]
    status = element("p", "The service is ", element("strong", facts["status"]), ".", role="status")
    return joined((status, element("ul", reasons) if reasons else None))


def jobs(site: Site, load: Mapping[str, Any]) -> Html:
    oldest = f", the oldest for {load['oldest']:.0f} s" if load["open"] else ""
    text = f"{load['open']:,} of at most {load['limit']:,} are open{oldest}."
    return element("p", text, " ", site.anchor("/jobs", "All jobs"))


def durations(percentiles: Mapping[str, float | None] | None) -> Html | None:
    """Return how long jobs took from acceptance to end; nothing where this process does not know it."""
    if percentiles is None:
        return None
    if not any(percentiles.values()):
        return element("p", "None has ended in the last hour.")
    texts = [element("li", f"{WORDS[name]}: at most {seconds:g} s") for name, seconds in percentiles.items()]
    return joined((element("p", "From acceptance to end, in the last hour:"), element("ul", texts)))


def hour(minutes: Sequence[Mapping[str, Any]] | None) -> Html | None:
    """Return a table of the minutes in which something happened, the last one first."""
    if minutes is None:
        return None
    names = [name for name in minutes[0] if name != "minute"]
    busy = [one for one in reversed(minutes) if any(one[name] for name in names)]
    head = [element("th", name, scope="col", class_="number") for name in names]
    rows = [
        element(
            "tr",
            element("th", element("time", one["minute"][11:16], datetime=one["minute"]), scope="row"),
            [element("td", f"{one[name]:,}", class_="number") for name in names],
        )
        for one in busy
    ]
    caption = "Jobs a minute in the last hour (UTC); minutes without any are left out"
    table = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", element("th", "Minute", scope="col"), head)),
        element("tbody", rows),
    )
    return wide(table, "Jobs a minute")


def datasets(stored: Sequence[Mapping[str, Any]]) -> Html:
    if not stored:
        return element("p", "No data set is published yet.")
    items = [
        (element("dt", one.get("title", "An earlier one")), element("dd", element("code", one["id"])))
        for one in stored
    ]
    return element("dl", items)
