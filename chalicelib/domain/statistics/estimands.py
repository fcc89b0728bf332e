"""What the original's mean is: the unweighted mean of all cells, beside means of the whole population.

The mean of cells counts overlapping groups, small and large, and all years alike. Each other one
has its difference from it.
"""

from collections.abc import Mapping, Sequence

from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellStats
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.figure import Figure, pooled
from chalicelib.domain.published.selection import Selection
from chalicelib.domain.published.sentences import place_of, years_text
from chalicelib.domain.published.survey import Survey
from chalicelib.errors import NoSampleSize, NoStandardError

WEIGHTED = {
    "total_rows_mean": "equal",
    "total_rows_by_sample_size": "sample_size",
    "total_rows_by_precision": "precision",
}


def estimands(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    years = inputs.get("years", "all" if survey.has_years else None)
    selection = survey.select(survey.places_asked, [survey.whole], years)
    figures = survey.figures(selection)
    stats = of_all_cells(survey, selection)
    mean = stats.total / (stats.counted * 10**survey.unit.decimals)
    estimates = {"cells_mean": described(mean, stats.counted, mean)}
    for name, weights in WEIGHTED.items():
        estimates[name] = weighted(list(figures.values()), weights, mean)
    year = selection.valued_years[-1]
    latest = [figure for key, figure in figures.items() if key.year == year]
    estimates["latest_year"] = weighted(latest, "equal", mean) | {"year": year or None}
    found = Caveats()
    found.add_if(survey.state is None, "average-of-states")
    found.of_selections(selection)
    found.of_figures(survey, figures.values())
    return answer(
        "estimands",
        survey,
        estimates,
        estimand=[place_of(selection), "what each mean is of", years_text(selection.valued_years)],
        statement=statement(survey, estimates),
        caveats=found,
        selections=[selection],
    )


def of_all_cells(survey: Survey, selection: Selection) -> CellStats:
    """Return the sum and count that the original's mean is of: every cell of the state, or of all places."""
    cube, state = survey.data.cube, survey.state
    if "years" not in survey.inputs:
        by_place = cube.counted(survey.question, "location")
        return cube.counted(survey.question)[()] if state is None else by_place[(state,)]
    years = set(selection.asked)
    values = [
        (cell.value, cell.counted)
        for key, cell in survey.measures.items()
        if key.year in years and state in (None, key.location) and cell.value is not None
    ]
    return CellStats(sum(value for value, _ in values), sum(counted for _, counted in values))


def weighted(figures: Sequence[Figure], weights: str, cells_mean: float) -> Document:
    """Return a mean of figures; null where one of them lacks what the weights need."""
    try:
        return described(pooled(figures, weights, weights).value, len(figures), cells_mean)
    except (NoSampleSize, NoStandardError):
        return described(None, len(figures), cells_mean)


def described(estimate: float | None, cells: int, cells_mean: float) -> Document:
    difference = None if estimate is None else estimate - cells_mean
    return {"estimate": estimate, "cells": cells, "difference": difference}


def statement(survey: Survey, estimates: Mapping[str, Document]) -> str:
    unit, mean, total, latest = (
        survey.unit,
        *(estimates[name] for name in ("cells_mean", "total_rows_mean", "latest_year")),
    )
    when = "" if latest["year"] is None else f" of {latest['year']}"
    return (
        f"The mean of all {mean['cells']} cells, {unit.show(mean['estimate'])}, averages overlapping groups "
        f"and years alike and is no prevalence; the mean of the {total['cells']} whole-population rows is "
        f"{unit.show(total['estimate'])}, and{when} alone {unit.show(latest['estimate'])}."
    )
