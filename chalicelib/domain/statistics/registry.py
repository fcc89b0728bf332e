"""The registry of statistics, and the computation of a stored result."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics import means
from chalicelib.domain.statistics.means import Row
from chalicelib.errors import UnknownStatistic, shown

# Stored results begin with it: [format, rows]. A result stored before there were formats is a JSON object.
RESULT_FORMAT = 1


@dataclass(frozen=True)
class Statistic:
    """A named function from a data set and the canonical inputs that `parameters` names to rows.

    `labels` says what the labels of a row are, `measure` what its number is. A change of the results' bytes
    needs a new `version`: stored results of another one are not reused.
    """

    name: str
    compute: Callable[..., list[Row]]
    parameters: tuple[str, ...]
    labels: tuple[str, ...]
    measure: str
    title: str
    description: str
    version: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a result as a table."""
        return (*self.labels, self.measure)

    @property
    def nested(self) -> bool:
        """Whether the frozen JSON is an object of objects: the numbers of one state lie under its name."""
        return len(self.labels) > 1 and "state" in self.parameters


QUESTION, STATE = ("question",), ("state",)
QUESTION_AND_STATE, SEGMENT = ("question", "state"), ("state", "category", "segment")
# A table: name, formula, inputs; labels and number of a row; title, description.
# fmt: off
ENTRIES = (
    Statistic("states_mean", means.states_mean, QUESTION, STATE, "mean",
              "Mean by state", "The mean of each state, ascending."),
    Statistic("state_mean", means.state_mean, QUESTION_AND_STATE, STATE, "mean",
              "Mean of a state", "The mean of one state."),
    Statistic("best5", means.best5, QUESTION, STATE, "mean",
              "Best five states", "The five states with the best means, best first."),
    Statistic("worst5", means.worst5, QUESTION, STATE, "mean",
              "Worst five states", "The five states with the worst means, worst first."),
    Statistic("global_mean", means.global_mean, QUESTION, (), "mean",
              "Global mean", "The mean over all rows."),
    Statistic("diff_from_mean", means.diff_from_mean, QUESTION, STATE, "difference",
              "Differences from the global mean",
              "Global mean less the mean of each state, in ascending order of the state's mean."),
    Statistic("state_diff_from_mean", means.state_diff_from_mean, QUESTION_AND_STATE, STATE, "difference",
              "Difference of a state from the global mean", "Global mean less the mean of one state."),
    Statistic("mean_by_category", means.mean_by_category, QUESTION, SEGMENT, "mean",
              "Mean by state, category and segment",
              "The mean of each segment of each category in each state, in order of their names."),
    Statistic("state_mean_by_category", means.state_mean_by_category, QUESTION_AND_STATE, SEGMENT, "mean",
              "Mean of a state by category and segment",
              "The mean of each segment of each category in one state, in order of their names."),
)
# fmt: on
STATISTICS: Mapping[str, Statistic] = {entry.name: entry for entry in ENTRIES}


def statistic(name: str) -> Statistic:
    """Return the registry's entry. Raises UnknownStatistic."""
    if name not in STATISTICS:
        raise UnknownStatistic(f"there is no statistic {shown(name)}; there are {', '.join(STATISTICS)}")
    return STATISTICS[name]


def compute_result(data: DataIngestor, name: str, inputs: Mapping[str, str]) -> bytes:
    """Return the result as it is stored: the same bytes for the same question on the same data.

    Raises UnknownStatistic, or Unanswerable when the data cannot answer.
    """
    entry = statistic(name)
    canonical = {field: getattr(data, field)(inputs[field]) for field in entry.parameters}
    result = [RESULT_FORMAT, entry.compute(data, **canonical)]
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
