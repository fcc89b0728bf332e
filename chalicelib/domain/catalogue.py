"""What can be asked of a data set: its questions and states, and the names each goes by."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.ingestor import closest
from chalicelib.errors import UnknownQuestion, UnknownState

Catalogue = Mapping[str, Any]
UNKNOWN = {"question": UnknownQuestion, "state": UnknownState}


def names_of(name: str, catalogue: Catalogue) -> dict[str, list[str]]:
    """The names that each question, or each state, goes by: an id, if it is of one question only, first."""
    if name == "state":
        return {state["name"]: [state["name"]] for state in catalogue["states"]}
    questions = catalogue["questions"]
    uses = Counter(one["id"] for one in questions) + Counter(one["question"] for one in questions)
    return {
        one["question"]: [*([one["id"]] if one["id"] and uses[one["id"]] == 1 else []), one["question"]]
        for one in questions
    }


def allowed_names(name: str, catalogue: Catalogue) -> list[str]:
    """Every text that an input named `name` may have."""
    return [text for texts in names_of(name, catalogue).values() for text in texts]


def validate_inputs(inputs: Mapping[str, str], catalogue: Catalogue) -> None:
    """Raise UnknownQuestion or UnknownState for an input that the catalogue does not have."""
    for name, value in inputs.items():
        allowed = allowed_names(name, catalogue)
        if value not in allowed:
            raise UNKNOWN[name](value, closest(value, allowed))
