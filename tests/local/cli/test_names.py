"""Names of questions and states as people type them."""

import click
import pytest

from local.cli.client import Client
from local.cli.names import question, resolved, state

QUESTIONS = [
    {"id": "Q036", "question": "Percent of adults who have obesity"},
    {"id": "Q037", "question": "Percent of adults who have an overweight"},
    {"id": "Q043", "question": "Straße  im Sommer"},
    {"id": None, "question": "q037"},
    {"id": "Q9", "question": "Nine"},
    {"id": "Q9", "question": "Ninety"},
]
STATES = [
    {"name": "Virginia", "abbreviation": "VA"},
    {"name": "West Virginia", "abbreviation": "WV"},
    {"name": "Ohio", "abbreviation": "OH"},
    {"name": "ohio", "abbreviation": None},
    {"name": "Guam", "abbreviation": "GU"},
    {"name": "Guam (old)", "abbreviation": "GU"},
]


class Lists(Client):
    """A client of a service with these questions and states."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1")

    def questions(self) -> list[dict[str, object]]:
        return QUESTIONS

    def states(self) -> list[dict[str, object]]:
        return STATES


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("Q036", "Q036"),
        ("q036", "Percent of adults who have obesity"),
        ("OBESITY", "Percent of adults who have obesity"),
        ("strasse im  sommer", "Straße  im Sommer"),
        ("q037", "q037"),  # exactly a text, and an id but for case
        ("Q9", "Q9"),  # exactly an id, of two questions: the service says so
        ("Nine", "Nine"),  # exactly a text, and part of another
        ("weight ", "Percent of adults who have an overweight"),
        ("nothing", "nothing"),
        ("", ""),
        (" ", " "),
    ],
)
def test_question_is_found_by_id_text_or_part(typed: str, named: str) -> None:
    assert question(Lists(), typed) == named


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("OH", "Ohio"),
        ("wv", "West Virginia"),
        ("virginia", "Virginia"),
        ("Ohio", "Ohio"),
        ("ohio", "ohio"),
        (" west  VIRGINIA ", "West Virginia"),
        ("Hawaii", "Hawaii"),
        ("", ""),
    ],
)
def test_state_is_found_by_name_or_abbreviation(typed: str, named: str) -> None:
    assert state(Lists(), typed) == named


def test_each_input_that_names_a_state_is_found_and_others_stay_as_they_are() -> None:
    typed = {"question": "obesity", "state": "OH", "versus_state": "wv", "years": "latest", "stratum": "va"}

    assert resolved(Lists(), typed) == {
        "question": "Percent of adults who have obesity",
        "state": "Ohio",
        "versus_state": "West Virginia",
        "years": "latest",
        "stratum": "va",
    }


@pytest.mark.parametrize(
    ("find", "typed", "said"),
    [
        (question, "have", '"have" is part of 2 questions: Q036 "Percent'),
        (question, "q9", '"q9" names 2 questions: Q9 "Nine"; Q9 "Ninety"'),
        (question, "e", '"e" is part of 5 questions'),
        (state, "OHIO", '"OHIO" names 2 states: "Ohio"; "ohio"'),
        (state, "gu", '"gu" names 2 states: "Guam"; "Guam (old)"'),
    ],
)
def test_name_of_several_is_refused_with_a_few_of_them(find: object, typed: str, said: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        find(Lists(), typed)  # type: ignore[operator]
    assert said in str(caught.value)
    assert str(caught.value).count(";") <= 3
