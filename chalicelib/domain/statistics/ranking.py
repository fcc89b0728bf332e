"""Who is best, and how sure that is: ranks with ranges that hold with joint 95 % confidence.

Tukey and Kramer's comparisons of all pairs on the logit scale; Klein, Wright and Wieczorek's ranges (JRSS C
2020) beside them, and for one state that is named beforehand a shorter range of its own (inference/ranks.py).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chalicelib.domain.description_checks import BEST_ENDS
from chalicelib.domain.inference.ranks import (
    CriticalValues,
    RankRange,
    Score,
    critical_values,
    kww_ranges,
    not_separated,
    pairwise_ranges,
    range_of,
    ranks,
    scores,
)
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.sentences import counted, names_text, people, years_text
from chalicelib.domain.published.survey import NO_YEAR, Survey
from chalicelib.domain.statistics.areas import Areas, areas_of
from chalicelib.errors import BadInput, NoRows, Suppressed, TooMany, shown

USUAL_TOP = 5
MOST_AREAS = 400


class Ranks(NamedTuple):
    """The ranks of areas, best first, and their ranges."""

    critical: CriticalValues
    scores: Sequence[Score]
    ranks: Sequence[int]
    joint: Sequence[RankRange]
    kww: Sequence[RankRange]


def ranking(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    data.require("low", "high")
    top, population = top_of(inputs), survey.population
    best = survey.choice("best", BEST_ENDS, inputs.get("best") or data.best(survey.question))
    if len(survey.areas) > MOST_AREAS:
        raise TooMany(f"{len(survey.areas)} areas are too many to rank: {MOST_AREAS} at most")
    areas = areas_of(survey, population, best)
    figures: Document = {"year": areas.year, "best": best} | figures_of(survey, areas, top)
    rank = f"rank among {counted(figures['of'], 'area')}, {best} first"
    return answer(
        "ranking",
        survey,
        figures,
        estimand=[rank, people(survey, population), years_text([areas.year or NO_YEAR])],
        statement=statement(figures),
        caveats=caveats(survey, areas, survey.is_by_age(population)),
        selections=[areas.selection],
    )


def top_of(inputs: Mapping[str, str]) -> int:
    """Return how many places count as the top. Raises BadInput."""
    text = inputs.get("top", str(USUAL_TOP))
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 4 and int(text)):
        raise BadInput("top", text, "a whole number from 1, such as 5")
    return int(text)


def figures_of(survey: Survey, areas: Areas, top: int) -> Document:
    result = ranked(survey, areas)
    rows = [row(areas, result, index, top) for index in range(len(areas.names))]
    own = {} if survey.state is None else of_state(survey, areas, result, survey.state)
    return own | {
        "of": len(rows),
        "top": top,
        "suppressed": list(areas.suppressed),
        "absent": list(areas.absent),
        "critical": result.critical._asdict(),
        "ranking": rows,
        "plausibly_top": [row["state"] for row in rows if row["plausibly_top"]],
        "surely_top": [row["state"] for row in rows if row["surely_top"]],
    }


def ranked(survey: Survey, areas: Areas) -> Ranks:
    compared = scores(areas.values, areas.ses, survey.unit.curve, highest_best=areas.highest_best)
    # One area alone is first of one, whatever the critical value.
    critical = critical_values(max(2, len(compared)))
    return Ranks(
        critical,
        compared,
        ranks(compared),
        pairwise_ranges(compared, critical.joint),
        kww_ranges(compared, critical.kww),
    )


def row(areas: Areas, result: Ranks, index: int, top: int) -> Document:
    figure, joint = areas.figures[index], result.joint[index]
    return {
        "state": areas.names[index],
        "rank": result.ranks[index],
        "estimate": figure.value,
        "interval": None if figure.interval is None else list(figure.interval),
        "n": figure.n,
        "joint_range": list(joint),
        "kww_range": list(result.kww[index]),
        "plausibly_top": joint.best <= top,
        "surely_top": joint.worst <= top,
        "presentable": figure.presentable,
    }


def of_state(survey: Survey, areas: Areas, result: Ranks, state: str) -> Document:
    """Return the range of a state that was named, and the areas it cannot be told apart from."""
    if state not in areas.names:
        when = f"{state} {areas.year or ''}".rstrip()
        if state in areas.suppressed:
            raise Suppressed(f"{when}: published without a value, so it has no rank")
        if state in areas.absent:
            raise NoRows(f"no published row for {when}, so it has no rank")
        more = '; "areas": "all" ranks it too' if survey.is_territory(state) else ""
        raise NoRows(f"{shown(state)} is none of the areas that are ranked{more}")
    index = areas.names.index(state)
    same = not_separated(index, result.scores, result.critical.joint)
    return {
        "state": state,
        "alone_range": list(range_of(index, result.scores, result.critical.alone)),
        "not_separated": sorted(areas.names[other] for other in same),
    }


def statement(figures: Document) -> str:
    of, top, plausible = figures["of"], figures["top"], figures["plausibly_top"]
    text = (
        f"With joint 95 % confidence {len(plausible)} of {of} areas are plausibly among the best {top}: "
        f"{names_text(plausible)}. Surely among them: {names_text(figures['surely_top'])}."
    )
    if "state" not in figures:
        return text
    state = figures["state"]
    own = next(row for row in figures["ranking"] if row["state"] == state)
    (first, last), (alone_first, alone_last) = own["joint_range"], figures["alone_range"]
    return (
        f"{state} has rank {own['rank']} of {of}, which the data place from {first} to {last} "
        f"({alone_first} to {alone_last} for {state} alone, named beforehand). {text}"
    )


def caveats(survey: Survey, areas: Areas, by_age: bool) -> Caveats:
    found = Caveats()
    found.of_selections(areas.selection)
    found.of_figures(survey, areas.figures)
    found.add_if(not by_age, "not-age-adjusted")
    return found
