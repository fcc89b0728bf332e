"""The Explore page: the form, and the answer that the script draws on."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.web.forms import choice, field_of, option, text_input
from chalicelib.web.markup import Html, element, joined, script_data
from chalicelib.web.pages import Site

EMPTY: Mapping[str, Any] = {"questions": (), "states": (), "categories": ()}
AREAS = [("states", "States"), ("all", "States and territories")]
FEW_QUESTIONS = 8
STATUS_MESSAGE = "This service needs a key, which this page asks for by JavaScript."


def explore_content(
    site: Site,
    catalogue: Mapping[str, Any],
    statistics: Sequence[Mapping[str, Any]],
    values: Mapping[str, str],
    answer: Html,
    facts: Mapping[str, Any],
) -> Html:
    """Return the form, the answer, and the facts for the script. `statistics` have name, title, optional
    inputs, and whether they are means."""
    return joined(
        (
            form(site, catalogue, statistics, values),
            # Where the script says what it does, and what the figures are.
            element("div", id="status", class_="scripted"),
            element("p", class_="subject scripted", dir="auto"),
            element("div", answer, id="answer"),
            invented(catalogue),
            script_data(facts, "statline-data"),
        )
    )


def form(
    site: Site,
    catalogue: Mapping[str, Any],
    statistics: Sequence[Mapping[str, Any]],
    values: Mapping[str, str],
) -> Html:
    fields = (
        search(catalogue),
        field_of("Question", question_list(catalogue, values)),
        field_of("Statistic", statistic_list(statistics, values)),
        field_of("Years", choice("years", years(catalogue, values), values)),
        field_of("Group", choice("category", categories(catalogue), values)),
        field_of("Stratum", choice("stratum", strata(catalogue, values), values)),
        field_of("Areas", choice("areas", AREAS, values)),
        field_of("Area", choice("state", states(catalogue), values)),
        further(statistics, values),
        element("details", element("summary", "More inputs of this statistic"), class_="more scripted"),
        element("button", "Ask"),
    )
    return element("form", fields, id="ask", method="get", action=f"{site.base}/explore")


def search(catalogue: Mapping[str, Any]) -> Html | None:
    """Return the field that finds a question, for the script, where a list of them is long."""
    if len(catalogue["questions"]) <= FEW_QUESTIONS:
        return None
    field = element("input", type="search", autocomplete="off")
    return element("label", "Find a question ", field, class_="search scripted")


def question_list(catalogue: Mapping[str, Any], values: Mapping[str, str]) -> Html:
    """Return the questions, below their topics where the data set has some."""
    topics: dict[str, list[tuple[str, str]]] = {}
    for entry in catalogue["questions"]:
        topics.setdefault(entry.get("topic", ""), []).append(name_and_text(entry))
    if len(topics) < 2:
        return choice("question", [pair for pairs in topics.values() for pair in pairs], values)
    groups = [
        element(
            "optgroup", [option(*pair, values.get("question", "")) for pair in pairs], label=topic or "Others"
        )
        for topic, pairs in topics.items()
    ]
    return element("select", groups, name="question")


def name_and_text(entry: Mapping[str, Any]) -> tuple[str, str]:
    if entry["id"]:
        return entry["id"], f"{entry['question']} ({entry['id']})"
    return entry["question"], entry["question"]


def statistic_list(statistics: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> Html:
    """Return the statistics in two groups: the means of cells are no prevalence."""
    chosen = values.get("statistic", "")
    groups = (("With uncertainty", False), ("Unweighted means of published cells", True))
    return element(
        "select",
        [
            element(
                "optgroup",
                [
                    option(one["name"], one["title"], chosen)
                    for one in statistics
                    if one["is_mean"] is is_mean
                ],
                label=label,
            )
            for label, is_mean in groups
        ],
        name="statistic",
    )


def years(catalogue: Mapping[str, Any], values: Mapping[str, str]) -> list[tuple[str, str]]:
    asked = values.get("question")
    entries = (one for one in catalogue["questions"] if asked in (one["id"], one["question"]))
    known = [str(year) for year in reversed(next((one.get("years", ()) for one in entries), ()))]
    every = [("all", "all years")] if len(known) > 1 else []
    return [("", "latest"), *((year, year) for year in known), *every]


def categories(catalogue: Mapping[str, Any]) -> list[tuple[str, str]]:
    divided = [one["name"] for one in catalogue.get("categories", ()) if len(one["strata"]) > 1]
    return [("", "Whole population"), *((name, name) for name in divided)]


def strata(catalogue: Mapping[str, Any], values: Mapping[str, str]) -> list[tuple[str, str]]:
    chosen = [one for one in catalogue.get("categories", ()) if one["name"] == values.get("category")]
    return [("", "All"), *((stratum["name"], stratum["name"]) for one in chosen for stratum in one["strata"])]


def states(catalogue: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("", "None"), *((state["name"], state["name"]) for state in catalogue["states"])]


SHOWN = ("question", "statistic", "years", "category", "stratum", "areas", "state")


def further(statistics: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> Html:
    """Return the other inputs of the chosen statistic, where no script adds them."""
    chosen = [one for one in statistics if one["name"] == values.get("statistic")]
    names = [name for one in chosen for name in one["optional"] if name not in SHOWN]
    labels = [field_of(name.replace("_", " ").capitalize(), text_input(name, values)) for name in names]
    return element("noscript", labels)


def invented(catalogue: Mapping[str, Any]) -> Html | None:
    if not catalogue.get("synthetic"):
        return None
    return element("p", "Invented data: these figures are of no real place.", class_="note")


def locked_content(site: Site, statistics: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> Html:
    """Return the page of a service that needs a key: no question and no value is in it."""
    note = element("noscript", element("p", STATUS_MESSAGE, class_="note"))
    return joined((explore_content(site, EMPTY, statistics, {}, note, facts),))
