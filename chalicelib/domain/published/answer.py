"""Answers: figures, what they are of, a sentence, method, caveats and provenance, rounded as on the wire."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.domain.inference.rounding import significant
from chalicelib.domain.published.caveats import Caveats
from chalicelib.domain.published.selection import Selection, spans
from chalicelib.domain.published.survey import Survey

Document = dict[str, Any]

# Members whose numbers are p-values or ratios; all others are in points.
# To 6 significant digits, and no fewer decimals than points where they are above 1.
RATIOS = frozenset(
    ("p", "p_scaled", "p_adjusted", "ratio", "ratio_interval", "rse", "design_effect", "se_rounding")
)
DECIMALS = 6  # of points; a proportion has two more


def answer(
    name: str,
    survey: Survey,
    figures: Document,
    *,
    estimand: Iterable[str],
    statement: str,
    caveats: Caveats,
    selections: Sequence[Selection],
) -> Document:
    """Return the whole answer of a statistic. The registry adds data set and replay id to `provenance`."""
    decimals = DECIMALS + 2 * (survey.unit.whole == 1)
    invented = "Invented data. " if survey.description.synthetic else ""
    return {
        **rounded(figures, decimals),
        "estimand": "; ".join([survey.question, *filter(None, estimand), "published survey estimates"]),
        "statement": invented + statement,
        "method": {
            "id": f"{name}/1",
            "interval": survey.unit.interval if survey.has_limits else None,
            "reliability": survey.rule,
        },
        "caveats": caveats.documents(survey, selections),
        "provenance": provenance(survey),
    }


def provenance(survey: Survey) -> Document:
    """Return what the data set's description and rows say of an answer's origin."""
    description, cube = survey.description, survey.data.cube
    years = sorted(set().union(*cube.years.values()))
    rows = survey.data.catalogue()["rows"]
    return {
        "title": description.title,
        "citation": description.citation or description.source,
        "synthetic": description.synthetic,
        "release": ", ".join(filter(None, [spans(years), f"{rows} rows"])),
    }


def rounded(value: Any, decimals: int, ratio: bool = False) -> Any:
    """Return JSON values with their floats rounded: points to decimals, ratios to significant digits."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return significant(value) if ratio and abs(value) < 1 else round(value, decimals) + 0.0
    if isinstance(value, Mapping):
        return {key: rounded(item, decimals, key in RATIOS) for key, item in value.items()}
    return [rounded(item, decimals, ratio) for item in value]
