"""The questions and states of a data set, and the names of each."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.ingestor import closest
from chalicelib.errors import UnknownQuestion, UnknownState

Catalogue = Mapping[str, Any]
UNKNOWN = {"question": UnknownQuestion, "state": UnknownState}


def names_of(name: str, catalogue: Catalogue) -> dict[str, list[str]]:
    """Return the names of each question or state. An id comes first, and only if it is of one question."""
    if name == "state":
        return {state["name"]: [state["name"]] for state in catalogue["states"]}
    questions = catalogue["questions"]
    uses = Counter(entry[field] for entry in questions for field in ("id", "question"))
    return {
        entry["question"]: [
            *([entry["id"]] if uses[entry["id"]] == 1 and entry["id"] else []),
            entry["question"],
        ]
        for entry in questions
    }


def allowed_names(name: str, catalogue: Catalogue) -> list[str]:
    """Return every text that the input `name` may have."""
    return [text for texts in names_of(name, catalogue).values() for text in texts]


def validate_inputs(inputs: Mapping[str, str], catalogue: Catalogue) -> None:
    """Raise UnknownName for an input that the catalogue does not have."""
    for name, value in inputs.items():
        allowed = allowed_names(name, catalogue)
        if value not in allowed:
            raise UNKNOWN[name](value, closest(value, allowed))
