"""Benchmarks against the others, the nation and a number."""

import pytest

from chalicelib.domain.statistics.benchmark import benchmark
from chalicelib.errors import (
    BadInput,
    BestEndUnknown,
    NoNational,
    NoReference,
    NoStandardError,
    OneYear,
)
from tests.chalicelib.domain.statistics.test_estimate import logit_se
from tests.support.published import ROWS, codes, ingest, row

DATA = ingest()
VALUES = {"Ash": 20, "Dogwood": 25, "Birch": 27, "Elm": 32, "Cedar": 34, "Fir": 47}
SES = {name: logit_se(value, value - 2, value + 2.1) for name, value in VALUES.items()}


def test_each_area_is_compared_with_the_mean_of_the_others() -> None:
    answer = benchmark(DATA, {"question": "Q1"})

    rows = {each["state"]: each for each in answer["states"]}
    assert list(rows) == list(VALUES)
    others = [name for name in VALUES if name != "Ash"]
    mean = sum(VALUES[name] for name in others) / 5
    se = (SES["Ash"] ** 2 + sum(SES[name] ** 2 for name in others) / 25) ** 0.5
    assert rows["Ash"]["reference"] == mean
    assert rows["Ash"]["difference"] == pytest.approx(20 - mean, abs=1e-6)
    assert rows["Ash"]["se"] == pytest.approx(se, abs=1e-6)
    assert {name: each["verdict"] for name, each in rows.items()} == {
        "Ash": "better",
        "Dogwood": "better",
        "Birch": "better",
        "Elm": "no difference shown",
        "Cedar": "worse",
        "Fir": "worse",
    }
    assert answer["counts"] == {"better": 3, "no difference shown": 1, "worse": 2}
    assert {"average-of-states", "not-age-adjusted"} <= set(codes(answer))
    assert "each interval is for one area alone" in answer["statement"]


def test_verdict_turns_where_the_highest_is_best() -> None:
    answer = benchmark(ingest(best={"Q1": "highest"}), {"question": "Q1"})

    assert [(each["state"], each["verdict"]) for each in answer["states"]][:2] == [
        ("Fir", "better"),
        ("Cedar", "better"),
    ]


def test_nation_is_the_published_value_and_the_test_conservative() -> None:
    answer = benchmark(DATA, {"question": "Q1", "reference": "National"})
    named = benchmark(DATA, {"question": "Q1", "reference": "Nation"})

    ash = answer["states"][0]
    assert (ash["reference"], ash["difference"]) == (30.0, -10.0)
    assert ash["se"] == pytest.approx((SES["Ash"] ** 2 + logit_se(30, 29.6, 30.4) ** 2) ** 0.5, abs=1e-6)
    assert {"national-overlap", "coarse-limits"} <= set(codes(answer))
    assert "average-of-states" not in codes(answer)
    assert named["states"] == answer["states"]


def test_number_to_reach_has_no_error_of_its_own() -> None:
    answer = benchmark(DATA, {"question": "Q1", "reference": "27.5"})

    birch = answer["states"][2]
    assert (birch["reference"], birch["difference"]) == (27.5, -0.5)
    assert birch["se"] == pytest.approx(SES["Birch"], abs=1e-6)
    assert birch["verdict"] == "no difference shown"
    assert (answer["reference"], codes(answer)) == ("27.5", ["not-age-adjusted", "by-telephone"])


def test_nation_without_a_value_is_an_error_that_names_the_years_there_are() -> None:
    with pytest.raises(NoNational, match="Nation for 2021; there is one for 2022"):
        benchmark(DATA, {"question": "Q1", "years": "2021", "reference": "National"})
    with pytest.raises(NoNational, match="names no location as the nation"):
        benchmark(ingest(national=""), {"question": "Q1", "reference": "National"})


@pytest.mark.parametrize("text", ["Ohio", "", "1e999", "nan", "3 %"])
def test_reference_of_another_kind_is_refused_and_named(text: str) -> None:
    with pytest.raises(BadInput, match=f'"{text}".*"others", "National" or a number'):
        benchmark(DATA, {"question": "Q1", "reference": text})


def test_only_area_has_no_others() -> None:
    with pytest.raises(NoReference, match="Ash"):
        benchmark(ingest([row("Ash", 2022, 20, 18, 22.1, 900)]), {"question": "Q1"})


def test_suppressed_and_absent_areas_are_named_apart() -> None:
    rows = [*ROWS, row("Gorse", 2022, ""), row("Hazel", 2021, 20, 18, 22.1, 900)]

    answer = benchmark(ingest(rows), {"question": "Q1"})

    assert (answer["of"], answer["suppressed"], answer["absent"]) == (6, ["Gorse"], ["Hazel"])


def test_what_cannot_be_judged_is_an_error() -> None:
    with pytest.raises(BestEndUnknown):
        benchmark(ingest(best={}), {"question": "Q1"})
    with pytest.raises(OneYear):
        benchmark(DATA, {"question": "Q1", "years": "all"})
    with pytest.raises(NoStandardError, match="Gorse 2022"):
        benchmark(ingest([*ROWS, row("Gorse", 2022, 20)]), {"question": "Q1"})
