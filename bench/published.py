"""What each statistic with uncertainty costs on loaded data: the first answer, and the median of more.

    python -m bench.published

On the CDC's whole file where it lies beside the project, else on the bundled sample. The time is the
processor's, so that a busy machine changes it little. Most repetitions ask for another state or year, so that
what is kept of an earlier answer helps little.
"""

import itertools
import statistics
import time
import timeit
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bench import survey
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.age_standardised import age_standardised
from chalicelib.domain.statistics.benchmark import benchmark
from chalicelib.domain.statistics.cells import cells
from chalicelib.domain.statistics.compare import compare
from chalicelib.domain.statistics.disparity import disparity
from chalicelib.domain.statistics.estimands import estimands
from chalicelib.domain.statistics.estimate import estimate
from chalicelib.domain.statistics.ranking import ranking
from chalicelib.domain.statistics.trend import trend
from local.settings import SAMPLE

WHOLE_FILE = survey.SHARED / "data" / "brfss_full.csv.gz"
STATES = ("Ohio", "Texas", "Maine", "Utah", "Iowa", "Nevada", "Idaho", "Kansas", "Oregon")

Statistic = Callable[[DataIngestor, Mapping[str, str]], dict[str, Any]]
QUESTION = {"question": survey.QUESTION}


def main() -> None:
    path = WHOLE_FILE if WHOLE_FILE.is_file() else SAMPLE
    data = DataIngestor.from_snapshot(DataIngestor.from_csv(path, survey.described(path)).snapshot())
    print(f"{path.name}\n{'first, ms':>10} {'median':>8} {'limit':>6}")
    for what, limit, statistic, requests in KINDS:
        times = [milliseconds(data, statistic, inputs) for inputs in requests]
        print(f"{times[0]:10.1f} {statistics.median(times):8.2f} {limit:6}  {what}")


def milliseconds(data: DataIngestor, statistic: Statistic, inputs: Mapping[str, str]) -> float:
    return timeit.timeit(lambda: statistic(data, inputs), timer=time.process_time, number=1) * 1e3


def each_state(**inputs: str) -> list[dict[str, str]]:
    return [{"state": state, **QUESTION, **inputs} for state in STATES]


def each_year(years: Iterable[int], **inputs: str) -> list[dict[str, str]]:
    return [{"years": str(year), **QUESTION, **inputs} for year in years]


RECENT = range(2014, 2023)
# What is measured, its limit in ms, the statistic and the requests
KINDS: list[tuple[str, int, Statistic, list[dict[str, str]]]] = [
    ("estimate of a state", 10, estimate, each_state()),
    ("estimate over states", 10, estimate, each_year(RECENT)),
    ("cells of a state and category", 10, cells, each_state(years="2022", category="Income")),
    ("cells of all places", 100, cells, each_year(RECENT, category="Total")),
    ("compare two years", 10, compare, each_state(years="2022", versus_years="2019")),
    ("trend of a state", 10, trend, each_state()),
    ("trend of each area", 100, trend, list(itertools.repeat(QUESTION, 5))),
    ("ranking", 20, ranking, each_year(RECENT)),
    ("benchmark", 10, benchmark, each_year(RECENT)),
    ("disparity", 10, disparity, each_state(category="Income", years="2022")),
    ("age-standardised, a state", 10, age_standardised, each_state(years="2022")),
    ("age-standardised, each area", 100, age_standardised, each_year(RECENT)),
    ("estimands of a state", 10, estimands, each_state()),
    ("estimands of all", 10, estimands, list(itertools.repeat(QUESTION, 5))),
]


if __name__ == "__main__":
    main()
