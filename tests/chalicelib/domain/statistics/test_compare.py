"""Comparisons of two states, spans of years or groups, and what cannot be compared."""

import pytest

from chalicelib.domain.statistics.compare import compare
from chalicelib.errors import NeedsInput, NoStandardError, NotIndependent, Suppressed, UnknownStratum
from tests.chalicelib.domain.statistics.test_estimate import Z, logit_se
from tests.support.published import ROWS, codes, ingest, row

DATA = ingest()


def test_two_states_differ_by_a_z_test() -> None:
    answer = compare(DATA, {"question": "Q1", "state": "Birch", "versus_state": "Ash", "years": "2022"})

    ses = logit_se(27, 25, 29.1), logit_se(20, 18, 22.1)
    se = (ses[0] ** 2 + ses[1] ** 2) ** 0.5
    assert answer["difference"] == 7.0
    assert answer["se"] == pytest.approx(se, abs=1e-6)
    assert answer["z"] == pytest.approx(7 / se, abs=1e-6)
    assert answer["interval"] == pytest.approx([7 - Z * se, 7 + Z * se], abs=1e-6)
    assert answer["ratio"] == 1.35
    assert answer["first"]["interval"] == [25.0, 29.1]
    assert answer["second"]["state"] == "Ash"
    assert {"not-age-adjusted"} <= set(codes(answer))
    assert answer["statement"].startswith("7.0 points higher in Birch than in Ash (95 % CI ")
    assert "Birch less Ash" in answer["estimand"]


def test_years_of_one_state_are_compared_without_age_caveat() -> None:
    answer = compare(DATA, {"question": "Q1", "state": "Fir", "years": "2022", "versus_years": "2018,2019"})

    assert answer["difference"] == pytest.approx(47 - (35 + 38) / 2)
    assert answer["second"]["cells"] == 2
    assert "not-age-adjusted" not in codes(answer)
    assert "in 2022 than in 2018-2019" in answer["statement"]


def test_groups_of_one_category_are_compared_as_if_independent() -> None:
    inputs = {"question": "Q1", "state": "Ash", "stratum": "Female", "versus_stratum": "Male"}

    answer = compare(DATA, inputs)

    assert answer["difference"] == -5.0
    assert {"strata-assumed-independent", "not-age-adjusted"} <= set(codes(answer))
    assert answer["statement"].startswith("5.0 points lower for Female than for Male (95 % CI ")


def test_age_groups_need_no_age_adjustment() -> None:
    inputs = {"question": "Q1", "state": "Ash", "stratum": "Young", "versus_stratum": "Old"}

    assert "not-age-adjusted" not in codes(compare(DATA, inputs))


def test_difference_that_is_not_significant_is_not_shown_as_one() -> None:
    answer = compare(DATA, {"question": "Q1", "state": "Ash", "versus_years": "2018"})

    assert answer["difference"] == 0.0
    assert answer["statement"].startswith("No difference shown: 0.0 points higher in 2022 than in 2018")


def test_interval_of_a_decrease_is_of_its_size() -> None:
    inputs = {"question": "Q1", "state": "Dogwood", "years": "2022", "versus_years": "2018"}

    answer = compare(DATA, inputs)

    low, high = answer["interval"]
    assert f"4.0 points lower in 2022 than in 2018 (95 % CI {-high:.1f} to {-low:.1f};" in answer["statement"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"versus_state": "Ash"},
        {"versus_years": "2021-2022", "years": "2022"},
        {"stratum": "Female", "versus_stratum": "Total"},
        {"stratum": "Female", "versus_stratum": "Young"},
        {"versus_stratum": "Male"},
    ],
)
def test_same_respondents_on_both_sides_are_refused(inputs: dict[str, str]) -> None:
    with pytest.raises(NotIndependent, match="Ash 2022"):
        compare(DATA, {"question": "Q1", "state": "Ash"} | inputs)


def test_groups_of_two_categories_are_compared_in_different_years() -> None:
    inputs = {"question": "Q1", "state": "Ash", "stratum": "Female", "versus_years": "2019"}

    answer = compare(DATA, inputs | {"versus_stratum": "Very high"})

    assert answer["difference"] == -15.0


def test_versus_stratum_is_looked_up_in_the_category_of_the_first_side() -> None:
    data = ingest([*ROWS, row("Ash", 2022, 40, 35, 45.2, 300, "Education: Middle")])
    inputs = {"question": "Q1", "state": "Ash", "stratum": "High", "versus_stratum": "Middle"}

    assert compare(data, inputs)["second"]["category"] == "Income"
    with pytest.raises(UnknownStratum, match="Total"):
        compare(data, inputs | {"category": "Income", "versus_stratum": "Total"})


def test_state_against_its_nation_is_conservative_and_a_territory_is_no_part_of_it() -> None:
    state = compare(DATA, {"question": "Q1", "state": "Ash", "versus_state": "Nation"})
    nation = compare(DATA, {"question": "Q1", "state": "Nation", "versus_state": "Ash"})
    territory = compare(DATA, {"question": "Q1", "state": "Isle", "versus_state": "Nation"})
    other_year = compare(
        DATA,
        {"question": "Q1", "state": "Ash", "years": "2021", "versus_state": "Nation", "versus_years": "2022"},
    )

    assert "national-overlap" in codes(state)
    assert "national-overlap" in codes(nation)
    assert "national-overlap" not in codes(territory)
    assert "national-overlap" not in codes(other_year)


def test_second_side_is_of_the_years_of_the_first() -> None:
    with pytest.raises(Suppressed, match="Nation 2021"):
        compare(DATA, {"question": "Q1", "state": "Ash", "years": "2021", "versus_state": "Nation"})


def test_ratio_at_an_end_is_null() -> None:
    data = ingest([row("Ash", 2022, 0, 0, 2, 150), row("Birch", 2022, 22, 20, 24.1, 900)])

    answer = compare(data, {"question": "Q1", "state": "Ash", "versus_state": "Birch"})

    assert (answer["ratio"], answer["ratio_interval"]) == (None, None)
    assert answer["difference"] == -22.0


def test_side_without_standard_error_is_an_error_that_names_it() -> None:
    data = ingest([row("Ash", 2022, 20, 20, 20, 150), row("Birch", 2022, 22, 20, 24.1, 900)])

    with pytest.raises(NoStandardError, match="Ash 2022"):
        compare(data, {"question": "Q1", "state": "Birch", "versus_state": "Ash"})


def test_comparison_needs_another_side_and_a_state() -> None:
    with pytest.raises(NeedsInput, match="versus_state, versus_years, versus_stratum") as raised:
        compare(DATA, {"question": "Q1", "state": "Ash"})
    assert raised.value.code == "needs-versus"
    with pytest.raises(NeedsInput, match="state"):
        compare(DATA, {"question": "Q1", "versus_state": "Ash"})
