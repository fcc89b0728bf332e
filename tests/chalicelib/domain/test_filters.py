"""The filters on the nine: the results of a file that has only the selected rows."""

import gzip
import io
from itertools import product
from typing import Any

import pandas as pd
import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics import means
from chalicelib.errors import (
    AmbiguousStratum,
    BadYears,
    MissingRole,
    NoUsableRows,
    Unanswerable,
    UnknownCategory,
    UnknownStratum,
)
from local.settings import DEFAULT_DESCRIPTION, SAMPLE
from tests.support.measured import DESCRIPTION, MEASURED, measured
from tests.support.shared import SHARED, needs_shared

NINE = (
    "states_mean",
    "state_mean",
    "best5",
    "worst5",
    "global_mean",
    "diff_from_mean",
    "state_diff_from_mean",
)
NINE += ("mean_by_category", "state_mean_by_category")
FILTERS = [
    {"years": "2019"},
    {"years": "2011-2013,2021", "category": "Total"},
    {"years": "all", "category": "Gender", "stratum": "Female"},
    {"category": "Sex"},
    {"stratum": "65 or older"},
]


def result(data: DataIngestor, name: str, inputs: dict[str, str]) -> object:
    """Return the rows of a statistic, or the type of its error."""
    parameters = ("question", "state") if "state" in name.split("_") else ("question",)
    own = {
        key: value for key, value in inputs.items() if key not in ("question", "state") or key in parameters
    }
    try:
        return getattr(means, name)(data, **own)
    except Unanswerable as error:
        return type(error)


def selected(rows: pd.DataFrame, filters: dict[str, str]) -> pd.DataFrame:
    """Return the rows of a question that filters select, found independently."""
    if category := filters.get("category"):
        rows = rows[rows["StratificationCategory1"] == category.replace("Sex", "Gender")]
    if stratum := filters.get("stratum"):
        rows = rows[rows["Stratification1"] == stratum]
    years = {"2019": ["2019"], "2011-2013,2021": ["2011", "2012", "2013", "2021"]}
    chosen = years.get(filters.get("years", ""))
    return rows[rows["YearStart"].isin(chosen)] if chosen else rows


def check(content: bytes) -> int:
    """Compare filtered results with those of pre-filtered data; return how many were equal."""
    description = Description.load(DEFAULT_DESCRIPTION)
    data = DataIngestor.from_snapshot(DataIngestor.from_csv(io.BytesIO(content), description).snapshot())
    columns = list(description.columns.values())
    frame = pd.read_csv(io.BytesIO(content), usecols=columns, dtype=str, keep_default_na=False)
    frame = frame.astype("category")  # faster
    equal = 0
    for (question, rows), filters in product(frame.groupby("Question", observed=True), FILTERS):
        own = selected(rows, filters)
        only = DataIngestor.from_frame(own, description) if (own["Data_Value"] != "").any() else None
        for name in NINE:
            inputs = {"question": str(question), "state": "Ohio"}
            expected: Any = result(only, name, inputs) if only else NoUsableRows
            assert result(data, name, inputs | filters) == expected, (name, question, filters)
            equal += 1
    return equal


def test_filtered_sample_gives_the_results_of_the_selected_rows() -> None:
    assert check(gzip.decompress(SAMPLE.read_bytes())) == 9 * 9 * len(FILTERS)


@needs_shared
def test_filtered_survey_gives_the_results_of_the_selected_rows() -> None:
    content = gzip.decompress((SHARED / "data" / "brfss_full.csv.gz").read_bytes())
    assert check(content) == 9 * 9 * len(FILTERS) == 405


@pytest.fixture(scope="module")
def data() -> DataIngestor:
    return measured()


def test_latest_year_is_the_last_with_a_value_in_the_selection(data: DataIngestor) -> None:
    """Hessen's 2022 is suppressed, and 2021 is the last year of the stratum."""
    assert means.state_mean(data, "Humus", "Hessen", years="latest") == [("Hessen", 22.0)]
    assert means.global_mean(data, "Humus", years="latest", stratum="Acker") == [(18.0,)]
    only_2020 = measured("\n".join(MEASURED.splitlines()[:2]))
    assert means.global_mean(only_2020, "Humus", years="latest") == [(20.5,)]


def test_empty_filters_are_no_filters(data: DataIngestor) -> None:
    for name in NINE:
        inputs = {"question": "Humus", "state": "Bayern"}
        assert result(data, name, inputs | {"years": "", "category": "", "stratum": ""}) == result(
            data, name, inputs
        )


@pytest.mark.parametrize(
    ("filters", "error", "named"),
    [
        (
            {"years": "2023"},
            NoUsableRows,
            r'with years "2023" \(there are the years "2020", "2021", "2022"\)',
        ),
        ({"years": "2022", "category": "Total"}, NoUsableRows, 'with years "2022" and category "Total"$'),
        ({"years": "2022-2011"}, BadYears, '"2022-2011"'),
        ({"category": "Tiefe"}, UnknownCategory, '"Tiefe"'),
        ({"stratum": "Wise"}, UnknownStratum, '"Wise"'),
        ({"category": "Nutzung", "stratum": "Total"}, UnknownStratum, '"Total" in the category "Nutzung"'),
    ],
)
def test_filter_that_selects_nothing_is_an_error_that_names_it(
    data: DataIngestor, filters: dict[str, str], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        means.states_mean(data, "Humus", **filters)


def test_state_without_selected_rows_is_an_error_that_names_the_filters(data: DataIngestor) -> None:
    with pytest.raises(
        NoUsableRows, match='state "Hessen" with stratum "Acker"; the closest with rows: "Bayern"'
    ):
        means.state_mean(data, "Humus", "Hessen", stratum="Acker")


def test_ambiguous_stratum_and_missing_years_are_errors() -> None:
    twice = measured(MEASURED + "Humus,S1,Hessen,HE,2019,2019,4,,,,Brache,Wald\n")
    with pytest.raises(AmbiguousStratum, match='"Brache", "Nutzung"'):
        means.global_mean(twice, "Humus", stratum="Wald")
    columns = {role: name for role, name in DESCRIPTION["columns"].items() if not role.startswith("year")}  # type: ignore[attr-defined] # a dict
    with pytest.raises(MissingRole, match='"year"'):
        means.global_mean(measured(columns=columns), "Humus", years="2020")
