"""Data sets without years, limits, sample sizes or groups, or of other units: what each is served."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

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
from chalicelib.errors import MissingRole, NotProportions, OutdatedSnapshot, RuleNotApplicable
from tests.chalicelib.domain.statistics.test_same_bytes import REQUESTS
from tests.support.published import DESCRIPTION, STATES, codes, ingest, row
from tests.support.samples import DESCRIPTION as SOIL_DESCRIPTION
from tests.support.samples import soil

COLUMNS: dict[str, str] = DESCRIPTION["columns"]
Statistic = Callable[[DataIngestor, dict[str, str]], dict[str, Any]]


def without(*roles: str) -> dict[str, str]:
    return {role: column for role, column in COLUMNS.items() if role not in roles}


def bare() -> DataIngestor:
    """Whole populations of six states: no years, groups, limits or sample sizes."""
    rows = [row(name, "", 20 + index, "", "", "", "") for index, name in enumerate(STATES)]
    columns = without("year", "low", "high", "sample_size", "category", "segment")
    return ingest(rows, columns=columns, whole={}, interval={}, age={}, no_group=[], notes=[])


def body_mass() -> DataIngestor:
    """A mean in kg/m² with linear limits, and no sample sizes."""
    rows = [
        row(name, year, round(26 + index + (year - 2018) / 10, 1), 25.5 + index, 26.9 + index)
        for index, name in enumerate(STATES)
        for year in range(2018, 2022)
    ]
    interval = {"level": 0.95, "scale": "linear"}
    return ingest(rows, columns=without("sample_size"), unit="kg/m²", interval=interval)


def proportions() -> DataIngestor:
    rows = []
    for index, name in enumerate(STATES):
        level = 0.2 + index / 50
        for year in range(2018, 2022):
            value = round(level + (year - 2018) / 100, 3)
            rows.append(row(name, year, value, round(level - 0.02, 3), round(level + 0.06, 3), 900))
    return ingest(rows, unit="proportion")


def test_without_years_and_limits_values_are_shown_without_certainty() -> None:
    data = bare()

    answer = estimate(data, {"question": "Q1", "state": "Birch"})
    average = estimate(data, {"question": "Q1"})
    (first, *_) = cells(data, {"question": "Q1"})["rows"]

    assert (answer["estimate"], answer["se"], answer["interval"], answer["n"]) == (21.0, None, None, None)
    assert answer["years"] == []
    assert answer["method"] == {"id": "estimate/1", "interval": None, "reliability": "none"}
    assert "reliability-not-assessed" in codes(answer)
    assert (
        answer["estimand"]
        == "Percent of adults who swim; Birch; whole population; published survey estimates"
    )
    assert (average["estimate"], average["cells"]) == (22.5, 6)
    assert (first["year"], first["category"], first["stratum"]) == (None, "", "")
    assert answer["provenance"]["release"] == "6 rows"


def test_estimands_of_a_data_set_without_years_are_those_that_it_has() -> None:
    answer = estimands(bare(), {"question": "Q1"})

    assert (
        answer["cells_mean"] == answer["total_rows_mean"] == {"estimate": 22.5, "cells": 6, "difference": 0.0}
    )
    assert answer["total_rows_by_precision"]["estimate"] is None
    assert answer["latest_year"]["year"] is None


@pytest.mark.parametrize(
    ("statistic", "inputs", "role"),
    [
        (estimate, {"years": "2022"}, "year"),
        (estimate, {"weights": "precision"}, "low"),
        (estimate, {"weights": "sample_size"}, "sample_size"),
        (estimate, {"stratum": "Male"}, "category"),
        (cells, {"years": "all"}, "year"),
        (compare, {"state": "Ash", "versus_state": "Elm"}, "low"),
        (trend, {"state": "Ash"}, "year"),
        (ranking, {}, "low"),
        (benchmark, {}, "low"),
        (disparity, {"state": "Ash", "category": "Sex"}, "low"),
        (age_standardised, {}, "low"),
    ],
)
def test_statistic_that_needs_a_role_names_it(
    statistic: Statistic, inputs: dict[str, str], role: str
) -> None:
    with pytest.raises(MissingRole, match=f'"{role}"'):
        statistic(bare(), {"question": "Q1"} | inputs)


def test_data_set_that_does_not_describe_its_whole_needs_a_group(tmp_path_factory: Any) -> None:
    data = soil(tmp_path_factory.mktemp("soil"))
    assert "whole" not in SOIL_DESCRIPTION

    with pytest.raises(MissingRole, match='"whole"'):
        estimate(data, {"question": "S1", "state": "Bayern"})
    answer = estimate(data, {"question": "S1", "state": "Bayern", "stratum": "Wald"})
    assert (answer["estimate"], answer["se"]) == (2.5, None)
    assert [each["value"] for each in cells(data, {"question": "S1", "state": "Bayern"})["rows"]] == [
        1.5,
        2.5,
    ]


def test_years_of_a_comparison_need_years() -> None:
    rows = [row(name, "", 20 + 5 * i, 18 + 5 * i, 22.1 + 5 * i, 900) for i, name in enumerate(STATES)]
    data = ingest(rows, columns=without("year"))

    assert compare(data, {"question": "Q1", "state": "Elm", "versus_state": "Ash"})["difference"] == 20.0
    with pytest.raises(MissingRole, match='"year"'):
        compare(data, {"question": "Q1", "state": "Elm", "versus_years": "2022"})


@pytest.mark.parametrize(("statistic", "inputs"), REQUESTS)
def test_snapshot_of_before_says_publish_again(statistic: Statistic, inputs: dict[str, str]) -> None:
    data = ingest()
    earlier = DataIngestor(replace(data.cube, complete=False), data.description)

    with pytest.raises(OutdatedSnapshot, match="publish it again"):
        statistic(earlier, {"question": "Q1"} | inputs)


def test_areas_are_ranked_without_years() -> None:
    rows = [row(name, "", 20 + 5 * i, 18 + 5 * i, 22.1 + 5 * i, 900) for i, name in enumerate(STATES)]

    answer = ranking(ingest(rows, columns=without("year")), {"question": "Q1"})

    assert answer["year"] is None
    assert [each["rank"] for each in answer["ranking"]] == [1, 2, 3, 4, 5, 6]


def test_means_have_linear_standard_errors_and_no_presentation_standard() -> None:
    data = body_mass()

    answer = estimate(data, {"question": "Q1", "state": "Ash"})

    assert answer["se"] == pytest.approx(1.4 / (2 * 1.959963984540054), abs=1e-6)
    assert answer["reliability"] == {"presentable": None, "reasons": []}
    assert answer["method"] == {"id": "estimate/1", "interval": "linear, 95 %", "reliability": "none"}
    assert "reliability-not-assessed" in codes(answer)
    assert answer["statement"] == "26.3 kg/m² (95 % CI 25.5 to 26.9), as published for Ash, 2021."


def test_means_are_compared_ranked_and_followed_over_years() -> None:
    data = body_mass()

    comparison = compare(data, {"question": "Q1", "state": "Elm", "versus_state": "Ash"})
    line = trend(data, {"question": "Q1", "state": "Ash"})
    ranks = ranking(data, {"question": "Q1"})

    assert comparison["statement"].startswith("4.0 kg/m² higher in Elm than in Ash")
    assert comparison["ratio"] == pytest.approx(30.3 / 26.3, abs=1e-6)
    assert line["slope"] == pytest.approx(0.1, abs=1e-6)
    assert ranks["ranking"][0]["presentable"] is None
    assert sum(benchmark(data, {"question": "Q1"})["counts"].values()) == 6


def test_standard_that_needs_proportions_is_refused_for_means() -> None:
    with pytest.raises(RuleNotApplicable, match='"nchs"'):
        estimate(body_mass(), {"question": "Q1", "rule": "nchs"})
    with pytest.raises(NotProportions, match="kg/m²"):
        age_standardised(body_mass(), {"question": "Q1"})


def test_proportions_are_judged_like_percentages() -> None:
    of_hundred = [
        row("Ash", 2022, 20, 18, 26, 900),
        row("Birch", 2022, 30, 28, 32.1, 900),
    ]
    of_one = [row("Ash", 2022, 0.2, 0.18, 0.26, 900), row("Birch", 2022, 0.3, 0.28, 0.321, 900)]
    inputs = {"question": "Q1", "state": "Ash", "versus_state": "Birch"}

    percent = compare(ingest(of_hundred), inputs)
    proportion = compare(ingest(of_one, unit="proportion"), inputs)

    assert proportion["z"] == pytest.approx(percent["z"], abs=1e-6)
    assert proportion["difference"] == pytest.approx(percent["difference"] / 100)
    for name in ("presentable", "reasons", "complement_unreliable"):
        assert proportion["first"]["reliability"][name] == percent["first"]["reliability"][name]
    assert proportion["statement"].startswith("0.100 lower in Ash than in Birch (95 % CI ")


def test_proportions_are_averaged_and_ranked() -> None:
    data = proportions()

    answer = estimate(data, {"question": "Q1", "state": "Ash", "years": "all"})

    assert answer["estimate"] == pytest.approx(0.215)
    assert 0 < answer["interval"][0] < answer["interval"][1] < 1
    assert ranking(data, {"question": "Q1"})["ranking"][0]["state"] == "Ash"


def test_other_level_has_other_standard_errors_and_words() -> None:
    data = ingest([row("Ash", 2022, 20, 18, 22.1, 900)], interval={"level": 0.9, "scale": "linear"})

    answer = estimate(data, {"question": "Q1", "state": "Ash"})

    assert answer["se"] == pytest.approx(4.1 / (2 * 1.6448536269514722), abs=1e-6)
    assert "90 % CI 18.0 to 22.1" in answer["statement"]
