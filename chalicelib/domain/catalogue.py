"""The questions, states and categories of a data set, and the names of each."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.suggestions import Suggester
from chalicelib.errors import (
    AmbiguousQuestion,
    UnknownCategory,
    UnknownQuestion,
    UnknownState,
    UnknownStratum,
)

if TYPE_CHECKING:
    from chalicelib.domain.ingestor import DataIngestor

UNKNOWN = {
    "question": UnknownQuestion,
    "state": UnknownState,
    "category": UnknownCategory,
    "stratum": UnknownStratum,
}
# Inputs that name what another input names.
LIKE = {"versus_state": "state", "versus_stratum": "stratum"}
Names = dict[str, list[str]]


class Catalogue(dict[str, Any]):
    """The title, source, questions, states and categories of a data set, as JSON values.

    Immutable: its names are indexed when it is made, so that looking one up costs the same in every data set.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self.names = {
            "question": question_names(content["questions"]),
            "state": {state["name"]: [state["name"]] for state in content["states"]},
        }
        # A catalogue of before has none: its jobs find out.
        if "categories" in content:
            self.names |= category_names(content["categories"])
        self.allowed = {
            name: dict.fromkeys(text for texts in names.values() for text in texts)
            for name, names in self.names.items()
        }
        self.ambiguous = ambiguous_ids(content["questions"])
        self.texts = {name: text for text, names in self.names["question"].items() for name in names}
        self.suggesters = {name: Suggester(allowed) for name, allowed in self.allowed.items()}


def catalogue_of(data: "DataIngestor") -> Catalogue:
    """Return the catalogue of a data set."""
    overall, description, ids = data.cube.overall(), data.description, data.cube.location_ids
    questions = (described(data, question) for question in data.questions)
    return Catalogue(
        {
            "title": description.title,
            "source": description.source,
            "licence": description.licence,
            "synthetic": description.synthetic,
            "citation": description.citation,
            "unit": description.unit,
            "interval": dict(description.interval) or None,
            "population": description.population,
            "whole": whole_of(description),
            "national": description.national or None,
            "territories": sorted(data.territories),
            "geometry": dict(description.geometry) or None,
            "rows": overall.counted + overall.suppressed,
            "suppressed": overall.suppressed,
            "questions": sorted(questions, key=lambda entry: (entry["id"] or "", entry["question"])),
            "states": [
                {"name": name, "abbreviation": min(ids.get(name, ()), default=None)}
                for name in sorted(data.states)
            ],
            "categories": [
                {
                    **named("category", category, description),
                    "strata": [named("segment", stratum, description) for stratum in strata],
                }
                for category, strata in data.strata.items()
            ],
            "warnings": [*data.warnings],
        }
    )


def whole_of(description: Description) -> dict[str, str] | None:
    """Return the category and the stratum of the whole population, None where the description has none."""
    for category, stratum in description.wholes:
        return {"category": category, "stratum": stratum}
    return None


def described(data: "DataIngestor", question: str) -> dict[str, Any]:
    """Return the names and the best end of a question; its years and its topic if the data set has them."""
    own_id = next(iter(data.ids.get(question, ())), None)
    years = sorted(data.cube.years.get(question, ()))
    entry = {"id": own_id, "question": question, "best": data.best_or_none(question)}
    topics = data.description.topics
    topic = next((topics[name] for name in (question, *data.ids.get(question, ())) if name in topics), None)
    return entry | ({"years": years} if years else {}) | ({"topic": topic} if topic else {})


def named(role: str, name: str, description: Description) -> dict[str, Any]:
    """Return a name and the aliases that stand for it."""
    aliases = description.aliases.get(role, {}).items()
    return {"name": name, "aliases": sorted(alias for alias, meant in aliases if meant == name)}


def question_names(questions: list[dict[str, Any]]) -> Names:
    uses = Counter(entry[field] for entry in questions for field in ("id", "question"))
    return {
        entry["question"]: [
            *([entry["id"]] if uses[entry["id"]] == 1 and entry["id"] else []),
            entry["question"],
        ]
        for entry in questions
    }


def ambiguous_ids(questions: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the texts of each id that several questions have."""
    texts: dict[str, list[str]] = {}
    for entry in questions:
        if entry["id"]:
            texts.setdefault(entry["id"], []).append(entry["question"])
    return {name: sorted(named) for name, named in texts.items() if len(named) > 1}


def category_names(categories: list[dict[str, Any]]) -> dict[str, Names]:
    return {
        "category": {entry["name"]: [entry["name"], *entry["aliases"]] for entry in categories},
        "stratum": {
            stratum["name"]: [stratum["name"], *stratum["aliases"]]
            for entry in categories
            for stratum in entry["strata"]
        },
    }


def names_of(name: str, catalogue: Catalogue) -> Names:
    """Return the names of each entry. A question's id comes first, and only if it is of one question."""
    return catalogue.names[name]


def allowed_names(name: str, catalogue: Catalogue) -> list[str]:
    """Return every text that the input `name` may have."""
    return list(catalogue.allowed[name])


def validate_inputs(inputs: Mapping[str, str], catalogue: Catalogue) -> None:
    """Raise UnknownName for an input that the catalogue does not have. Inputs that are no names pass."""
    for name, value in inputs.items():
        noun = LIKE.get(name, name)
        if catalogue.allowed.get(noun) and value not in catalogue.allowed[noun]:
            if noun == "question" and value in catalogue.ambiguous:
                raise AmbiguousQuestion(value, catalogue.ambiguous[value])
            raise UNKNOWN[noun](value, catalogue.suggesters[noun].closest(value))
