"""How something changed over the years, and whether that is more than chance.

Weighted least squares by 1 / se² (inference/trends.py). Two p-values: `p` counts sampling error alone,
`p_scaled` the scatter of the years about the line too; the second is the one to quote. NCHS asks for four or
more points (Ingram et al., Vital and Health Statistics 2(179), 2018).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chalicelib.domain.inference.comparisons import holm
from chalicelib.domain.inference.trends import Trend, fit_trend
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey
from chalicelib.domain.published.answer import Document, answer
from chalicelib.domain.published.caveats import Caveats, listing
from chalicelib.domain.published.figure import Figure
from chalicelib.domain.published.selection import Selection, spans
from chalicelib.domain.published.sentences import (
    SIGNIFICANT,
    interval_text,
    of_size,
    p_text,
    people,
    years_text,
)
from chalicelib.domain.published.survey import Survey
from chalicelib.domain.statistics.compare import difference_document, tested
from chalicelib.errors import NoStandardError, TooFewYears

FEWEST_YEARS = 4
LITTLE_POWER = 7  # fewer years than these
VERDICTS = ("rising", "falling", "no trend shown")


class Line(NamedTuple):
    """The trend of one place."""

    place: str
    years: tuple[int, ...]
    figures: tuple[Figure, ...]
    fit: Trend


def trend(data: DataIngestor, inputs: Mapping[str, str]) -> Document:
    survey = Survey(data, inputs)
    data.require("year", "low", "high")
    selection = survey.select(survey.places_asked, [survey.population], inputs.get("years", "all"))
    if survey.state is None:
        return of_areas(survey, selection)
    line = line_of(survey, survey.figures(selection), survey.state)
    return answer(
        "trend",
        survey,
        line_document(line, selection),
        estimand=estimand(survey, line.place, line.years),
        statement=line_statement(survey, line),
        caveats=caveats(survey, selection, [line]),
        selections=[selection],
    )


def line_of(survey: Survey, figures: Mapping[CellKey, Figure], place: str) -> Line:
    """Return the trend of a place from its figures. Raises TooFewYears or NoStandardError."""
    years = tuple(key.year for key in figures)
    if len(years) < FEWEST_YEARS:
        raise TooFewYears(
            f"{place} has values of {len(years)} years here ({spans(years) or 'none'}), and a trend needs "
            f"{FEWEST_YEARS}: compare two of them with the statistic compare"
        )
    values = [figure.value for figure in figures.values()]
    ses = [figure.known_se for figure in figures.values()]
    fit = fit_trend(years, values, ses, survey.unit.level, survey.unit.z)
    return Line(place, years, tuple(figures.values()), fit)


def line_document(line: Line, selection: Selection) -> Document:
    fit, last, first = line.fit, line.figures[-1], line.figures[0]
    slope = fit.sampling._asdict()
    return {
        "slope": slope.pop("difference"),
        **slope,
        "se_scaled": fit.se_scaled,
        "p_scaled": fit.p_scaled,
        "interval_scaled": list(fit.interval_scaled),
        "lack_of_fit": fit.lack_of_fit._asdict(),
        "years": list(line.years),
        "missing_years": list(selection.missing),
        "suppressed": len(selection.suppressed),
        "fitted_first": fit.fitted_first,
        "fitted_last": fit.fitted_last,
        "change": {"from": line.years[0], "to": line.years[-1]}
        | difference_document(last, first, tested(last, first)),
    }


def line_statement(survey: Survey, line: Line) -> str:
    fit, unit = line.fit, survey.unit
    way = "up" if fit.slope > 0 else "down"
    size = (
        f"{unit.show_difference(fit.slope, 1)} a year {way}, {spans(line.years)} "
        f"({interval_text(unit, of_size(fit.interval_scaled, fit.slope), 1)}; {p_text(fit.p_scaled)})"
    )
    shown = size if fit.p_scaled < SIGNIFICANT else f"No trend shown: {size}"
    power = f" With only {len(line.years)} years the test has little power."
    return f"{shown}.{power if len(line.years) < LITTLE_POWER else ''}"


def estimand(survey: Survey, place: str, years: Sequence[int]) -> list[str]:
    return [place, people(survey, survey.population), f"change a year, {years_text(years)}"]


def of_areas(survey: Survey, selection: Selection) -> Document:
    """Return a row for each area that has a trend, with p-values adjusted for all of them."""
    lines, left_out = lines_of(survey, selection)
    rows = list(map(area_row, lines, holm([line.fit.p_scaled for line in lines])))
    counts = Counter(row["verdict"] for row in rows)
    figures = {
        "of": len(rows),
        "left_out": left_out,
        "areas": rows,
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
    }
    found = caveats(survey, selection, lines)
    found.add_if(
        left_out,
        "areas-left-out",
        f"Fewer than {FEWEST_YEARS} years with a value and a standard error: {', '.join(left_out)}.",
    )
    return answer(
        "trend",
        survey,
        figures,
        estimand=estimand(survey, f"each of {len(rows)} areas", selection.valued_years),
        statement=areas_statement(figures, selection),
        caveats=found,
        selections=[selection],
    )


def lines_of(survey: Survey, selection: Selection) -> tuple[list[Line], list[str]]:
    """Return the trends of the areas that have one, and the names of the others. Raises TooFewYears."""
    lines: list[Line] = []
    left_out: list[str] = []
    problem: TooFewYears | NoStandardError | None = None
    own: dict[str, dict[CellKey, Figure]] = {place: {} for place in selection.places}
    for key, figure in survey.figures(selection).items():
        own[key.location][key] = figure
    for place, figures in own.items():
        try:
            lines.append(line_of(survey, figures, place))
        except (TooFewYears, NoStandardError) as error:
            left_out.append(place)
            problem = problem or error
    if problem and not lines:
        raise problem
    return lines, left_out


def area_row(line: Line, p_adjusted: float) -> Document:
    fit = line.fit
    direction = "rising" if fit.slope > 0 else "falling"
    return {
        "state": line.place,
        "slope": fit.slope,
        "se_scaled": fit.se_scaled,
        "interval_scaled": list(fit.interval_scaled),
        "p_scaled": fit.p_scaled,
        "years": len(line.years),
        "change": line.figures[-1].value - line.figures[0].value,
        "p_adjusted": p_adjusted,
        "verdict": direction if p_adjusted < SIGNIFICANT else "no trend shown",
    }


def areas_statement(figures: Document, selection: Selection) -> str:
    counts = ", ".join(f"{verdict} in {number}" for verdict, number in figures["counts"].items())
    return (
        f"Of {figures['of']} areas, {spans(selection.valued_years)}: {counts} "
        f"(at {SIGNIFICANT:g}, adjusted for {figures['of']} tests by Holm's method)."
    )


def caveats(survey: Survey, selection: Selection, lines: Sequence[Line]) -> Caveats:
    found = Caveats()
    found.of_selections(selection)
    found.of_figures(survey, [figure for line in lines for figure in line.figures])
    bent = [line.place for line in lines if line.fit.lack_of_fit.p < SIGNIFICANT]
    which = f" ({listing(bent)})" if len(lines) > 1 else ""
    found.add_if(
        bent,
        "not-a-straight-line",
        f"The years scatter more than sampling explains, or bend{which}: quote p_scaled, or the change.",
    )
    return found
