"""The nine statistics of the original: means, their ranking and their differences.

Each returns rows in the order of its result: labels, then the number.
"""

from collections.abc import Mapping

from chalicelib.domain.cube import Labels
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellStats
from chalicelib.domain.suggestions import closest
from chalicelib.errors import NoUsableRows

Row = tuple[str | float, ...]

BEST_COUNT = 5


def states_mean(data: DataIngestor, question: str) -> list[Row]:
    return [*ranked(data, question)]


def state_mean(data: DataIngestor, question: str, state: str) -> list[Row]:
    return [(state, data.cube.mean(of_state(data, question, state)))]


def best5(data: DataIngestor, question: str) -> list[Row]:
    return [*ranked(data, question, highest_first=data.best(question) == "highest")[:BEST_COUNT]]


def worst5(data: DataIngestor, question: str) -> list[Row]:
    return [*ranked(data, question, highest_first=data.best(question) == "lowest")[:BEST_COUNT]]


def global_mean(data: DataIngestor, question: str) -> list[Row]:
    return [(data.cube.mean(of_all(data, question)),)]


def diff_from_mean(data: DataIngestor, question: str) -> list[Row]:
    whole, states = of_all(data, question), data.cube.counted(question, "location")
    return [
        (state, data.cube.mean_difference(whole, states[(state,)])) for state, _ in ranked(data, question)
    ]


def state_diff_from_mean(data: DataIngestor, question: str, state: str) -> list[Row]:
    part = of_state(data, question, state)
    return [(state, data.cube.mean_difference(of_all(data, question), part))]


def mean_by_category(data: DataIngestor, question: str) -> list[Row]:
    cells = cells_by(data, question, "location", "category", "segment")
    return [(*labels, data.cube.mean(cells[labels])) for labels in sorted(cells)]


def state_mean_by_category(data: DataIngestor, question: str, state: str) -> list[Row]:
    cells = data.cube.counted(question, "location", "category", "segment")
    own = sorted(labels for labels in cells if labels[0] == state)
    if not own:
        raise NoUsableRows(question, state, closest(state, {labels[0] for labels in cells}))
    return [(*labels, data.cube.mean(cells[labels])) for labels in own]


def cells_by(data: DataIngestor, question: str, *by: str) -> Mapping[Labels, CellStats]:
    """Return the cells of a question that have a value. Raises NoUsableRows if none has."""
    cells = data.cube.counted(question, *by)
    if not cells:
        raise NoUsableRows(question)
    return cells


def of_all(data: DataIngestor, question: str) -> CellStats:
    return cells_by(data, question)[()]


def of_state(data: DataIngestor, question: str, state: str) -> CellStats:
    """Return the CellStats of a question in one state. Raises NoUsableRows."""
    states = data.cube.counted(question, "location")
    if (state,) not in states:
        raise NoUsableRows(question, state, closest(state, [name for (name,) in states]))
    return states[(state,)]


def ranked(data: DataIngestor, question: str, highest_first: bool = False) -> list[tuple[str, float]]:
    """Return states and their means in order of mean; equal means are in order of name at either end."""
    states = cells_by(data, question, "location").items()
    means = [(state, data.cube.mean(stats)) for (state,), stats in states]
    return sorted(means, key=lambda pair: (-pair[1] if highest_first else pair[1], pair[0]))
