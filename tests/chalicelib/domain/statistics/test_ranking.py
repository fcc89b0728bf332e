"""Rankings: ranks, their ranges, and the areas without one."""

import pytest

from chalicelib.domain.statistics.ranking import ranking
from chalicelib.errors import (
    BadInput,
    BestEndUnknown,
    NoRows,
    NoStandardError,
    OneYear,
    Suppressed,
    TooMany,
)
from tests.support.published import ROWS, codes, ingest, row

DATA = ingest()


def test_areas_are_ranked_best_first_with_ranges_around_their_ranks() -> None:
    answer = ranking(DATA, {"question": "Q1", "top": "2"})

    rows = answer["ranking"]
    assert [each["state"] for each in rows] == ["Ash", "Dogwood", "Birch", "Elm", "Cedar", "Fir"]
    assert [each["rank"] for each in rows] == [1, 2, 3, 4, 5, 6]
    assert all(low <= each["rank"] <= high for each in rows for low, high in [each["joint_range"]])
    assert rows[0]["interval"] == [18.0, 22.1]
    assert (answer["year"], answer["best"], answer["of"], answer["top"]) == (2022, "lowest", 6, 2)
    assert answer["plausibly_top"] == ["Ash", "Dogwood", "Birch"]
    assert answer["surely_top"] == ["Ash"]
    assert "not-age-adjusted" in codes(answer)


def test_equal_values_share_a_rank_in_order_of_name() -> None:
    values = {"Cedar": 30, "Birch": 25, "Ash": 25, "Elm": 20}
    rows = [row(name, 2022, value, value - 2, value + 2.1, 900) for name, value in values.items()]

    answer = ranking(ingest(rows), {"question": "Q1"})

    found = [(each["state"], each["rank"]) for each in answer["ranking"]]
    assert found == [("Elm", 1), ("Ash", 2), ("Birch", 2), ("Cedar", 4)]


def test_best_end_can_be_named() -> None:
    answer = ranking(ingest(best={}), {"question": "Q1", "best": "highest"})

    assert [each["state"] for each in answer["ranking"]][:2] == ["Fir", "Cedar"]


def test_unknown_best_end_is_an_error() -> None:
    with pytest.raises(BestEndUnknown, match="swim"):
        ranking(ingest(best={}), {"question": "Q1"})


def test_suppressed_and_absent_areas_are_named_apart() -> None:
    rows = [*ROWS, row("Gorse", 2022, ""), row("Hazel", 2021, 20, 18, 22.1, 900)]

    answer = ranking(ingest(rows), {"question": "Q1"})

    assert (answer["of"], answer["suppressed"], answer["absent"]) == (6, ["Gorse"], ["Hazel"])


def test_named_state_has_a_range_of_its_own_and_its_equals() -> None:
    answer = ranking(DATA, {"question": "Q1", "state": "Birch"})

    birch = next(each for each in answer["ranking"] if each["state"] == "Birch")
    (low, high), (alone_low, alone_high) = birch["joint_range"], answer["alone_range"]
    assert low <= alone_low <= alone_high <= high
    assert answer["not_separated"] == ["Dogwood"]
    assert answer["statement"].startswith(f"Birch has rank 3 of 6, which the data place from {low} to {high}")


def test_state_without_a_rank_is_an_error_that_says_why() -> None:
    rows = [*ROWS, row("Gorse", 2022, ""), row("Hazel", 2021, 20, 18, 22.1, 900)]
    data = ingest(rows)

    with pytest.raises(Suppressed, match="Gorse 2022"):
        ranking(data, {"question": "Q1", "state": "Gorse"})
    with pytest.raises(NoRows, match="Hazel 2022"):
        ranking(data, {"question": "Q1", "state": "Hazel"})
    with pytest.raises(NoRows, match=r'"Isle" is none of the areas.*"all" ranks it too'):
        ranking(data, {"question": "Q1", "state": "Isle"})
    with pytest.raises(NoRows, match=r'"Nation" is none of the areas that are ranked$'):
        ranking(data, {"question": "Q1", "state": "Nation"})
    assert ranking(data, {"question": "Q1", "state": "Isle", "areas": "all"})["alone_range"] == [1, 1]


def test_several_years_are_refused() -> None:
    with pytest.raises(OneYear, match="2021-2022"):
        ranking(DATA, {"question": "Q1", "years": "2021-2022"})


def test_area_without_standard_error_is_an_error_that_names_it() -> None:
    with pytest.raises(NoStandardError, match="Gorse 2022"):
        ranking(ingest([*ROWS, row("Gorse", 2022, 20, 33, 28, 200)]), {"question": "Q1"})


def test_value_at_an_end_is_ranked_on_the_linear_scale() -> None:
    answer = ranking(ingest([*ROWS, row("Gorse", 2022, 0, 0, 2, 300)]), {"question": "Q1"})

    assert answer["ranking"][0]["state"] == "Gorse"
    assert answer["ranking"][0]["joint_range"] == [1, 1]


def test_only_area_is_first_of_one() -> None:
    answer = ranking(ingest([row("Ash", 2022, 20, 18, 22.1, 900)]), {"question": "Q1"})

    (only,) = answer["ranking"]
    assert (only["rank"], only["joint_range"], only["kww_range"]) == (1, [1, 1], [1, 1])


def test_more_than_400_areas_are_too_many() -> None:
    def areas(number: int) -> list[str]:
        return [row(f"Area {index:03}", 2022, 20, 18, 22.1, 900) for index in range(number)]

    with pytest.raises(TooMany, match="401"):
        ranking(ingest(areas(401)), {"question": "Q1"})
    assert ranking(ingest(areas(400)), {"question": "Q1"})["of"] == 400


@pytest.mark.parametrize(("name", "text"), [("top", "0"), ("top", "five"), ("top", "-1"), ("best", "low")])
def test_bad_text_is_refused_and_named(name: str, text: str) -> None:
    with pytest.raises(BadInput, match=f'"{text}"'):
        ranking(DATA, {"question": "Q1", name: text})


def test_age_group_is_ranked_without_age_caveat() -> None:
    assert "not-age-adjusted" not in codes(ranking(DATA, {"question": "Q1", "stratum": "Young"}))
