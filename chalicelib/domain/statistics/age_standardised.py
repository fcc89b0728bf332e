"""Whether states are comparable despite their age: direct standardisation to a standard population.

sum(w_a v_a) and sqrt(sum(w_a² se_a²)) over the age groups, with the description's weights: for BRFSS the 2000
US standard population (Klein and Schoenborn, Healthy People 2010 Statistical Notes 20, 2001). From rounded
published rows, so not the survey's own age-adjusted figure.
"""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import NamedTuple

from chalicelib.domain.inference.intervals import derived_interval
from chalicelib.domain.inference.pooling import pool
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.figure import Figure
from chalicelib.domain.published.selection import Population, Selection, named
from chalicelib.domain.published.sentences import counted, interval_text, people, years_text
from chalicelib.domain.published.survey import Survey
from chalicelib.errors import NoRows, NoStandardError, NotProportions, Suppressed, shown


class Standardised(NamedTuple):
    """The standardised estimate of a place, and its crude one where that is published."""

    place: str
    figures: tuple[Figure, ...]
    estimate: float
    se: float
    interval: tuple[float, float]
    crude: float | None

    def document(self) -> Document:
        return {
            "estimate": self.estimate,
            "se": self.se,
            "interval": list(self.interval),
            "crude": self.crude,
            "difference_from_crude": None if self.crude is None else self.estimate - self.crude,
        }


def age_standardised(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    data.require("low", "high", "age")
    ages = age_groups(survey)
    selection = survey.select(survey.places_asked, list(ages), inputs.get("years"))
    year = selection.only_year
    standardised, left_out = standardise_all(survey, selection, ages, year)
    weights = {group.stratum: weight for group, weight in ages.items()}
    figures = standardised[0].document() if survey.state else areas_document(standardised, left_out)
    place = survey.state or f"each of {counted(len(standardised), 'area')}"
    population = f"{people(survey, survey.whole)} at the standard age distribution"
    return answer(
        "age_standardised",
        survey,
        {"year": year or None, **figures, "weights": weights},
        estimand=[place, population, years_text([year])],
        statement=statement(survey, standardised, year),
        caveats=caveats(survey, selection, standardised, left_out),
        selections=[selection],
    )


def areas_document(standardised: Sequence[Standardised], left_out: Sequence[str]) -> Document:
    areas = [{"state": each.place, **each.document()} for each in standardised]
    return {"of": len(areas), "areas": areas, "left_out": list(left_out)}


def age_groups(survey: Survey) -> dict[Population, float]:
    """Return the age groups and their shares of the standard population. Raises NotProportions."""
    if survey.unit.whole is None:
        raise NotProportions(
            f"age standardisation needs percentages or proportions, and the unit is {shown(survey.unit.name)}"
        )
    standard: Mapping[str, float] = survey.description.age["standard"]
    category, total = survey.data.category(survey.description.age["category"]), fsum(standard.values())
    return {Population(category, group): weight / total for group, weight in sorted(standard.items())}


def standardise_all(
    survey: Survey, selection: Selection, ages: Mapping[Population, float], year: int
) -> tuple[list[Standardised], list[str]]:
    """Return the places that have all age groups, and the names of the others. Raises if none has."""
    figures = survey.figures(selection)
    done: list[Standardised] = []
    left_out: list[str] = []
    problem: Suppressed | NoRows | NoStandardError | None = None
    for place in selection.places:
        try:
            done.append(standardise(survey, selection, figures, ages, place, year))
        except (Suppressed, NoRows, NoStandardError) as error:
            left_out.append(place)
            problem = problem or error
    if problem and not done:
        raise problem
    return done, left_out


def standardise(
    survey: Survey,
    selection: Selection,
    figures: Mapping[CellKey, Figure],
    ages: Mapping[Population, float],
    place: str,
    year: int,
) -> Standardised:
    """Return the estimate of a place. Raises Suppressed, NoRows or NoStandardError for an age group."""
    keys = [CellKey(place, year, *group) for group in ages]
    for key in keys:
        if key not in figures:
            problem = Suppressed if key in selection.cells else NoRows
            raise problem(
                f"{named(key)}: no published value, and standardisation needs all {len(ages)} age groups"
            )
    own = tuple(figures[key] for key in keys)
    unit = survey.unit
    se_of_each = [figure.known_se for figure in own]
    mean = pool([figure.value for figure in own], se_of_each, list(ages.values()))
    if mean.se is None:
        raise ValueError(f"{place} {year}: an age group has no standard error")
    interval = derived_interval(mean.estimate, mean.se, unit.curve, unit.z)
    return Standardised(place, own, mean.estimate, mean.se, interval, crude_value(survey, place, year))


def crude_value(survey: Survey, place: str, year: int) -> float | None:
    """Return the published value of the whole population, if there is one."""
    crude = survey.measures.get(CellKey(place, year, *survey.whole))
    return None if crude is None or crude.rows > 1 or crude.value is None else survey.unit.exact(crude.value)


def statement(survey: Survey, standardised: Sequence[Standardised], year: int) -> str:
    unit = survey.unit
    if survey.state is None:
        return (
            f"{counted(len(standardised), 'area')} at the standard age distribution, {years_text([year])}: "
            "compare these with each other, and quote the crude figures as the prevalence."
        )
    only = standardised[0]
    crude = "no crude value is published" if only.crude is None else f"crude {unit.show(only.crude)}"
    interval = interval_text(unit, only.interval)
    return f"{unit.show(only.estimate)} at the standard age distribution ({interval}); {crude}."


def caveats(
    survey: Survey, selection: Selection, standardised: Sequence[Standardised], left_out: Sequence[str]
) -> Caveats:
    found = Caveats()
    found.of_selections(selection)
    found.of_figures(survey, [figure for each in standardised for figure in each.figures])
    found.add_if(
        survey.state is None and left_out,
        "areas-left-out",
        f"Without a value and a standard error in each age group: {', '.join(left_out)}.",
    )
    found.add("strata-assumed-independent")
    found.add("age-standardised-from-published-rows")
    return found
