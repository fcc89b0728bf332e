"""Published cells as they are, with the standard errors that their limits imply."""

from itertools import chain

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.published.selection import spans
from chalicelib.domain.statistics.cells import cells
from chalicelib.errors import AmbiguousCell, NoRows, Suppressed, TooMany
from local.settings import DEFAULT_DESCRIPTION, SAMPLE
from tests.chalicelib.domain.statistics.test_estimate import logit_se
from tests.support.published import ROWS, STATES, codes, ingest, row

DATA = ingest()


def test_row_has_the_published_figures_and_what_follows_from_them() -> None:
    answer = cells(DATA, {"question": "Q1", "state": "Ash", "years": "2022", "category": "Sex"})

    female, male = answer["rows"]
    se = logit_se(18, 15.1, 21.3)
    assert {name: female[name] for name in ("state", "year", "category", "stratum")} == {
        "state": "Ash",
        "year": 2022,
        "category": "Sex",
        "stratum": "Female",
    }
    assert (female["value"], female["low"], female["high"], female["n"]) == (18.0, 15.1, 21.3, 500)
    assert female["se"] == pytest.approx(se, abs=1e-6)
    assert female["rse"] == pytest.approx(se / 18, abs=1e-6)
    assert female["design_effect"] == pytest.approx(se**2 * 500 / (18 * 82), abs=1e-6)
    assert female["se_rounding"] == pytest.approx(0.1 / 6.2, abs=1e-6)
    assert male["reliability"]["presentable"] is True


def test_suppressed_row_says_no_more_than_that() -> None:
    answer = cells(DATA, {"question": "Q1", "state": "Birch", "years": "2022", "stratum": "Old"})

    assert answer["rows"] == [
        {"state": "Birch", "year": 2022, "category": "Age", "stratum": "Old", "suppressed": True}
    ]
    assert (answer["of"], answer["suppressed"]) == (1, 1)
    with pytest.raises(Suppressed, match="Birch 2022, Age: Old"):
        cells(DATA, {"question": "Q1", "state": "Birch", "years": "latest", "stratum": "Old"})


def test_one_state_shows_all_years_and_all_places_the_latest() -> None:
    of_state = cells(DATA, {"question": "Q1", "state": "Cedar"})
    of_all = cells(DATA, {"question": "Q1", "category": "Total"})

    assert of_state["years"] == [2018, 2019, 2020, 2021, 2022]
    assert [each["state"] for each in of_all["rows"]] == [*STATES, "Isle", "Nation"]
    assert of_all["years"] == [2022]


def test_all_places_have_the_rows_of_each_place() -> None:
    # Many cells are filtered, few are looked up.
    data = DataIngestor.from_csv(SAMPLE, Description.load(DEFAULT_DESCRIPTION))
    of_all = cells(data, {"question": "Q036"})
    of_each = [
        cells(data, {"question": "Q036", "state": state, "years": spans(of_all["years"])})["rows"]
        for state in sorted({each["state"] for each in of_all["rows"]})
    ]

    assert of_all["rows"] == list(chain.from_iterable(of_each))
    assert of_all["of"] > len(of_each) > 50


def test_rows_without_a_category_are_shown_as_such() -> None:
    data = ingest([*ROWS, row("Ash", 2022, 20, 18, 22.1, 900, "")])

    first = cells(data, {"question": "Q1", "state": "Ash", "years": "2022"})["rows"][0]

    assert (first["category"], first["stratum"]) == ("", "")


def test_cell_without_limits_has_no_standard_error() -> None:
    (only,) = cells(ingest([row("Ash", 2022, 20, n=400)]), {"question": "Q1"})["rows"]

    assert [only[name] for name in ("low", "high", "se", "design_effect", "rse", "se_rounding")] == [None] * 6
    assert only["reliability"] == {"presentable": False, "reasons": ["no-standard-error"]}


def test_more_than_5000_rows_are_too_many() -> None:
    rows = [
        row(f"Area {index:04}", 2022, 20, 18, 22.1, 900, f"Group: {group}")
        for index in range(2_501)
        for group in "AB"
    ]

    with pytest.raises(TooMany, match="5002"):
        cells(ingest(rows), {"question": "Q1"})


def test_what_is_not_there_or_twice_is_an_error_that_names_it() -> None:
    with pytest.raises(NoRows, match="Isle in 2019; there is 2022"):
        cells(DATA, {"question": "Q1", "state": "Isle", "years": "2019"})
    with pytest.raises(AmbiguousCell, match="Ash 2022, Sex: Male"):
        cells(ingest([*ROWS, row("Ash", 2022, 5, 4, 6, 50, "Sex: Male")]), {"question": "Q1", "state": "Ash"})


def test_figures_that_fail_the_rule_are_marked_and_shown() -> None:
    answer = cells(DATA, {"question": "Q1", "state": "Ash", "years": "2022", "category": "Income"})

    marked = [
        each["stratum"] for each in answer["rows"] if not each.get("reliability", {}).get("presentable", True)
    ]
    assert marked == ["Not asked"]
    assert "unreliable-input" in codes(answer)
