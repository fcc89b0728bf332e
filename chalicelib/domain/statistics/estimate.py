"""How many, and with what certainty: one published cell, or the mean of several.

p = sum(w v) / sum(w) and se = sqrt(sum((w se)²)) / sum(w), with the interval on the scale of the limits
(inference/pooling.py, inference/intervals.py). Equal weights over years are the average annual prevalence,
over states the average state.
"""

from collections.abc import Mapping, Sequence

from chalicelib.domain.inference.pooling import heterogeneity
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.figure import WEIGHTS, Figure, pooled
from chalicelib.domain.published.selection import Selection
from chalicelib.domain.published.sentences import level_text, people, place_of, warning, years_text
from chalicelib.domain.published.survey import Survey

# The roles that weights need.
NEEDS = {"equal": (), "sample_size": ("sample_size",), "precision": ("low", "high")}
WEIGHTED = {"equal": "", "sample_size": "weighted by sample size", "precision": "weighted by precision"}


def estimate(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    weights = survey.choice("weights", tuple(WEIGHTS), "equal")
    data.require(*NEEDS[weights])
    population = survey.population
    selection = survey.select(survey.places_asked, [population], inputs.get("years"))
    figures = list(survey.figures(selection).values())
    mean = pooled(figures, weights, f"the mean of {len(figures)} cells")
    place, years = place_of(selection), years_text(selection.valued_years)
    return answer(
        "estimate",
        survey,
        figures_document(survey, selection, figures, mean),
        estimand=[place, people(survey, population), years, WEIGHTED[weights] if mean.cells > 1 else ""],
        statement=statement(mean, figures, place, years),
        caveats=caveats(survey, selection, figures),
        selections=[selection],
    )


def figures_document(survey: Survey, selection: Selection, figures: list[Figure], mean: Figure) -> Document:
    document = mean.document() | {
        "suppressed": len(selection.suppressed),
        "years": [year for year in selection.valued_years if year],
        "missing_years": None if survey.state is None else list(selection.missing),
        "reliability": mean.reliability_document(),
    }
    if mean.cells == 1:
        return document
    spread = None
    if mean.se is not None:
        spread = heterogeneity([figure.value for figure in figures], [figure.known_se for figure in figures])
    return document | {
        "heterogeneity": spread and spread._asdict(),
        "median": median(figures),
    }


def median(figures: Sequence[Figure]) -> float:
    values = sorted(figure.value for figure in figures)
    # The two middle ones, which are the same one where the number is odd.
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def statement(mean: Figure, figures: list[Figure], place: str, years: str) -> str:
    if mean.cells == 1:
        text = f"{level_text(mean)}, as published for {', '.join(filter(None, [place, years]))}."
    else:
        middle = mean.unit.show(median(figures))
        text = f"{level_text(mean)}: {', '.join(filter(None, [place, years]))}; median {middle}."
    return text + warning(mean)


def caveats(survey: Survey, selection: Selection, figures: list[Figure]) -> Caveats:
    found = Caveats()
    found.add_if(survey.state is None, "average-of-states")
    found.of_selections(selection)
    found.of_figures(survey, figures)
    return found
