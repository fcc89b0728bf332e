"""Estimates: one published cell, means of several, and the edges of what can be estimated."""

from math import log, sqrt

import pytest

from chalicelib.domain.statistics.estimate import estimate
from chalicelib.errors import (
    AmbiguousCell,
    AmbiguousStratum,
    BadInput,
    BadYears,
    NeedsInput,
    NoRows,
    NoSampleSize,
    NoStandardError,
    Suppressed,
    UnknownCategory,
    UnknownQuestion,
    UnknownState,
    UnknownStratum,
)
from tests.support.published import ROWS, codes, ingest, row

DATA = ingest()
Z = 1.959963984540054


def logit_se(value: float, low: float, high: float) -> float:
    """The standard error that logit limits imply, with the C library's logarithm."""
    logits = [log(limit / (100 - limit)) for limit in (low, high)]
    return value * (100 - value) / 100 * (logits[1] - logits[0]) / (2 * Z)


def test_one_cell_is_answered_with_its_published_limits() -> None:
    answer = estimate(DATA, {"question": "Q1", "state": "Birch", "years": "2021"})

    assert (answer["estimate"], answer["interval"], answer["interval_is"]) == (
        26.0,
        [24.0, 28.1],
        "published",
    )
    assert answer["se"] == pytest.approx(logit_se(26, 24, 28.1), abs=1e-6)
    assert (answer["n"], answer["cells"], answer["years"], answer["missing_years"]) == (1100, 1, [2021], [])
    assert not {"heterogeneity", "median"} & set(answer)
    assert answer["statement"] == "26.0 % (95 % CI 24.0 to 28.1), as published for Birch, 2021."


def test_default_is_the_whole_population_in_the_latest_year() -> None:
    answer = estimate(DATA, {"question": "Q1", "state": "Ash"})

    assert (answer["estimate"], answer["years"]) == (20.0, [2022])
    assert answer["estimand"] == (
        "Percent of adults who swim; Ash; whole population; 2022; published survey estimates"
    )


def test_answer_says_how_it_was_made_and_from_what() -> None:
    answer = estimate(DATA, {"question": "Q1", "state": "Ash"})

    assert answer["method"] == {"id": "estimate/1", "interval": "logit, 95 %", "reliability": "nchs"}
    assert answer["provenance"] == {
        "title": "Swimming survey",
        "citation": "https://example.org/swimming",
        "synthetic": False,
        "release": f"2018-2022, {len(ROWS)} rows",
    }


def test_invented_data_are_called_so_first() -> None:
    answer = estimate(ingest(synthetic=True), {"question": "Q1", "state": "Ash"})

    assert answer["statement"].startswith("Invented data. 20.0 %")
    assert answer["provenance"]["synthetic"] is True


def test_years_are_averaged_with_equal_weights() -> None:
    answer = estimate(DATA, {"question": "Q1", "state": "Cedar", "years": "2018,2020-2021"})

    values = [26, 30, 32]
    ses = [logit_se(value, value - 2, value + 2.1) for value in values]
    mean, se = sum(values) / 3, sqrt(sum(each**2 for each in ses)) / 3
    assert answer["estimate"] == pytest.approx(mean, abs=1e-6)
    assert answer["se"] == pytest.approx(se, abs=1e-6)
    assert (answer["interval_is"], answer["n"], answer["median"]) == ("derived", 3600, 30.0)
    assert answer["heterogeneity"]["df"] == 2
    assert answer["estimand"].split("; ")[3] == "2018, 2020-2021"


@pytest.mark.parametrize("weights", ["sample_size", "precision"])
def test_cells_are_weighted_as_asked(weights: str) -> None:
    rows = [row("Ash", 2021, 20, 18, 22.1, 900), row("Ash", 2022, 30, 25, 35.4, 300)]

    answer = estimate(ingest(rows), {"question": "Q1", "state": "Ash", "years": "all", "weights": weights})

    ses = (logit_se(20, 18, 22.1), logit_se(30, 25, 35.4))
    first, second = (900.0, 300.0) if weights == "sample_size" else (ses[0] ** -2, ses[1] ** -2)
    assert answer["estimate"] == pytest.approx((first * 20 + second * 30) / (first + second), abs=1e-6)
    se = sqrt((first * ses[0]) ** 2 + (second * ses[1]) ** 2) / (first + second)
    assert answer["se"] == pytest.approx(se, abs=1e-6)
    assert f"weighted by {weights.replace('_', ' ')}" in answer["estimand"]


def test_without_a_state_the_states_are_averaged_without_nation_and_territories() -> None:
    answer = estimate(DATA, {"question": "Q1", "years": "2022"})

    assert (answer["cells"], answer["missing_years"]) == (6, None)
    assert answer["estimate"] == pytest.approx((20 + 27 + 34 + 25 + 32 + 47) / 6, abs=1e-6)
    assert "average-of-states" in codes(answer)
    assert "average of 6 areas, each counted once" in answer["estimand"]


def test_areas_all_takes_territories_in_but_never_the_nation() -> None:
    assert estimate(DATA, {"question": "Q1", "years": "2022", "areas": "all"})["cells"] == 7


def test_years_that_were_never_asked_are_named_as_missing() -> None:
    answer = estimate(DATA, {"question": "Q1", "state": "Ash", "years": "2021-2023"})

    assert (answer["years"], answer["missing_years"]) == ([2021, 2022], [2023])
    assert next(each for each in answer["caveats"] if each["code"] == "missing-years")["text"].endswith(
        "2023."
    )


def test_suppressed_years_are_left_out_and_counted() -> None:
    answer = estimate(DATA, {"question": "Q1", "state": "Nation", "years": "2021-2022"})

    assert (answer["cells"], answer["suppressed"], answer["years"]) == (1, 1, [2022])
    caveats = {caveat["code"]: caveat["text"] for caveat in answer["caveats"]}
    assert caveats["suppressed-cells"].startswith("1 of 2 cells")


def test_latest_is_the_last_year_with_a_value_and_says_when_it_is_old() -> None:
    answer = estimate(DATA, {"question": "Q1", "state": "Ash", "stratum": "Very high"})

    assert answer["years"] == [2019]
    assert "not-latest-year" in codes(answer)


def test_group_that_was_never_published_is_an_error_that_names_it() -> None:
    rows = [row("Ash", year, "", group="Income: Low") for year in (2021, 2022)]

    with pytest.raises(Suppressed, match="Ash 2021, Income: Low: published without a value, as 1 more cell"):
        estimate(ingest([*ROWS[:10], *rows]), {"question": "Q1", "state": "Ash", "stratum": "Low"})


def test_suppressed_cell_is_an_error_that_names_place_and_year() -> None:
    with pytest.raises(Suppressed, match="Nation 2021: published without a value"):
        estimate(DATA, {"question": "Q1", "state": "Nation", "years": "2021"})


def test_missing_row_is_an_error_that_names_the_years_there_are() -> None:
    with pytest.raises(NoRows, match="no published row for Isle, Total: Total in 2019; there is 2022"):
        estimate(DATA, {"question": "Q1", "state": "Isle", "years": "2019"})


def test_group_without_rows_is_an_error_that_names_the_groups_there_are() -> None:
    with pytest.raises(NoRows, match='Isle, Sex: Male; there is "Total"'):
        estimate(DATA, {"question": "Q1", "state": "Isle", "stratum": "Male"})


def test_ambiguous_cell_is_an_error_and_its_neighbours_are_not() -> None:
    data = ingest([*ROWS, row("Isle", 2022, 11, 9.1, 13.2, 700)])

    with pytest.raises(AmbiguousCell, match="Isle 2022: 2 rows"):
        estimate(data, {"question": "Q1", "state": "Isle"})
    assert estimate(data, {"question": "Q1", "state": "Ash"})["estimate"] == 20.0


@pytest.mark.parametrize(("low", "high"), [(20, 20), ("", ""), (28, 23), (18, "")])
def test_cell_without_a_standard_error_keeps_its_value_and_is_not_presentable(
    low: float | str, high: float | str
) -> None:
    data = ingest([row("Ash", 2021, 20, 18, 22.1, 900), row("Ash", 2022, 20, low, high, 900)])

    answer = estimate(data, {"question": "Q1", "state": "Ash"})
    pooled = estimate(data, {"question": "Q1", "state": "Ash", "years": "all"})

    assert (answer["estimate"], answer["se"]) == (20.0, None)
    assert answer["reliability"] == {"presentable": False, "reasons": ["no-standard-error"]}
    assert "unreliable-input" in codes(answer)
    assert (pooled["estimate"], pooled["se"], pooled["interval"], pooled["heterogeneity"]) == (
        20.0,
        *[None] * 3,
    )
    with pytest.raises(NoStandardError, match="Ash 2022"):
        estimate(data, {"question": "Q1", "state": "Ash", "years": "all", "weights": "precision"})


def test_limit_at_an_end_has_a_linear_standard_error() -> None:
    answer = estimate(ingest([row("Ash", 2022, 1, 0, 3, 120)]), {"question": "Q1", "state": "Ash"})

    assert answer["se"] == pytest.approx(3 / (2 * Z), abs=1e-6)
    assert "review" not in answer["reliability"]


def test_value_at_an_end_is_for_a_statistician_to_review() -> None:
    answer = estimate(ingest([row("Ash", 2022, 100, 97, 100, 120)]), {"question": "Q1", "state": "Ash"})

    assert answer["reliability"]["review"] == "0-or-100%"


def test_value_outside_its_limits_is_a_caveat_that_names_it() -> None:
    answer = estimate(ingest([row("Ash", 2022, 30, 31, 36, 400)]), {"question": "Q1", "state": "Ash"})

    assert "Ash 2022" in next(c["text"] for c in answer["caveats"] if c["code"] == "inconsistent-limits")


@pytest.mark.parametrize(("high", "is_coarse"), [(20.4, True), (20.5, False)])
def test_intervals_narrower_than_ten_roundings_are_coarse(high: float, is_coarse: bool) -> None:
    answer = estimate(ingest([row("Ash", 2022, 20, 19.5, high, 9000)]), {"question": "Q1", "state": "Ash"})

    assert ("coarse-limits" in codes(answer)) is is_coarse


def test_unreliable_estimate_is_marked_and_shown() -> None:
    inputs = {"question": "Q1", "state": "Ash", "category": "Income", "stratum": "Not asked"}

    answer = estimate(DATA, inputs)

    assert answer["estimate"] == 25.0
    assert answer["reliability"]["reasons"] == ["n<30"]
    assert answer["statement"].endswith("Not reliable enough to present: fewer than 30 respondents.")


@pytest.mark.parametrize(
    ("rule", "presentable", "reasons"),
    [("nchs", False, ["n<30"]), ("brfss", False, ["n<50", "rse>30%"]), ("none", None, [])],
)
def test_rule_decides_what_is_presentable(rule: str, presentable: bool | None, reasons: list[str]) -> None:
    inputs = {"question": "Q1", "state": "Ash", "stratum": "Not asked", "rule": rule}

    answer = estimate(DATA, inputs)

    assert answer["method"]["reliability"] == rule
    assert (answer["reliability"]["presentable"], answer["reliability"]["reasons"]) == (presentable, reasons)


def test_sample_size_weights_need_every_sample_size() -> None:
    data = ingest([row("Ash", 2021, 20, 18, 22.1, 900), row("Ash", 2022, 30, 28, 32.1)])
    inputs = {"question": "Q1", "state": "Ash", "years": "all"}

    with pytest.raises(NoSampleSize, match="Ash 2022"):
        estimate(data, inputs | {"weights": "sample_size"})
    assert estimate(data, inputs)["n"] is None


@pytest.mark.parametrize(
    ("inputs", "error", "named"),
    [
        ({"question": "Q2"}, UnknownQuestion, "Q2"),
        ({"state": "Oak"}, UnknownState, "Oak"),
        ({"category": "Wealth", "stratum": "Low"}, UnknownCategory, "Wealth"),
        ({"stratum": "Lowest"}, UnknownStratum, "Lowest"),
        ({"category": "Sex"}, NeedsInput, "Female"),
        ({"years": "2022-2018"}, BadYears, "2022-2018"),
        ({"years": "lately"}, BadYears, "lately"),
        ({"weights": "size"}, BadInput, "size"),
        ({"rule": "strict"}, BadInput, "strict"),
        ({"areas": "world", "state": ""}, BadInput, "world"),
    ],
)
def test_input_that_means_nothing_is_an_error_that_names_it(
    inputs: dict[str, str], error: type[Exception], named: str
) -> None:
    asked = {"question": "Q1", "state": "Ash"} | inputs

    with pytest.raises(error, match=named):
        estimate(DATA, {name: text for name, text in asked.items() if text})


def test_stratum_of_two_categories_needs_its_category() -> None:
    data = ingest([*ROWS, row("Ash", 2022, 40, 35, 45.2, 300, "Education: Low")])

    with pytest.raises(AmbiguousStratum, match="Education"):
        estimate(data, {"question": "Q1", "state": "Ash", "stratum": "Low"})
    inputs = {"question": "Q1", "state": "Ash", "category": "Education", "stratum": "Low"}
    assert estimate(data, inputs)["estimate"] == 40.0


def test_category_of_the_whole_needs_no_stratum() -> None:
    assert estimate(DATA, {"question": "Q1", "state": "Ash", "category": "Total"})["estimate"] == 20.0


def test_notes_of_the_data_set_follow_the_answers_that_they_touch() -> None:
    def asked(**inputs: str) -> set[str]:
        return set(codes(estimate(DATA, {"question": "Q1"} | inputs)))

    assert asked(state="Ash") == {"by-telephone"}
    assert asked(state="Ash", years="2020-2021") == {"by-telephone", "new-question-2021"}
    assert asked(state="Ash", years="2021-2022") == {"by-telephone"}
    assert asked(state="Birch", years="2020") == {"by-telephone", "storm"}
    assert asked(state="Birch", years="2021") == {"by-telephone"}
    assert asked(state="Ash", stratum="Middle") == {"by-telephone", "bands"}
    assert "storm" in asked(years="2020")
