"""Is A higher than B: two states, spans of years or groups of people.

d = A - B with se = sqrt(se_A² + se_B²) and a two-sided z-test (inference/comparisons.py). The p-value belongs
to the difference; the ratio has an interval of its own. Several years on a side are averaged equally.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from chalicelib.domain.inference.comparisons import Difference, difference, ratio
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.figure import Figure, pooled
from chalicelib.domain.published.selection import Population, Selection, named
from chalicelib.domain.published.sentences import difference_text, people, warning, years_text
from chalicelib.domain.published.survey import Survey
from chalicelib.errors import NeedsInput, NotIndependent

VERSUS = ("versus_state", "versus_years", "versus_stratum")


class Side(NamedTuple):
    """One side of a comparison."""

    place: str
    population: Population
    selection: Selection
    figures: list[Figure]
    mean: Figure


def compare(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    data.require("low", "high")
    first, second = sides(survey)
    check_independent(first.selection, second.selection)
    test = tested(first.mean, second.mean)
    than, estimand = words(survey, first, second)
    return answer(
        "compare",
        survey,
        {"first": side_document(first), "second": side_document(second)}
        | difference_document(first.mean, second.mean, test),
        estimand=estimand,
        statement=f"{difference_text(survey.unit, test, than)}."
        + (warning(first.mean) or warning(second.mean)),
        caveats=caveats(survey, first, second),
        selections=[first.selection, second.selection],
    )


def sides(survey: Survey) -> tuple[Side, Side]:
    inputs, place = survey.inputs, survey.state
    if not any(name in inputs for name in VERSUS):
        raise NeedsInput("versus", f"compare needs another side: one of {', '.join(VERSUS)}")
    if place is None:
        raise NeedsInput("state", 'compare needs a "state"')
    first = side(survey, place, survey.population, inputs.get("years"))
    # Without years of its own, the second side is of the years of the first.
    same_years = ",".join(map(str, first.selection.years)) if survey.has_years else None
    versus_place = survey.data.state(inputs["versus_state"]) if "versus_state" in inputs else place
    second = side(
        survey,
        versus_place,
        versus_population(survey, first.population),
        inputs.get("versus_years", same_years),
    )
    return first, second


def versus_population(survey: Survey, first: Population) -> Population:
    """Return the population of `versus_stratum`: of the first one's category, if that has such a stratum."""
    if "versus_stratum" not in survey.inputs:
        return first
    stratum, category = survey.inputs["versus_stratum"], survey.inputs.get("category")
    if category is None and stratum in survey.data.strata.get(first.category, ()):
        category = first.category
    return Population(*survey.data.stratum(category, stratum))


def side(survey: Survey, place: str, population: Population, years: str | None) -> Side:
    selection = survey.select([place], [population], years)
    figures = list(survey.figures(selection).values())
    return Side(place, population, selection, figures, pooled(figures, "equal", place))


def check_independent(first: Selection, second: Selection) -> None:
    """Raise NotIndependent if a cell of one side has respondents of a cell of the other."""
    for one, other in product(first.published, second.published):
        if is_shared(one, other):
            raise NotIndependent(
                f"{named(one)} and {named(other)} have the same respondents: "
                "compare other states or years, or two strata of one category"
            )


def is_shared(one: CellKey, other: CellKey) -> bool:
    disjoint = one.category == other.category and one.segment != other.segment
    return (one.location, one.year) == (other.location, other.year) and not disjoint


def tested(first: Figure, second: Figure) -> Difference:
    """Return first less second. Raises NoStandardError."""
    return difference(first.value, first.known_se, second.value, second.known_se, first.unit.z)


def difference_document(first: Figure, second: Figure, test: Difference) -> Document:
    """Return the members of a difference; its ratio is null where a value or a limit is 0 % or 100 %."""
    quotient = None
    if not (first.at_end or second.at_end):
        quotient = ratio(first.value, first.known_se, second.value, second.known_se, first.unit.z)
    return test._asdict() | {
        "ratio": quotient and quotient.ratio,
        "ratio_interval": quotient and list(quotient.interval),
    }


def side_document(side: Side) -> Document:
    return side.mean.document() | {
        "suppressed": len(side.selection.suppressed),
        "reliability": side.mean.reliability_document(),
        "state": side.place,
        "category": side.population.category,
        "stratum": side.population.stratum,
        "years": [year for year in side.selection.valued_years if year],
        "missing_years": list(side.selection.missing),
    }


def words(survey: Survey, first: Side, second: Side) -> tuple[str, list[str]]:
    """Return `in 2022 than in 2011`, and the parts of the estimand."""
    pairs = [parts(survey, first), parts(survey, second)]
    differing = [one != other for one, other in zip(*pairs, strict=True)]
    than = " than ".join(in_words(survey, side, differing) for side in (first, second))
    estimand = [one if one == other else f"{one} less {other}" for one, other in zip(*pairs, strict=True)]
    return than, estimand


def in_words(survey: Survey, side: Side, differing: Sequence[bool]) -> str:
    """Return the parts of a side that differ from the other's: `for Female in Ohio in 2022`."""
    place, population, years = differing
    stratum = "the whole population" if survey.is_whole(side.population) else side.population.stratum
    words = [f"for {stratum}"] * population + [f"in {side.place}"] * place
    return " ".join(words + [f"in {years_text(side.selection.valued_years)}"] * years)


def parts(survey: Survey, side: Side) -> tuple[str, str, str]:
    return side.place, people(survey, side.population), years_text(side.selection.valued_years)


def caveats(survey: Survey, first: Side, second: Side) -> Caveats:
    found = Caveats()
    groups = first.population != second.population
    by_age = survey.is_by_age(first.population) and survey.is_by_age(second.population)
    found.of_selections(first.selection, second.selection)
    found.of_figures(survey, [*first.figures, *second.figures])
    found.add_if((groups or first.place != second.place) and not by_age, "not-age-adjusted")
    found.add_if(groups and first.place == second.place, "strata-assumed-independent")
    found.add_if(overlaps_nation(survey, first, second), "national-overlap")
    return found


def overlaps_nation(survey: Survey, first: Side, second: Side) -> bool:
    """Return whether one side is the nation, and the other a state of it in the same year."""
    places = {first.place, second.place}
    same_year = set(first.selection.valued_years) & set(second.selection.valued_years)
    others = places - {survey.description.national}
    return len(places) == 2 and len(others) == 1 and bool(same_year) and not survey.is_territory(others.pop())
