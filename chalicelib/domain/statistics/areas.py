"""Areas in one year: the figures that rankings and benchmarks are made of, and the areas without one."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.published.figure import Figure
from chalicelib.domain.published.selection import Population, Selection
from chalicelib.domain.published.survey import Survey


@dataclass(frozen=True)
class Areas:
    """The areas with a value, best first and then by name; those published without one, or not at all."""

    year: int | None
    highest_best: bool
    names: Sequence[str]
    figures: Sequence[Figure]
    suppressed: Sequence[str]
    absent: Sequence[str]
    selection: Selection

    @property
    def values(self) -> list[float]:
        return [figure.value for figure in self.figures]

    @property
    def ses(self) -> list[float]:
        """The standard errors. Raises NoStandardError, which names the first area without one."""
        return [figure.known_se for figure in self.figures]


def areas_of(survey: Survey, population: Population, best: str) -> Areas:
    """Return the areas of a request in its one year. Raises OneYear."""
    selection = survey.select(survey.areas, [population], survey.inputs.get("years"))
    year = selection.only_year
    sign = -1.0 if best == "highest" else 1.0
    figures = survey.figures(selection)
    ordered = sorted(figures, key=lambda key: (sign * figures[key].value, key.location))
    there = {key.location for key in selection.cells}
    return Areas(
        year=year or None,
        highest_best=best == "highest",
        names=[key.location for key in ordered],
        figures=[figures[key] for key in ordered],
        suppressed=[key.location for key in selection.suppressed],
        absent=[place for place in selection.places if place not in there],
        selection=selection,
    )
