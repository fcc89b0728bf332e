"""The registry of statistics, and the computation of a stored result."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics import means
from chalicelib.domain.statistics.labels import label
from chalicelib.domain.statistics.means import Row
from chalicelib.errors import UnknownStatistic, shown

# Stored results begin with their format: [RESULT_FORMAT, rows] of a mean, [DOCUMENT_FORMAT, document] of an
# estimate. A result stored before there were formats is a JSON object.
RESULT_FORMAT, DOCUMENT_FORMAT = 1, 2
REPLAY_DIGITS = 16


@dataclass(frozen=True)
class Statistic:
    """A named function from a data set and inputs to a result; `optional` inputs may be absent.

    A mean computes rows: `labels` says what the labels of a row are, `measure` what its number is. An
    estimate has no `measure` and computes a document, JSON values that fit `output_schema`; `rows` names the
    member that holds its rows, if it has some. A `version` grows when results change.
    """

    name: str
    compute: Callable[..., Any]
    parameters: tuple[str, ...]
    labels: tuple[str, ...]
    measure: str
    title: str
    description: str
    optional: tuple[str, ...] = ()
    rows: str = ""
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of all inputs, required ones first."""
        return self.parameters + self.optional

    @property
    def method(self) -> str:
        """The id of the method: name and version."""
        return f"{self.name}/{self.version}"

    @property
    def computes_rows(self) -> bool:
        """Whether the statistic is a mean, whose frozen JSON is rendered from rows."""
        return bool(self.measure)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a mean's result as a table."""
        return (*self.labels, self.measure)

    @property
    def nested(self) -> bool:
        """Whether the frozen JSON is an object of objects: the numbers of one state lie under its name."""
        return len(self.labels) > 1 and "state" in self.parameters


QUESTION, STATE = ("question",), ("state",)
QUESTION_AND_STATE, SEGMENT = ("question", "state"), ("state", "category", "segment")
# Inputs that select cells.
SELECTION = ("years", "category", "stratum")


def mean(
    name: str,
    compute: Callable[..., list[Row]],
    parameters: tuple[str, ...],
    labels: tuple[str, ...],
    measure: str,
    title: str,
    text: str,
) -> Statistic:
    """Return an entry of the original's nine, labelled as what it is."""
    description = f"{text} {label(name, {})}"
    return Statistic(name, compute, parameters, labels, measure, title, description, SELECTION)


# A table: name, formula, inputs; labels and number of a row; title, description.
# fmt: off
ENTRIES = (
    mean("states_mean", means.states_mean, QUESTION, STATE, "mean",
         "Mean by state", "The mean of each state, ascending."),
    mean("state_mean", means.state_mean, QUESTION_AND_STATE, STATE, "mean",
         "Mean of a state", "The mean of one state."),
    mean("best5", means.best5, QUESTION, STATE, "mean",
         "Best five states", "The five states with the best means, best first."),
    mean("worst5", means.worst5, QUESTION, STATE, "mean",
         "Worst five states", "The five states with the worst means, worst first."),
    mean("global_mean", means.global_mean, QUESTION, (), "mean",
         "Global mean", "The mean over all rows."),
    mean("diff_from_mean", means.diff_from_mean, QUESTION, STATE, "difference",
         "Differences from the global mean",
         "Global mean less the mean of each state, in ascending order of the state's mean."),
    mean("state_diff_from_mean", means.state_diff_from_mean, QUESTION_AND_STATE, STATE, "difference",
         "Difference of a state from the global mean", "Global mean less the mean of one state."),
    mean("mean_by_category", means.mean_by_category, QUESTION, SEGMENT, "mean",
         "Mean by state, category and segment",
         "The mean of each segment of each category in each state, in order of their names."),
    mean("state_mean_by_category", means.state_mean_by_category, QUESTION_AND_STATE, SEGMENT, "mean",
         "Mean of a state by category and segment",
         "The mean of each segment of each category in one state, in order of their names."),
)
# fmt: on
# The original's nine, and all.
MEANS: Mapping[str, Statistic] = {entry.name: entry for entry in ENTRIES}
STATISTICS: Mapping[str, Statistic] = {**MEANS}


def statistic(name: str) -> Statistic:
    """Return the registry's entry. Raises UnknownStatistic."""
    if name not in STATISTICS:
        raise UnknownStatistic(f"there is no statistic {shown(name)}; there are {', '.join(STATISTICS)}")
    return STATISTICS[name]


def compute_result(data: DataIngestor, name: str, inputs: Mapping[str, str], dataset: str) -> bytes:
    """Return the result as it is stored: the same bytes for the same question on the same data.

    `dataset` is the fingerprint of the data, which documents name. Raises UnknownStatistic, or Unanswerable
    when the data cannot answer.
    """
    entry = statistic(name)
    canonical = {
        field: canonical_input(data, field, inputs[field]) for field in entry.inputs if field in inputs
    }
    if entry.computes_rows:
        return stored(RESULT_FORMAT, entry.compute(data, **canonical))
    document = entry.compute(data, canonical)
    origin = {"dataset": dataset, **document.get("provenance", {}), "inputs": canonical}
    replay = replay_id(dataset, entry, canonical)
    return stored(DOCUMENT_FORMAT, document | {"provenance": origin | {"replay": replay}})


def canonical_input(data: DataIngestor, name: str, value: str) -> str:
    """Return an input as the data set writes it. Raises UnknownName."""
    return value if name not in ("question", "state") else str(getattr(data, name)(value))


def stored(version: int, result: Any) -> bytes:
    return json.dumps([version, result], ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def replay_id(dataset: str, entry: Statistic, inputs: Mapping[str, str]) -> str:
    """Return what the same question on the same data by the same method shares, and no other."""
    identity = json.dumps([dataset, entry.name, dict(sorted(inputs.items())), entry.method])
    return hashlib.sha256(identity.encode()).hexdigest()[:REPLAY_DIGITS]
