"""Disparities between the groups of a category within a state."""

import pytest

from chalicelib.domain.inference.comparisons import holm
from chalicelib.domain.statistics.disparity import disparity
from chalicelib.errors import (
    BestEndUnknown,
    NeedsInput,
    NoReference,
    NoRows,
    NoStandardError,
    OneYear,
    Suppressed,
)
from tests.support.published import ROWS, codes, ingest, row

DATA = ingest([line for line in ROWS if "Not asked" not in line])
INCOME = {"question": "Q1", "state": "Ash", "category": "Income", "years": "2022"}


def test_groups_are_compared_with_the_best_presentable_one() -> None:
    answer = disparity(DATA, INCOME)

    rows = {each["stratum"]: each for each in answer["strata"]}
    assert answer["reference"] == "High"
    assert list(rows) == ["High", "Low", "Middle"]
    assert rows["High"]["versus_reference"] is None
    assert rows["Low"]["versus_reference"]["difference"] == 18.0
    assert rows["Low"]["versus_reference"]["ratio"] == 2.5
    assert (answer["range"], answer["ratio"]) == (18.0, 2.5)
    assert (answer["suppressed"], answer["left_out"]) == (["Very high"], ["Not reported"])
    assert answer["heterogeneity"]["df"] == 2
    assert {"suppressed-cells", "strata-assumed-independent", "not-age-adjusted", "bands"} <= set(
        codes(answer)
    )
    assert "from 12.0 % (High) to 30.0 % (Low), 18.0 points apart." in answer["statement"]


def test_chosen_reference_costs_an_adjustment_for_all_pairs_and_a_named_one_for_its_own() -> None:
    chosen = {each["stratum"]: each["versus_reference"] for each in disparity(DATA, INCOME)["strata"]}
    named = {
        each["stratum"]: each["versus_reference"]
        for each in disparity(DATA, INCOME | {"reference": "High"})["strata"]
    }

    # Low against Middle has the second smallest of the three p-values.
    assert chosen["Low"]["p"] == named["Low"]["p"]
    assert chosen["Low"]["p_adjusted"] == pytest.approx(3 * chosen["Low"]["p"], rel=1e-4)
    two = holm([named["Low"]["p"], named["Middle"]["p"]])
    assert [named["Low"]["p_adjusted"], named["Middle"]["p_adjusted"]] == pytest.approx(two, rel=1e-4)


def test_unpresentable_group_is_shown_but_is_neither_reference_nor_extreme() -> None:
    rows = [
        *(line for line in ROWS if "Not asked" not in line),
        row("Ash", 2022, 5, 0.9, 24, 20, "Income: None"),
    ]

    answer = disparity(ingest(rows), INCOME)

    none = next(each for each in answer["strata"] if each["stratum"] == "None")
    assert none["presentable"] is False
    assert (answer["reference"], answer["range"]) == ("High", 18.0)
    assert "unreliable-input" in codes(answer)


def test_reference_without_a_value_is_an_error_that_names_the_groups() -> None:
    with pytest.raises(NoReference, match=r'"Very high" cannot.*"High", "Low", "Middle"'):
        disparity(DATA, INCOME | {"reference": "Very high"})


def test_without_a_presentable_group_a_reference_is_needed() -> None:
    rows = [row("Ash", 2022, 20, 5, 55.1, 20, f"Sex: {sex}") for sex in ("Female", "Male")]
    inputs = {"question": "Q1", "state": "Ash", "category": "Sex"}

    with pytest.raises(NoReference, match="no group is reliable enough"):
        disparity(ingest(rows), inputs)
    answer = disparity(ingest(rows), inputs | {"reference": "Male"})
    assert (answer["range"], answer["ratio"]) == (None, None)
    assert answer["statement"].endswith("fewer than two of them are reliable enough to present.")


def test_age_groups_need_no_age_adjustment() -> None:
    answer = disparity(DATA, {"question": "Q1", "state": "Ash", "category": "Age"})

    assert answer["reference"] == "Young"
    assert "not-age-adjusted" not in codes(answer)


def test_only_published_group_has_nothing_to_differ_from() -> None:
    answer = disparity(DATA, {"question": "Q1", "state": "Birch", "category": "Age"})

    assert (answer["heterogeneity"], answer["range"], answer["suppressed"]) == (None, None, ["Old"])
    assert answer["statement"] == "Only one group by Age has a value: Young."


@pytest.mark.parametrize("category", [{}, {"category": "Total"}])
def test_category_is_needed_and_those_there_are_are_named(category: dict[str, str]) -> None:
    with pytest.raises(NeedsInput, match='"Age", "Income", "Sex"') as raised:
        disparity(DATA, {"question": "Q1", "state": "Ash"} | category)
    assert raised.value.code == "needs-category"


def test_category_without_groups_of_people_is_an_error() -> None:
    rows = [*ROWS, row("Ash", 2022, 22, 15.0, 31.1, 60, "Work: Not reported")]

    with pytest.raises(NoRows, match="no published row for Ash; there is"):
        disparity(ingest(rows), {"question": "Q1", "state": "Ash", "category": "Work"})


def test_state_without_rows_of_the_category_is_an_error_that_names_what_there_is() -> None:
    with pytest.raises(NoRows, match='no published row for Isle; there is "Total"'):
        disparity(DATA, {"question": "Q1", "state": "Isle", "category": "Sex"})


def test_what_cannot_be_compared_is_an_error() -> None:
    with pytest.raises(NeedsInput, match="state"):
        disparity(DATA, {"question": "Q1", "category": "Sex"})
    with pytest.raises(OneYear, match="2019, 2022"):
        disparity(DATA, INCOME | {"years": "all"})
    with pytest.raises(BestEndUnknown):
        disparity(ingest(best={}), INCOME)
    with pytest.raises(NoStandardError, match="Ash 2022, Sex: Other"):
        disparity(
            ingest([*ROWS, row("Ash", 2022, 20, group="Sex: Other")]),
            {"question": "Q1", "state": "Ash", "category": "Sex"},
        )
    with pytest.raises(Suppressed, match="Birch 2022, Age: Old"):
        disparity(
            ingest([row("Birch", 2022, "", group="Age: Old"), *ROWS[:5]]),
            {"question": "Q1", "state": "Birch", "category": "Age"},
        )
