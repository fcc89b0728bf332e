"""The nine statistics of the original: means, their ranking and their differences.

Each returns rows in the order of its result: labels, then the number. The filters `years`, `category` and
`stratum` select the rows of the survey that count; a mean is that of the selected rows, unweighted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.domain.cube import Cube, Labels
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellStats
from chalicelib.domain.suggestions import closest
from chalicelib.domain.years import parse_years
from chalicelib.errors import NoUsableRows, listed, shown

Row = tuple[str | float, ...]

BEST_COUNT = 5


@dataclass(frozen=True)
class Selection:
    """The selected rows of a question as a cube; `where` names the filters for errors."""

    cube: Cube
    question: str
    where: str = ""

    def cells_by(self, *by: str) -> Mapping[Labels, CellStats]:
        """Return the cells that have a value. Raises NoUsableRows if none has."""
        cells = self.cube.counted(self.question, *by)
        if not cells:
            raise NoUsableRows(self.question, where=self.where)
        return cells

    def of_all(self) -> CellStats:
        return self.cells_by()[()]

    def of_state(self, state: str) -> CellStats:
        """Return the CellStats of one state. Raises NoUsableRows."""
        states = self.cube.counted(self.question, "location")
        if (state,) not in states:
            near = closest(state, [name for (name,) in states])
            raise NoUsableRows(self.question, state, near, self.where)
        return states[(state,)]

    def ranked(self, highest_first: bool = False) -> list[tuple[str, float]]:
        """Return states and their means in order of mean; equal means are in order of name at either end."""
        means = [(state, self.cube.mean(stats)) for (state,), stats in self.cells_by("location").items()]
        return sorted(means, key=lambda pair: (-pair[1] if highest_first else pair[1], pair[0]))


def select(
    data: DataIngestor, question: str, state: str = "", years: str = "", category: str = "", stratum: str = ""
) -> Selection:
    """Return the rows of a question in the years, category and stratum that are not empty texts.

    The latest year is the last one in which these rows, of the state if there is one, have a value.
    Raises BadYears, UnknownCategory, UnknownStratum, AmbiguousStratum, MissingRole, OutdatedSnapshot.
    """
    if not (years or category or stratum):
        return Selection(data.cube, question)
    filters = {"years": years, "category": category, "stratum": stratum}
    where = " and ".join(f"{name} {shown(text)}" for name, text in filters.items() if text)
    if stratum:
        category, stratum = data.stratum(category or None, stratum)
    elif category:
        category = data.category(category)

    def wanted(own_category: str, own_stratum: str) -> bool:
        return category in ("", own_category) and stratum in ("", own_stratum)

    chosen = chosen_years(data, question, state, years, wanted) if years else None
    if chosen == ():
        where += f" (there are the years {listed(data.years(question))})"
    return Selection(data.cube.select(question, chosen, wanted), question, where)


def chosen_years(
    data: DataIngestor, question: str, state: str, years: str, wanted: Callable[[str, str], bool]
) -> tuple[int, ...] | None:
    """Return the years that a text selects, None for all."""
    selection = parse_years(years)
    if selection.asked:
        return selection.resolve(data.years(question))
    if not selection.latest:
        return None
    data.require("year")
    with_value = (
        key.year
        for key, measure in data.measures(question).items()
        if measure.value is not None and state in ("", key.location) and wanted(key.category, key.segment)
    )
    return selection.resolve(with_value)


def states_mean(data: DataIngestor, question: str, **filters: str) -> list[Row]:
    return [*select(data, question, **filters).ranked()]


def state_mean(data: DataIngestor, question: str, state: str, **filters: str) -> list[Row]:
    rows = select(data, question, state, **filters)
    return [(state, rows.cube.mean(rows.of_state(state)))]


def best5(data: DataIngestor, question: str, **filters: str) -> list[Row]:
    highest_first = data.best(question) == "highest"
    return [*select(data, question, **filters).ranked(highest_first)[:BEST_COUNT]]


def worst5(data: DataIngestor, question: str, **filters: str) -> list[Row]:
    highest_first = data.best(question) == "lowest"
    return [*select(data, question, **filters).ranked(highest_first)[:BEST_COUNT]]


def global_mean(data: DataIngestor, question: str, **filters: str) -> list[Row]:
    rows = select(data, question, **filters)
    return [(rows.cube.mean(rows.of_all()),)]


def diff_from_mean(data: DataIngestor, question: str, **filters: str) -> list[Row]:
    rows = select(data, question, **filters)
    whole, states = rows.of_all(), rows.cube.counted(question, "location")
    return [(state, rows.cube.mean_difference(whole, states[(state,)])) for state, _ in rows.ranked()]


def state_diff_from_mean(data: DataIngestor, question: str, state: str, **filters: str) -> list[Row]:
    rows = select(data, question, state, **filters)
    part = rows.of_state(state)
    return [(state, rows.cube.mean_difference(rows.of_all(), part))]


def mean_by_category(data: DataIngestor, question: str, **filters: str) -> list[Row]:
    rows = select(data, question, **filters)
    cells = rows.cells_by("location", "category", "segment")
    return [(*labels, rows.cube.mean(cells[labels])) for labels in sorted(cells)]


def state_mean_by_category(data: DataIngestor, question: str, state: str, **filters: str) -> list[Row]:
    rows = select(data, question, state, **filters)
    cells = rows.cube.counted(question, "location", "category", "segment")
    own = sorted(labels for labels in cells if labels[0] == state)
    if not own:
        near = closest(state, {labels[0] for labels in cells})
        raise NoUsableRows(question, state, near, rows.where)
    return [(*labels, rows.cube.mean(cells[labels])) for labels in own]
