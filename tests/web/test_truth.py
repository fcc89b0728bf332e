"""What Explore draws equals a computation from the file that shares nothing with the service."""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import requests

from local.settings import SAMPLE
from tests.support.chromium import Tab, needs_browser
from tests.support.pages import explore, legend, ranking_rows
from tests.web.conftest import FULL

TERRITORIES = ("Guam", "Puerto Rico", "Virgin Islands")
YLGNBU = ("#ffffcc", "#a1dab4", "#41b6c4", "#2e8fc5", "#4466c4")
RACE = "Race/Ethnicity"
Row = Mapping[str, str]

pytestmark = needs_browser


def read(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def rows(survey: Path) -> list[Row]:
    return read(survey)


@pytest.fixture(scope="session")
def sample_rows() -> list[Row]:
    return read(SAMPLE)


def newest_selections(rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (question, year, category, stratum) of the whole population and each race, newest year."""

    def question(row: Row) -> str:
        return row["QuestionID"]

    for name, own in groupby(sorted(rows, key=question), question):
        found = list(own)
        year = max(row["YearStart"] for row in found)
        yield name, year, "Total", "Total"
        races = {row["Stratification1"] for row in found if row["StratificationCategory1"] == RACE}
        for race in sorted(races):
            yield name, year, RACE, race


def expected(rows: Sequence[Row], question: str, year: str, category: str, stratum: str) -> dict[str, Any]:
    """Compute classes, values and intervals: quintiles by nearest rank over all years, without the nation."""
    own = [
        row
        for row in rows
        if row["QuestionID"] == question
        and (row["StratificationCategory1"], row["Stratification1"]) == (category, stratum)
        and row["LocationDesc"] != "National"
    ]
    values = sorted(float(row["Data_Value"]) for row in own if row["Data_Value"])
    ranks = [values[-(-k * len(values) // 5) - 1] for k in range(1, 5)] if values else []
    cuts = sorted({cut for cut in ranks if cut < values[-1]})
    steps = [round(i * 4 / len(cuts)) for i in range(len(cuts) + 1)] if cuts else [2]
    now = [row for row in own if row["YearStart"] == year]
    return {
        "values": {
            row["LocationDesc"]: (
                f"{float(row['Data_Value']):.1f}",
                f"{float(row['Low_Confidence_Limit']):.1f} to {float(row['High_Confidence_Limit ']):.1f}",
                YLGNBU[steps[sum(cut < float(row["Data_Value"]) for cut in cuts)]],
            )
            for row in now
            if row["Data_Value"]
        },
        "suppressed": {row["LocationDesc"] for row in now if not row["Data_Value"]},
    }


def check(tab: Tab, url: str, rows: Sequence[Row], selection: tuple[str, str, str, str]) -> None:
    question, year, category, stratum = selection
    right = expected(rows, *selection)
    state = {"question": question, "years": year, "areas": "all"}
    if category != "Total":
        state |= {"category": category, "stratum": stratum}

    explore(tab, url, **state)

    drawn = ranking_rows(tab)
    shown = {row["area"]: (row["value"], row["interval"], row["fill"]) for row in drawn if row["value"]}
    assert shown == right["values"], selection
    hatched = {row["area"] for row in drawn if row["gap"] == "published without a value"}
    assert hatched == right["suppressed"], selection
    assert all(row["fill"].endswith("-suppressed)") for row in drawn if row["area"] in hatched)
    entries = legend(tab)
    assert entries["published without a value"]["many"] == len(hatched)
    assert sum(entry["many"] for entry in entries.values() if str(entry["fill"]).startswith("#")) == len(
        shown
    )
    assert "National" not in shown
    assert tab.evaluate("document.querySelector('.ranking .national .rank').textContent") == "–"
    check_csv(tab, url, right["values"])


def check_csv(tab: Tab, url: str, values: Mapping[str, Sequence[str]]) -> None:
    address = tab.evaluate("document.querySelector('[data-focus=csv]').href")
    table = csv.DictReader(io.StringIO(requests.get(address, timeout=30).text))
    found = {
        row["state"]: (
            f"{float(row['estimate']):.1f}",
            f"{float(row['interval.low']):.1f} to {float(row['interval.high']):.1f}",
        )
        for row in table
    }
    assert found == {area: tuple(value[:2]) for area, value in values.items()}


def test_sample_is_drawn_as_its_file_has_it(sample_url: str, tab: Tab, sample_rows: list[Row]) -> None:
    selections = list(newest_selections(sample_rows))
    for selection in selections if FULL else selections[:: max(1, len(selections) // 4)]:
        if expected(sample_rows, *selection)["values"]:
            check(tab, sample_url, sample_rows, selection)


def test_survey_is_drawn_as_its_file_has_it(survey_url: str, tab: Tab, rows: list[Row]) -> None:
    selections = list(newest_selections(rows))
    drawable = [selection for selection in selections if len(expected(rows, *selection)["values"]) > 1]
    assert len(drawable) > 60
    for selection in drawable if FULL else drawable[::20]:
        check(tab, survey_url, rows, selection)
