"""The nine statistics: one registry, one shape, pure functions of a data set."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.cube import CellStats
from chalicelib.domain.ingestor import DataIngestor, closest
from chalicelib.errors import NoUsableRows, UnknownStatistic

Answer = dict[str, Any]
BEST_COUNT = 5


@dataclass(frozen=True)
class Statistic:
    """`compute` takes the data set and the canonical inputs that `parameters` names.

    `labels` says what the keys of an answer name, from the outside in, `measure` what its numbers are.
    """

    name: str
    title: str
    description: str
    parameters: tuple[str, ...]
    compute: Callable[..., Answer]
    labels: tuple[str, ...]
    measure: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of an answer as a table."""
        return (*self.labels, self.measure)

    @property
    def nested(self) -> bool:
        """Whether an answer is an object of objects: what belongs to one state lies under its name."""
        return len(self.labels) > 1 and "state" in self.parameters


def states_mean(data: DataIngestor, question: str) -> Answer:
    return dict(ranked(data, question))


def state_mean(data: DataIngestor, question: str, state: str) -> Answer:
    return {state: data.cube.mean(of_state(data, question, state))}


def best5(data: DataIngestor, question: str) -> Answer:
    return dict(ranked(data, question, highest_first=data.best(question) == "highest")[:BEST_COUNT])


def worst5(data: DataIngestor, question: str) -> Answer:
    return dict(ranked(data, question, highest_first=data.best(question) == "lowest")[:BEST_COUNT])


def global_mean(data: DataIngestor, question: str) -> Answer:
    return {"global_mean": data.cube.mean(of_all(data, question))}


def diff_from_mean(data: DataIngestor, question: str) -> Answer:
    whole, states = of_all(data, question), data.cube.counted(question, "location")
    return {state: data.cube.mean_difference(whole, states[(state,)]) for state, _ in ranked(data, question)}


def state_diff_from_mean(data: DataIngestor, question: str, state: str) -> Answer:
    part = of_state(data, question, state)
    return {state: data.cube.mean_difference(of_all(data, question), part)}


def mean_by_category(data: DataIngestor, question: str) -> Answer:
    cells = data.cube.counted(question, "location", "category", "segment")
    if not cells:
        raise NoUsableRows(question)
    return {str(labels): data.cube.mean(cells[labels]) for labels in sorted(cells)}


def state_mean_by_category(data: DataIngestor, question: str, state: str) -> Answer:
    cells = data.cube.counted(question, "location", "category", "segment")
    own = sorted(labels for labels in cells if labels[0] == state)
    if not own:
        raise NoUsableRows(question, state, closest(state, {labels[0] for labels in cells}))
    return {state: {str(labels[1:]): data.cube.mean(cells[labels]) for labels in own}}


def of_all(data: DataIngestor, question: str) -> CellStats:
    found = data.cube.counted(question)
    if not found:
        raise NoUsableRows(question)
    return found[()]


def of_state(data: DataIngestor, question: str, state: str) -> CellStats:
    states = data.cube.counted(question, "location")
    if (state,) not in states:
        raise NoUsableRows(question, state, closest(state, [name for (name,) in states]))
    return states[(state,)]


def ranked(data: DataIngestor, question: str, highest_first: bool = False) -> list[tuple[str, float]]:
    """States and their means in order of mean; among equal means in order of name, whichever end is first."""
    means = [
        (state, data.cube.mean(found)) for (state,), found in data.cube.counted(question, "location").items()
    ]
    if not means:
        raise NoUsableRows(question)
    return sorted(means, key=lambda pair: (-pair[1] if highest_first else pair[1], pair[0]))


QUESTION, QUESTION_AND_STATE = ("question",), ("question", "state")
STATE, SEGMENT = ("state",), ("state", "category", "segment")

STATISTICS: Mapping[str, Statistic] = {
    compute.__name__: Statistic(compute.__name__, title, description, parameters, compute, labels, measure)
    for compute, parameters, labels, measure, title, description in (
        (states_mean, QUESTION, STATE, "mean", "Mean by state", "The mean of each state, ascending."),
        (state_mean, QUESTION_AND_STATE, STATE, "mean", "Mean of a state", "The mean of one state."),
        (
            best5,
            QUESTION,
            STATE,
            "mean",
            "Best five states",
            "The five states with the best means, best first.",
        ),
        (
            worst5,
            QUESTION,
            STATE,
            "mean",
            "Worst five states",
            "The five states with the worst means, worst first.",
        ),
        (global_mean, QUESTION, (), "mean", "Global mean", "The mean over all rows."),
        (
            diff_from_mean,
            QUESTION,
            STATE,
            "difference",
            "Differences from the global mean",
            "Global mean less the mean of each state, in ascending order of the state's mean.",
        ),
        (
            state_diff_from_mean,
            QUESTION_AND_STATE,
            STATE,
            "difference",
            "Difference of a state from the global mean",
            "Global mean less the mean of one state.",
        ),
        (
            mean_by_category,
            QUESTION,
            SEGMENT,
            "mean",
            "Mean by state, category and segment",
            "The mean of each segment of each category in each state, in order of their names.",
        ),
        (
            state_mean_by_category,
            QUESTION_AND_STATE,
            SEGMENT,
            "mean",
            "Mean of a state by category and segment",
            "The mean of each segment of each category in one state, in order of their names.",
        ),
    )
}


def statistic(name: str) -> Statistic:
    """The registry's entry. Raises UnknownStatistic."""
    if name not in STATISTICS:
        raise UnknownStatistic(name, STATISTICS)
    return STATISTICS[name]


def answer(data: DataIngestor, name: str, inputs: Mapping[str, str]) -> bytes:
    """The answer as JSON: the same bytes for the same question on the same data.

    Raises UnknownStatistic, or Unanswerable when the data cannot answer.
    """
    asked = statistic(name)
    canonical = {field: getattr(data, field)(inputs[field]) for field in asked.parameters}
    found = asked.compute(data, **canonical)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
