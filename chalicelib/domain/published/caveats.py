"""Caveats of an answer: those of its statistic, and the notes of the data set that it touches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.domain.published.figure import Figure
from chalicelib.domain.published.selection import Selection, spans
from chalicelib.domain.published.survey import Survey

Caveat = dict[str, str]

NCHS = "Parker et al., Vital and Health Statistics 2(175), 2017"
STANDARDS = {"nchs": ("NCHS", NCHS), "brfss": ("BRFSS", "BRFSS: n < 50 or relative standard error > 30 %")}
DOCUMENTED = "What the numbers mean, in Statline's documentation"

# The order of an answer's caveats, and the texts of those without figures.
TEXTS: Mapping[str, str] = {
    "average-of-states": "Each state counts once, however many live there: not a national prevalence.",
    "suppressed-cells": "",
    "missing-years": "",
    "areas-left-out": "",
    "unreliable-input": "",
    "reliability-not-assessed": (
        "The presentation standard could not be applied: "
        "it needs percentages or proportions with sample sizes."
    ),
    "coarse-limits": "",
    "inconsistent-limits": "",
    "not-latest-year": "The latest published value of this group is from an earlier year.",
    "not-age-adjusted": "Crude figures: areas and groups differ in age.",
    "strata-assumed-independent": "Groups of one sample are treated as independent.",
    "national-overlap": "The nation includes the state: the test is conservative.",
    "not-a-straight-line": "",
    "age-standardised-from-published-rows": (
        "Standardised from rounded published rows: not the survey's own age-adjusted figure."
    ),
}


class Caveats:
    """The caveats of one answer: each code once, in the order of TEXTS, then the notes of the data set."""

    def __init__(self) -> None:
        self._own: dict[str, Caveat] = {}

    def add(self, code: str, text: str = "", source: str = DOCUMENTED) -> None:
        self._own.setdefault(code, {"code": code, "text": text or TEXTS[code], "source": source})

    def add_if(self, holds: object, code: str, text: str = "") -> None:
        if holds:
            self.add(code, text)

    def of_selections(self, *selections: Selection) -> None:
        """Add the caveats of cells without a value, and of years without a cell or older than the newest."""
        suppressed = sum(len(selection.suppressed) for selection in selections)
        cells = sum(len(selection.cells) for selection in selections)
        missing = sorted({year for selection in selections for year in selection.missing})
        self.add_if(
            suppressed,
            "suppressed-cells",
            f"{suppressed} of {cells} cells were published without a value (too few respondents) "
            "and are left out.",
        )
        self.add_if(
            missing,
            "missing-years",
            f"Asked for and not published in this selection: {spans(missing)}.",
        )
        self.add_if(any(selection.older for selection in selections), "not-latest-year")

    def of_figures(self, survey: Survey, figures: Iterable[Figure]) -> None:
        """Add the caveats of estimates that fail the rule, and of their limits."""
        figures = list(figures)
        standard, source = STANDARDS.get(survey.rule, ("the survey's", DOCUMENTED))
        if any(figure.presentable is False for figure in figures):
            self.add(
                "unreliable-input",
                f"Rests on estimates that fail the {standard} presentation standards.",
                source,
            )
        if not survey.assessable or any(figure.n is None for figure in figures):
            self.add("reliability-not-assessed")
        self.add_if(
            any(figure.coarse for figure in figures),
            "coarse-limits",
            f"Limits are rounded to {survey.unit.step:g}: the standard error may be off by more than 10 %.",
        )
        outside = [figure.label for figure in figures if figure.inconsistent]
        self.add_if(
            outside,
            "inconsistent-limits",
            f"Published values lie outside their own limits: {listing(outside)}.",
        )

    def documents(self, survey: Survey, selections: Sequence[Selection]) -> list[Caveat]:
        """Return the caveats, and after them the notes that the selections touch."""
        own = [self._own[code] for code in TEXTS if code in self._own]
        return own + notes(survey, selections)


def notes(survey: Survey, selections: Sequence[Selection]) -> list[Caveat]:
    """Return the notes of the description that the selections touch; those without restrictions come last."""
    touching = [note for note in survey.description.notes if touches(note, survey, selections)]
    restrictions = ("questions", "years", "locations", "categories")
    touching.sort(key=lambda note: not any(note.get(name) for name in restrictions))
    return [{name: str(note[name]) for name in ("code", "text", "source")} for note in touching]


def touches(note: Mapping[str, Any], survey: Survey, selections: Sequence[Selection]) -> bool:
    """Return whether a selection holds what a note is about.

    A note for `mixed` years touches only where the values are of years on both sides of it.
    """
    if not touches_question(note, survey):
        return False
    touched = [selection for selection in selections if touches_part(note, survey, selection)]
    years = set(note.get("years", ()))
    if not years or not touched:
        return bool(touched)
    if note.get("when") == "mixed":
        valued = {year for selection in touched for year in selection.valued_years}
        return bool(valued & years) and bool(valued - years)
    return any(not years.isdisjoint(selection.asked) for selection in touched)


def touches_question(note: Mapping[str, Any], survey: Survey) -> bool:
    ids = survey.data.cube.question_ids
    return not note.get("questions") or any(
        survey.question == name or survey.question in ids.get(name, ()) for name in note["questions"]
    )


def touches_part(note: Mapping[str, Any], survey: Survey, selection: Selection) -> bool:
    """Return whether a selection has a place and a category that a note names, or it names none."""
    places, categories = set(note.get("locations", ())), set(note.get("categories", ()))
    return (not places or any(not places.isdisjoint(survey.names(place)) for place in selection.places)) and (
        not categories or any(group.category in categories for group in selection.populations)
    )


def listing(labels: Sequence[str], most: int = 5) -> str:
    """Return the first few labels, and how many more there are."""
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return "; ".join(labels[:most]) + more
