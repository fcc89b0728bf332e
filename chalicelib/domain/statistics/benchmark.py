"""Which states are worse than the others, the nation, or a number to reach.

- others: d_i = v_i - mean of the k - 1 others, with variance se_i² + sum of their se² / (k - 1)².
- National: the covariance of a state with its nation is left out, which overstates the variance.
- a number: the variance is se_i².

The verdicts are by p-values adjusted for all areas (Holm 1979); `interval` is for one area alone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from chalicelib.domain.inference.comparisons import AgainstRest, against_rest, difference, holm, tested
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey
from chalicelib.domain.numbers import parse_number
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.figure import Figure, figure_of
from chalicelib.domain.published.selection import Population, check_unambiguous, spans
from chalicelib.domain.published.sentences import SIGNIFICANT, counted, people, years_text
from chalicelib.domain.published.survey import NO_YEAR, Survey
from chalicelib.domain.statistics.areas import Areas, areas_of
from chalicelib.errors import BadInput, NoNational, NoReference

OTHERS, NATIONAL = "others", "National"
VERDICTS = ("better", "no difference shown", "worse")


def benchmark(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    data.require("low", "high")
    reference, population = inputs.get("reference", OTHERS), survey.population
    is_national = reference in {NATIONAL, survey.description.national}
    target = None if is_national or reference == OTHERS else number_of(reference)
    areas = areas_of(survey, population, data.best(survey.question))
    year = areas.year or NO_YEAR
    national = national_figure(survey, population, year) if is_national else None
    results = compared(survey, areas, national, target)
    figures: Document = {"year": areas.year, "reference": reference} | figures_of(areas, results)
    against = "the average of the others" if reference == OTHERS else reference
    less = f"each of {counted(figures['of'], 'area')} less {against}"
    return answer(
        "benchmark",
        survey,
        figures,
        estimand=[less, people(survey, population), years_text([year])],
        statement=statement(figures, against),
        caveats=caveats(survey, areas, national, reference == OTHERS, survey.is_by_age(population)),
        selections=[areas.selection],
    )


def number_of(text: str) -> float:
    """Return the number to reach. Raises BadInput."""
    try:
        number = parse_number(text)
    except ValueError:
        number = parse_number("")
    if not number.counted:
        raise BadInput("reference", text, '"others", "National" or a number to reach, such as 36')
    return float(number.units / 10**number.decimals)


def national_figure(survey: Survey, population: Population, year: int) -> Figure:
    """Return the published figure of the nation. Raises NoNational, which names the years that have one."""
    nation = survey.description.national
    if not nation:
        raise NoNational('this data set names no location as the nation: ask for "others" or a number')
    keys = [CellKey(nation, each, *population) for each in survey.years]
    valued = {key: cell for key in keys if (cell := survey.measures.get(key)) and cell.value is not None}
    key = CellKey(nation, year, *population)
    if key not in valued:
        years = spans([key.year for key in valued])
        when = f"; there is one for {years}" if years else " for any year of this question and group"
        raise NoNational(f"no published value of {nation} for {year}{when}")
    check_unambiguous({key: valued[key]})
    return figure_of(survey.unit, survey.rule, key, valued[key])


def compared(
    survey: Survey, areas: Areas, national: Figure | None, target: float | None
) -> Sequence[AgainstRest]:
    """Return each area's reference and its difference. Raises NoStandardError or NoReference."""
    z = survey.unit.z
    if national is not None:
        return [
            AgainstRest(national.value, difference(value, se, national.value, national.known_se, z))
            for value, se in zip(areas.values, areas.ses, strict=True)
        ]
    if target is not None:
        return [
            AgainstRest(target, tested(value - target, se, z))
            for value, se in zip(areas.values, areas.ses, strict=True)
        ]
    if len(areas.names) == 1:
        raise NoReference(f"{areas.names[0]} is the only area with a value here: there are no others")
    return against_rest(areas.values, areas.ses, z)


def figures_of(areas: Areas, results: Sequence[AgainstRest]) -> Document:
    rows = rows_of(areas, results)
    counts = Counter(row["verdict"] for row in rows)
    return {
        "of": len(rows),
        "suppressed": list(areas.suppressed),
        "absent": list(areas.absent),
        "states": rows,
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
    }


def rows_of(areas: Areas, results: Sequence[AgainstRest]) -> list[Document]:
    adjusted = holm([result.difference.p for result in results])
    return [
        {
            "state": name,
            "estimate": figure.value,
            "reference": reference,
            "difference": test.difference,
            "se": test.se,
            "interval": list(test.interval),
            "z": test.z,
            "p": test.p,
            "p_adjusted": p_adjusted,
            "verdict": verdict(test.difference, p_adjusted, areas.highest_best),
            "presentable": figure.presentable,
        }
        for name, figure, (reference, test), p_adjusted in zip(
            areas.names, areas.figures, results, adjusted, strict=True
        )
    ]


def verdict(difference: float, p_adjusted: float, highest_best: bool) -> str:
    if p_adjusted >= SIGNIFICANT:
        return "no difference shown"
    return "better" if (difference > 0) == highest_best else "worse"


def statement(figures: Document, against: str) -> str:
    counts = figures["counts"]
    return (
        f"{counted(figures['of'], 'area')} against {against}: {counts['worse']} worse, "
        f"{counts['better']} better, {counts['no difference shown']} with no difference shown. "
        "The verdicts are adjusted for "
        f"{counted(figures['of'], 'test')} (Holm, at {SIGNIFICANT:g}); each interval is for one area alone."
    )


def caveats(
    survey: Survey, areas: Areas, national: Figure | None, against_others: bool, by_age: bool
) -> Caveats:
    found = Caveats()
    found.add_if(against_others, "average-of-states")
    found.of_selections(areas.selection)
    found.of_figures(survey, [*areas.figures, *([national] if national else [])])
    found.add_if(not by_age, "not-age-adjusted")
    found.add_if(national, "national-overlap")
    return found
