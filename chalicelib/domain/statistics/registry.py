"""The registry of statistics, and the computation of a stored result."""

import hashlib
import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics import means
from chalicelib.domain.statistics.labels import label
from chalicelib.domain.statistics.means import Row
from chalicelib.domain.statistics.statistic import Statistic
from chalicelib.errors import InvalidInput, InvalidRequest, UnknownStatistic, shown

# Stored results begin with their format: [RESULT_FORMAT, rows] of a mean, [DOCUMENT_FORMAT, document] of an
# estimate. A result stored before there were formats is a JSON object.
RESULT_FORMAT, DOCUMENT_FORMAT = 1, 2
REPLAY_DIGITS = 16

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
# The original's nine.
MEANS: Mapping[str, Statistic] = {entry.name: entry for entry in ENTRIES}


def estimate(name: str, inputs: str, optional: str, title: str, text: str, rows: str = "") -> Statistic:
    """Return the entry of an estimate; the function of its name is in the module of its name."""
    names, more = tuple(inputs.split()), tuple(optional.split())
    return Statistic(name, imported(name), names, (), "", title, text, more, rows)


def imported(name: str) -> Callable[[DataIngestor, Mapping[str, str]], dict[str, Any]]:
    """Return an estimate's function, which imports its module when it is first called.

    A process that starts for a mean does without: the modules take some 15 ms.
    """

    def compute(data: DataIngestor, inputs: Mapping[str, str]) -> dict[str, Any]:
        module = importlib.import_module(f"chalicelib.domain.statistics.{name}")
        return dict(getattr(module, name)(data, inputs))

    return compute


# A table: name, inputs, optional inputs; title, description, member that holds rows.
# fmt: off
ESTIMATE_ENTRIES = (
    estimate("cells", "question", "state years category stratum rule",
             "Published cells",
             "The published figures with standard errors and reliability, 5,000 at most.", "rows"),
    estimate("estimate", "question", "state years category stratum weights areas rule",
             "Estimate",
             "One figure with its uncertainty: a published cell as it is, or the average of several."),
    estimate("compare", "question state",
             "years category stratum versus_state versus_years versus_stratum rule",
             "Comparison",
             "The difference between two states, times or groups, with a test; `versus_…` names the "
             "second, and at least one of them is needed."),
    estimate("trend", "question", "state years category stratum areas",
             "Trend",
             "The change per year by weighted least squares; its test allows for the scatter of "
             "the years; without a state, a row for each area, its p-value adjusted for all of them.",
             "areas"),
    estimate("ranking", "question", "years category stratum areas top best rule state",
             "Ranking",
             "Ranks of the areas in one year with joint 95 % ranges, and the areas that are plausibly, "
             "or surely, among the best.", "ranking"),
    estimate("benchmark", "question", "years category stratum areas reference",
             "Benchmark",
             "Each area against the average of the others, the nation, or a number to reach, with "
             "p-values adjusted for all of them.", "states"),
    estimate("disparity", "question state category", "years reference rule",
             "Disparity",
             "The groups of a category in one state and year against the best one, or a named one.",
             "strata"),
    estimate("age_standardised", "question", "state years areas",
             "Age-adjusted prevalence (from published rows)",
             "Estimates as they would be with the ages of the standard population; without a state, a "
             "row for each area.", "areas"),
    estimate("estimands", "question", "state years",
             "What the mean of all cells means",
             "The unweighted mean of all cells beside four better defined means, and how they differ."),
)
# fmt: on
ESTIMATES: Mapping[str, Statistic] = {entry.name: entry for entry in ESTIMATE_ENTRIES}
STATISTICS: Mapping[str, Statistic] = {**MEANS, **ESTIMATES}


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
    canonical = canonical_inputs(data, {name: inputs[name] for name in entry.inputs if name in inputs})
    try:
        result = entry.compute(data, **canonical) if entry.computes_rows else entry.compute(data, canonical)
    except InvalidRequest as error:  # of a text such as the nation's name, which only the data set knows
        raise InvalidInput(str(error)) from None
    if entry.computes_rows:
        return stored(RESULT_FORMAT, result)
    return stored(DOCUMENT_FORMAT, completed(result, entry, canonical, dataset))


def completed(
    document: dict[str, Any], entry: Statistic, inputs: Mapping[str, str], dataset: str
) -> dict[str, Any]:
    """Return a document with its method's id, and with what was asked of which data."""
    origin = {"dataset": dataset, **document["provenance"], "inputs": dict(inputs)}
    return document | {
        "method": document["method"] | {"id": entry.method},
        "provenance": origin | {"replay": replay_id(dataset, entry, inputs)},
    }


def canonical_inputs(data: DataIngestor, inputs: Mapping[str, str]) -> dict[str, str]:
    """Return inputs with names as the data set writes them. Raises Unanswerable."""
    names = {
        "question": data.question,
        "state": data.state,
        "versus_state": data.state,
        "category": data.category,
    }
    canonical = {name: names[name](text) if name in names else text for name, text in inputs.items()}
    if "stratum" in canonical:
        canonical["stratum"] = data.stratum(canonical.get("category"), canonical["stratum"])[1]
    return canonical


def stored(version: int, result: Any) -> bytes:
    return json.dumps([version, result], ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def replay_id(dataset: str, entry: Statistic, inputs: Mapping[str, str]) -> str:
    """Return what the same question on the same data by the same method shares, and no other."""
    identity = json.dumps([dataset, entry.name, dict(sorted(inputs.items())), entry.method])
    return hashlib.sha256(identity.encode()).hexdigest()[:REPLAY_DIGITS]
