"""Show the published figures of a selection, each with the standard error that its limits imply.

se from the limits (inference/intervals.py); design effect se² n / (v (whole - v)); relative standard error
se / v; `se_rounding`, the largest relative error of se from the limits' rounding: one step / their width.
"""

from collections.abc import Mapping

from chalicelib.domain.inference.intervals import design_effect, relative_standard_error
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.figure import Figure
from chalicelib.domain.published.selection import Population, Selection
from chalicelib.domain.published.sentences import counted, people, years_text
from chalicelib.domain.published.survey import Survey
from chalicelib.errors import TooMany

MOST_ROWS = 5_000


def cells(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    populations = populations_of(survey)
    places = survey.places if survey.state is None else (survey.state,)
    default = "all" if survey.state and survey.has_years else None
    selection = survey.select(places, populations, inputs.get("years", default), needs_value=False)
    check_size(selection)
    figures = survey.figures(selection)
    found = Caveats()
    found.of_selections(selection)
    found.of_figures(survey, figures.values())
    number, without = counted(len(selection.cells), "published cell"), len(selection.suppressed)
    group = people(survey, populations[0]) if len(populations) == 1 else ""
    return answer(
        "cells",
        survey,
        figures_document(selection, figures),
        estimand=[survey.state or counted(len(places), "place"), group, years_text(selection.years)],
        statement=f"{number}, {without} without a value.",
        caveats=found,
        selections=[selection],
    )


def check_size(selection: Selection) -> None:
    """Raise TooMany for more cells than an answer has."""
    if len(selection.cells) > MOST_ROWS:
        raise TooMany(
            f"{len(selection.cells)} cells are selected, and an answer has {MOST_ROWS} at most: "
            'narrow "state", "years", "category" or "stratum"'
        )


def figures_document(selection: Selection, figures: Mapping[CellKey, Figure]) -> Document:
    return {
        "rows": [row(key, figures.get(key)) for key in selection.cells],
        "of": len(selection.cells),
        "suppressed": len(selection.suppressed),
        "years": [year for year in selection.years if year],
        "missing_years": list(selection.missing),
    }


def populations_of(survey: Survey) -> list[Population]:
    """Return the groups that `category` and `stratum` mean: without both, all that have cells."""
    category, stratum = survey.inputs.get("category"), survey.inputs.get("stratum")
    if stratum is not None:
        return [survey.population]
    if category is not None:
        name = survey.data.category(category)
        return [Population(name, each) for each in survey.data.strata[name]]
    return sorted(map(Population._make, {key[2:] for key in survey.measures}))


def row(key: CellKey, figure: Figure | None) -> Document:
    place = {
        "state": key.location,
        "year": key.year or None,
        "category": key.category,
        "stratum": key.segment,
    }
    if figure is None:
        return place | {"suppressed": True}
    low, high = figure.interval or (None, None)
    return place | {
        "value": figure.value,
        "low": low,
        "high": high,
        "n": figure.n,
        **uncertainty(figure),
        "reliability": figure.reliability_document(),
    }


def uncertainty(figure: Figure) -> Document:
    """Return the standard error and what follows from it; null where it or what else they need is missing."""
    se, whole = figure.se, figure.unit.whole
    effect = relative = None
    if se is not None:
        relative = relative_standard_error(figure.value, se)
        if whole is not None and figure.n is not None:
            effect = design_effect(figure.value, se, figure.n, whole)
    rounding = figure.unit.step / figure.width if se is not None and figure.width else None
    return {"se": se, "design_effect": effect, "rse": relative, "se_rounding": rounding}
