"""Trends of a state and of every area."""

import pytest

from chalicelib.domain.statistics.trend import trend
from chalicelib.errors import NoStandardError, TooFewYears
from tests.support.published import ROWS, codes, ingest, row

DATA = ingest()


def test_straight_line_has_its_slope() -> None:
    answer = trend(DATA, {"question": "Q1", "state": "Cedar"})

    assert answer["slope"] == pytest.approx(2, abs=1e-6)
    assert answer["years"] == [2018, 2019, 2020, 2021, 2022]
    assert answer["lack_of_fit"] == {"q": 0.0, "df": 3, "p": 1.0}
    assert answer["se_scaled"] == answer["se"]
    assert (answer["fitted_first"], answer["fitted_last"]) == pytest.approx((26, 34), abs=1e-6)
    assert answer["change"]["difference"] == 8.0
    assert (answer["change"]["from"], answer["change"]["to"]) == (2018, 2022)
    assert answer["statement"].startswith("2.00 points a year up, 2018-2022 (95 % CI ")
    assert answer["statement"].endswith("With only 5 years the test has little power.")


def test_years_off_the_line_widen_the_scaled_interval() -> None:
    values = {2016: 20, 2017: 30, 2018: 20, 2019: 30, 2020: 20, 2021: 30, 2022: 25}
    rows = [row("Ash", year, value, value - 1, value + 1.1, 4000) for year, value in values.items()]

    answer = trend(ingest(rows), {"question": "Q1", "state": "Ash"})

    assert answer["lack_of_fit"]["p"] < 1e-6
    assert answer["se_scaled"] > 5 * answer["se"]
    assert answer["p"] < 0.001 < 0.5 < answer["p_scaled"]
    assert "not-a-straight-line" in codes(answer)
    assert answer["statement"].startswith("No trend shown: ")
    assert "little power" not in answer["statement"]


def test_three_years_are_too_few_and_the_error_names_compare() -> None:
    inputs = {"question": "Q1", "state": "Ash", "years": "2019-2021"}

    with pytest.raises(TooFewYears, match=r"Ash has values of 3 years here .2019-2021.*compare"):
        trend(DATA, inputs)


def test_suppressed_years_are_left_out_of_the_line() -> None:
    answer = trend(ingest([*ROWS, row("Cedar", 2017, "")]), {"question": "Q1", "state": "Cedar"})

    assert (answer["years"][0], answer["suppressed"]) == (2018, 1)
    assert "suppressed-cells" in codes(answer)


def test_missing_years_are_named() -> None:
    answer = trend(DATA, {"question": "Q1", "state": "Cedar", "years": "2018-2023"})

    assert answer["missing_years"] == [2023]


def test_year_without_standard_error_is_an_error_that_names_it() -> None:
    with pytest.raises(NoStandardError, match="Cedar 2017"):
        trend(ingest([*ROWS, row("Cedar", 2017, 30, 30, 30, 500)]), {"question": "Q1", "state": "Cedar"})


def test_every_area_has_a_row_with_adjusted_p_values() -> None:
    data = ingest([*ROWS, row("Gorse", 2022, 20, 18, 22.1, 900)])

    answer = trend(data, {"question": "Q1"})

    rows = {each["state"]: each for each in answer["areas"]}
    assert list(rows) == ["Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir"]
    assert (answer["of"], answer["left_out"]) == (6, ["Gorse"])
    assert answer["counts"] == {"rising": 2, "falling": 0, "no trend shown": 4}
    assert rows["Fir"]["verdict"] == rows["Cedar"]["verdict"] == "rising"
    ordered = sorted(each["p_scaled"] for each in answer["areas"])
    assert rows["Fir"]["p_adjusted"] == pytest.approx(6 * ordered[0], rel=1e-4)
    assert rows["Fir"]["p_scaled"] == ordered[0]
    assert rows["Ash"]["change"] == 0.0
    assert rows["Ash"]["p_adjusted"] == 1.0
    assert "areas-left-out" in codes(answer)
    assert "average-of-states" not in codes(answer)


def test_no_area_with_enough_years_is_an_error() -> None:
    with pytest.raises(TooFewYears, match="Ash"):
        trend(DATA, {"question": "Q1", "years": "2021-2022"})
