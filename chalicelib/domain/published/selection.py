"""Cells of a question that a request selects: places, years and groups of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.domain.measures import CellKey, Measure
from chalicelib.errors import AmbiguousCell, OneYear, Suppressed


class Population(NamedTuple):
    """A group of respondents: a category and one of its strata; both empty where a data set has none."""

    category: str = ""
    stratum: str = ""


@dataclass(frozen=True)
class Selection:
    """The cells of some places, groups and years that have a row, in the order of their keys.

    `years` have a row; `missing` were asked for by number and have none. `asked` are those that the request
    is about, for notes on them. `older`: the latest year with a value precedes the question's newest.
    """

    places: tuple[str, ...]
    populations: tuple[Population, ...]
    cells: Mapping[CellKey, Measure]
    years: tuple[int, ...]
    missing: tuple[int, ...] = ()
    asked: tuple[int, ...] = ()
    older: bool = False

    @property
    def published(self) -> dict[CellKey, Measure]:
        """The cells with a value."""
        return {key: cell for key, cell in self.cells.items() if cell.value is not None}

    @property
    def suppressed(self) -> tuple[CellKey, ...]:
        """The cells that were published without a value."""
        return tuple(key for key, cell in self.cells.items() if cell.value is None)

    @property
    def valued_years(self) -> tuple[int, ...]:
        return tuple(sorted({key.year for key in self.published}))

    @property
    def only_year(self) -> int:
        """The year of a selection that is about one. Raises OneYear."""
        years = sorted({*self.years, *self.missing})
        if len(years) > 1:
            raise OneYear(f'this statistic is about one year, not {spans(years)}: name one as "years"')
        return years[0]


def check_unambiguous(cells: Mapping[CellKey, Measure]) -> None:
    """Raise AmbiguousCell for the first cell that several rows make."""
    for key, cell in cells.items():
        if cell.rows > 1:
            raise AmbiguousCell(
                f"{named(key)}: {cell.rows} rows of the data set make this one cell, "
                "so it has no published value"
            )


def check_any_value(cells: Mapping[CellKey, Measure]) -> None:
    """Raise Suppressed when no cell has a value."""
    if all(cell.value is None for cell in cells.values()):
        first, *others = sorted(cells)
        more = f", as {len(others)} more cells of this selection" if others else ""
        raise Suppressed(f"{named(first)}: published without a value{more}")


def named(key: CellKey) -> str:
    """Return the words for a cell, such as `Ohio 2022, Income: Less than $15,000`."""
    place = " ".join(filter(None, [key.location, str(key.year or "")]))
    # A category with the name of its stratum is no more than a label of the whole: `Total: Total`.
    return f"{place}, {key.category}: {key.segment}" if key.category != key.segment else place


def spans(years: Sequence[int]) -> str:
    """Return years as ranges: `2011-2015, 2017`."""
    ranges: list[list[int]] = []
    for year in years:
        if ranges and year == ranges[-1][1] + 1:
            ranges[-1][1] = year
        else:
            ranges.append([year, year])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in ranges)
