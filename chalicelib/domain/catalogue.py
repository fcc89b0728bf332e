"""The questions and states of a data set, and the names of each."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.suggestions import Suggester
from chalicelib.errors import UnknownQuestion, UnknownState

UNKNOWN = {"question": UnknownQuestion, "state": UnknownState}
Names = dict[str, list[str]]


class Catalogue(dict[str, Any]):
    """The title, source, questions and states of a data set, as JSON values.

    Immutable: its names are indexed when it is made, so that looking one up costs the same in every data set.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self.names = {
            "question": question_names(content["questions"]),
            "state": {state["name"]: [state["name"]] for state in content["states"]},
        }
        self.allowed = {
            name: dict.fromkeys(text for texts in names.values() for text in texts)
            for name, names in self.names.items()
        }
        self.suggesters = {name: Suggester(allowed) for name, allowed in self.allowed.items()}


def question_names(questions: list[dict[str, Any]]) -> Names:
    uses = Counter(entry[field] for entry in questions for field in ("id", "question"))
    return {
        entry["question"]: [
            *([entry["id"]] if uses[entry["id"]] == 1 and entry["id"] else []),
            entry["question"],
        ]
        for entry in questions
    }


def names_of(name: str, catalogue: Catalogue) -> Names:
    """Return the names of each question or state. An id comes first, and only if it is of one question."""
    return catalogue.names[name]


def allowed_names(name: str, catalogue: Catalogue) -> list[str]:
    """Return every text that the input `name` may have."""
    return list(catalogue.allowed[name])


def validate_inputs(inputs: Mapping[str, str], catalogue: Catalogue) -> None:
    """Raise UnknownName for a question or state that the catalogue does not have."""
    for name, value in inputs.items():
        kind = name.removeprefix("versus_")
        if kind in UNKNOWN and value not in catalogue.allowed[kind]:
            raise UNKNOWN[kind](value, catalogue.suggesters[kind].closest(value))
