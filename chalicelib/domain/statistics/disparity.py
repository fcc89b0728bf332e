"""Who within a state is worse off: each group of a category against a reference group.

Absolute and relative differences, both from a named reference (Keppel et al., Vital and Health Statistics
2(141), 2005), by default the best presentable group. Choosing the reference from the data and testing only
against it would find something in 8 to 13 % of samples without any difference, so the p-values are then
adjusted for all k (k - 1) / 2 pairs, and for k - 1 where the reference is named (Holm 1979).
"""

from collections.abc import Mapping
from itertools import combinations

from chalicelib.domain.inference.comparisons import holm
from chalicelib.domain.inference.pooling import heterogeneity
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.figure import Figure
from chalicelib.domain.published.selection import Population, Selection
from chalicelib.domain.published.sentences import SIGNIFICANT, p_text, years_text
from chalicelib.domain.published.survey import Survey
from chalicelib.domain.statistics.compare import difference_document, tested
from chalicelib.errors import NeedsInput, NoReference, listed, shown

Groups = Mapping[str, Figure]


def disparity(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    data.require("low", "high")
    state, category = place_and_category(survey)
    no_group = set(survey.description.no_group)
    groups_of = (Population(category, name) for name in data.strata[category] if name not in no_group)
    populations = [population for population in groups_of if not survey.is_whole(population)]
    selection = survey.select([state], populations, inputs.get("years"))
    year = selection.only_year
    groups = {key.segment: figure for key, figure in survey.figures(selection).items()}
    reference = reference_of(survey, groups)
    figures = {
        "year": year or None,
        "reference": reference,
        "strata": rows_of(groups, reference, "reference" in inputs),
        "suppressed": [key.segment for key in selection.suppressed],
        "left_out": left_out(survey, state, year, category, no_group),
        **spread(groups),
    }
    return answer(
        "disparity",
        survey,
        figures,
        estimand=[state, f"groups by {category}, each less {reference}", years_text([year])],
        statement=statement(survey, groups, figures, category),
        caveats=caveats(survey, selection, groups, populations[0]),
        selections=[selection],
    )


def place_and_category(survey: Survey) -> tuple[str, str]:
    """Return the state and the category. Raises NeedsInput."""
    if survey.state is None:
        raise NeedsInput("state", 'disparity needs a "state"')
    name = survey.inputs.get("category", "")
    category = survey.data.category(name) if name else ""
    others = [other for other in survey.data.strata if other not in survey.whole_categories]
    if category not in others:
        whole = f"{shown(name)} is the whole population: " if name else ""
        raise NeedsInput("category", f'{whole}disparity needs a "category": one of {listed(others)}')
    return survey.state, category


def reference_of(survey: Survey, groups: Groups) -> str:
    """Return the named reference, or the best presentable group. Raises NoReference."""
    there = listed(groups)
    if "reference" in survey.inputs:
        name = survey.inputs["reference"]
        name = survey.description.aliases.get("segment", {}).get(name, name)
        if name not in groups:
            raise NoReference(f"{shown(name)} cannot be the reference; the groups with a value are {there}")
        return name
    presentable = {name: figure for name, figure in groups.items() if figure.presentable is not False}
    if not presentable:
        raise NoReference(
            f'no group is reliable enough to be the reference: name one as "reference", of {there}'
        )
    sign = -1.0 if survey.data.best(survey.question) == "highest" else 1.0
    return min(presentable, key=lambda name: (sign * presentable[name].value, name))


def rows_of(groups: Groups, reference: str, is_named: bool) -> list[Document]:
    """Return a row for each group; the p-values are adjusted for all the tests that were looked at."""
    pairs = [pair for pair in combinations(groups, 2) if not is_named or reference in pair]
    tests = [tested(groups[first], groups[second]).p for first, second in pairs]
    adjusted = {frozenset(pair): p for pair, p in zip(pairs, holm(tests), strict=True)}
    return [
        {
            "stratum": name,
            "estimate": figure.value,
            "interval": None if figure.interval is None else list(figure.interval),
            "n": figure.n,
            "presentable": figure.presentable,
            "versus_reference": None
            if name == reference
            else difference_document(figure, groups[reference], tested(figure, groups[reference]))
            | {"p_adjusted": adjusted[frozenset((name, reference))]},
        }
        for name, figure in groups.items()
    ]


def left_out(survey: Survey, state: str, year: int, category: str, no_group: set[str]) -> list[str]:
    """Return the strata that are no group of people, such as "Data not reported", and have a cell."""
    return [
        name
        for name in survey.data.strata[category]
        if name in no_group and CellKey(state, year, category, name) in survey.measures
    ]


def spread(groups: Groups) -> Document:
    """Return whether the groups differ at all, and the extremes among the presentable ones."""
    values = [figure.value for figure in groups.values()]
    differ = heterogeneity(values, [figure.known_se for figure in groups.values()])
    shown_ones = [figure for figure in groups.values() if figure.presentable is not False]
    least = min(shown_ones, key=lambda figure: figure.value, default=None)
    most = max(shown_ones, key=lambda figure: figure.value, default=None)
    apart = least is not None and most is not None and len(shown_ones) > 1
    return {
        "heterogeneity": differ and differ._asdict(),
        "range": most.value - least.value if apart and most and least else None,
        "ratio": most.value / least.value
        if apart and most and least and not (most.at_end or least.at_end)
        else None,
    }


def statement(survey: Survey, groups: Groups, figures: Document, category: str) -> str:
    differ, unit = figures["heterogeneity"], survey.unit
    if differ is None:
        return f"Only one group by {category} has a value: {next(iter(groups))}."
    shown_ones = {name: figure for name, figure in groups.items() if figure.presentable is not False}
    named_first = f"Groups by {category} differ" if differ["p"] < SIGNIFICANT else "No difference shown"
    text = f"{named_first} ({p_text(differ['p'])} for {len(groups)} groups)"
    if len(shown_ones) < 2:
        return f"{text}; fewer than two of them are reliable enough to present."
    low, high = (end(shown_ones, key=lambda name: shown_ones[name].value) for end in (min, max))
    return (
        f"{text}: from {unit.show(shown_ones[low].value)} ({low}) to {unit.show(shown_ones[high].value)} "
        f"({high}), {unit.show_difference(figures['range'])} apart."
    )


def caveats(survey: Survey, selection: Selection, groups: Groups, first: Population) -> Caveats:
    found = Caveats()
    found.of_selections(selection)
    found.of_figures(survey, groups.values())
    found.add_if(not survey.is_by_age(first), "not-age-adjusted")
    found.add("strata-assumed-independent")
    return found
