"""Suggestions for unknown names, and the work that they are."""

import pytest

from chalicelib.domain.suggestions import RANKED, Suggester, closest

MANY = [f"Place {number:06}" for number in range(100_000)]


@pytest.fixture(scope="module")
def many() -> Suggester:
    return Suggester(MANY)


@pytest.mark.parametrize("text", ["Place 050000", "place 05000", "x", "", "zzz", "P" * 900])
def test_a_request_compares_few_of_many_names(many: Suggester, text: str) -> None:
    assert 0 < len(many.candidates(text)) <= RANKED
    assert len(many.closest(text)) == 3


@pytest.mark.parametrize("text", ["PLACE 050000", "Plaxe 050000", "lace 050000"])
def test_a_slip_is_suggested_among_many_names(many: Suggester, text: str) -> None:
    assert "Place 050000" in many.closest(text)


def test_all_of_few_names_are_compared() -> None:
    names = [f"{number} miles" for number in range(RANKED)]
    assert len(Suggester(names).candidates("miles")) == RANKED


def test_no_names_give_no_suggestions() -> None:
    assert closest("x", []) == []
