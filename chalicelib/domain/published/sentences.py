"""Sentences of answers: numbers, intervals, years and places in plain English."""

from collections.abc import Sequence

from chalicelib.domain.inference.comparisons import Difference
from chalicelib.domain.published.figure import Figure
from chalicelib.domain.published.selection import Population, Selection, spans
from chalicelib.domain.published.survey import Survey
from chalicelib.domain.published.unit import Unit

SIGNIFICANT = 0.05
SMALLEST_SHOWN = 0.0001
MOST_NAMES, FEW_NAMES = 15, 5
WHY = {
    "no-standard-error": "it has no standard error",
    "n<30": "fewer than 30 respondents",
    "effective-n<30": "an effective sample below 30",
    "width>=30": "an interval 30 points wide or wider",
    "relative-width>130%": "an interval wider than 130 % of the estimate",
    "n<50": "fewer than 50 respondents",
    "rse>30%": "a relative standard error above 30 %",
}


def p_text(p: float) -> str:
    """Return `p < 0.0001` or `p = 0.0041`."""
    return "p < 0.0001" if p < SMALLEST_SHOWN else f"p = {float(f'{p:.2g}'):g}"


def interval_text(unit: Unit, interval: Sequence[float], more: int = 0) -> str:
    """Return `95 % CI 6.7 to 10.3`."""
    low, high = interval
    return f"{unit.percent} CI {unit.digits(low, more)} to {unit.digits(high, more)}"


def level_text(figure: Figure) -> str:
    """Return an estimate with its interval: `38.1 % (95 % CI 37.0 to 39.3)`."""
    shown = figure.unit.show(figure.value)
    if figure.interval is None or figure.se is None:
        return f"{shown} (no standard error)"
    return f"{shown} ({interval_text(figure.unit, figure.interval)})"


def warning(figure: Figure) -> str:
    """Return the sentence that follows an estimate which its rule does not present, else nothing."""
    if figure.presentable is not False:
        return ""
    reasons = " and ".join(WHY[reason] for reason in figure.reliability.reasons)
    return f" Not reliable enough to present: {reasons}."


def difference_text(unit: Unit, test: Difference, than: str) -> str:
    """Return `8.5 points higher in 2022 than in 2011 (95 % CI 6.7 to 10.3; p < 0.0001)`."""
    way = "lower" if test.difference < 0 else "higher"
    size = f"{unit.show_difference(test.difference)} {way} {than}"
    shown = f"{size} ({interval_text(unit, of_size(test.interval, test.difference))}; {p_text(test.p)})"
    return shown if test.p < SIGNIFICANT else f"No difference shown: {shown}"


def of_size(interval: Sequence[float], change: float) -> tuple[float, float]:
    """Return the interval of a change's size: what is 3 lower with -5 to -1 is lower by 1 to 5."""
    low, high = interval
    return (-high, -low) if change < 0 else (low, high)


def years_text(years: Sequence[int]) -> str:
    """Return years as a sentence has them; nothing for a data set without years."""
    return spans([year for year in years if year])


def people(survey: Survey, population: Population) -> str:
    """Return the words for a group: `whole population`, or `Income: Less than $15,000`."""
    named_in_question = survey.description.population in survey.question
    of = "" if named_in_question else f" ({survey.description.population})"
    if survey.is_whole(population):
        return f"whole population{of}"
    return f"{population.category}: {population.stratum}{of}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def names_text(names: Sequence[str]) -> str:
    """Return names in a list; of many the first, and how many others there are: a sentence is for reading."""
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:FEW_NAMES])} and {len(names) - FEW_NAMES} others"
    return ", ".join(names) if names else "none"


def place_of(selection: Selection) -> str:
    """Return the place of a selection of one, else the words for the average of its areas."""
    with_value = {key.location for key in selection.published}
    if len(with_value) == 1:
        return with_value.pop()
    areas = counted(len(with_value), "area")
    if len(selection.published) == len(with_value):
        return f"average of {areas}, each counted once"
    return f"average of {len(selection.published)} cells of {areas}"
