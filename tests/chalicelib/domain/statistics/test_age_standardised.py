"""Direct age standardisation of a state and of every area."""

import json

import pytest

from chalicelib.domain.statistics.age_standardised import age_standardised
from chalicelib.errors import MissingRole, NoRows, OneYear, Suppressed
from tests.chalicelib.domain.statistics.test_estimate import logit_se
from tests.support.published import ROWS, codes, ingest, row

DATA = ingest()


def test_groups_are_weighted_by_the_standard_population() -> None:
    answer = age_standardised(DATA, {"question": "Q1", "state": "Ash", "years": "2022"})

    ses = logit_se(15, 11.2, 19.8), logit_se(25, 22.1, 28.1)
    assert answer["estimate"] == pytest.approx((15 + 3 * 25) / 4)
    assert answer["se"] == pytest.approx(((ses[0] / 4) ** 2 + (3 * ses[1] / 4) ** 2) ** 0.5, abs=1e-6)
    assert (answer["crude"], answer["difference_from_crude"]) == (20.0, 2.5)
    assert answer["weights"] == {"Young": 0.25, "Old": 0.75}
    assert {"age-standardised-from-published-rows", "strata-assumed-independent"} <= set(codes(answer))
    assert "whole population at the standard age distribution" in answer["estimand"]


def test_areas_without_all_groups_are_left_out_and_named() -> None:
    answer = age_standardised(DATA, {"question": "Q1"})

    assert [each["state"] for each in answer["areas"]] == ["Ash"]
    assert answer["left_out"] == ["Birch", "Cedar", "Dogwood", "Elm", "Fir"]
    assert "areas-left-out" in codes(answer)


def test_crude_value_that_is_not_published_is_null() -> None:
    rows = [line for line in ROWS if not line.startswith("Percent of adults who swim,Q1,Ash,AS,2022,Total")]

    answer = age_standardised(ingest(rows), {"question": "Q1", "state": "Ash"})

    assert (answer["crude"], answer["difference_from_crude"]) == (None, None)
    assert "no crude value is published" in answer["statement"]


def test_group_without_a_value_is_an_error_that_names_it() -> None:
    with pytest.raises(Suppressed, match="Birch 2022, Age: Old"):
        age_standardised(DATA, {"question": "Q1", "state": "Birch"})
    rows = [*ROWS, row("Cedar", 2022, 22, 17.9, 26.7, 300, "Age: Young")]
    with pytest.raises(NoRows, match="Cedar 2022, Age: Old"):
        age_standardised(ingest(rows), {"question": "Q1", "state": "Cedar"})


def test_order_of_the_standard_population_changes_no_byte() -> None:
    shares = {"Young": 0.1, "Old": 0.2, "Oldest": 0.3}
    rows = [row("Ash", 2022, 25, 22.1, 28.1, 700, f"Age: {group}") for group in shares]

    forward, backward = (
        age_standardised(
            ingest(ROWS[:5] + rows, age={"category": "Age", "standard": dict(items)}),
            {"question": "Q1", "state": "Ash"},
        )
        for items in (shares.items(), reversed(shares.items()))
    )

    assert json.dumps(forward) == json.dumps(backward)


def test_several_years_are_refused() -> None:
    with pytest.raises(OneYear, match="2022-2023"):
        age_standardised(DATA, {"question": "Q1", "state": "Ash", "years": "2022-2023"})


def test_standard_population_is_needed() -> None:
    with pytest.raises(MissingRole, match='"age"'):
        age_standardised(ingest(age={}), {"question": "Q1", "state": "Ash"})
