"""The inputs and outputs of processes, as JSON Schemas."""

import json
from pathlib import Path

import pytest

from chalicelib.documents.inputs import INPUT
from chalicelib.documents.openapi.document import document
from chalicelib.documents.process_description import LARGEST_ENUM, description, input_schema
from chalicelib.domain.catalogue import Catalogue, names_of, validate_inputs
from chalicelib.domain.statistics.registry import MEANS
from chalicelib.errors import UnknownQuestion, UnknownState
from tests.support.samples import soil


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return soil(tmp_path_factory.mktemp("soil")).catalogue()


def test_a_question_input_lists_ids_and_texts(catalogue: Catalogue) -> None:
    assert input_schema("question", catalogue) == {
        "type": "string",
        "enum": ["S1", "Humus", "S2", "Sand"],
        "oneOf": [{"title": "Humus", "enum": ["S1", "Humus"]}, {"title": "Sand", "enum": ["S2", "Sand"]}],
        "example": "S1",
    }


def test_many_names_are_not_listed() -> None:
    states = [{"name": f"Place {number:06}"} for number in range(LARGEST_ENUM + 1)]
    catalogue = Catalogue({"title": "Places", "questions": [{"id": None, "question": "Q"}], "states": states})
    assert input_schema("state", catalogue) == INPUT | {"example": "Place 000000"}
    assert "Place 000001" not in json.dumps(document(catalogue, "/", key_needed=False))


def test_a_state_input_lists_names(catalogue: Catalogue) -> None:
    assert input_schema("state", catalogue) == {
        "type": "string",
        "enum": ["Bayern", "Hessen"],
        "example": "Bayern",
    }


@pytest.mark.parametrize(
    ("questions", "expected"),
    [
        ([("Q1", "a"), ("Q1", "b")], {"a": ["a"], "b": ["b"]}),
        ([(None, "a")], {"a": ["a"]}),
        ([("b", "a"), ("Q2", "b")], {"a": ["a"], "b": ["Q2", "b"]}),
        ([("a", "a")], {"a": ["a"]}),
    ],
)
def test_an_id_of_two_questions_is_no_name_of_either(
    questions: list[tuple[str | None, str]], expected: dict[str, list[str]]
) -> None:
    entries = [{"id": one, "question": text} for one, text in questions]
    catalogue = Catalogue({"questions": entries, "states": []})
    assert names_of("question", catalogue) == expected


def test_every_listed_name_is_known_to_the_data_set(catalogue: Catalogue, tmp_path: Path) -> None:
    data = soil(tmp_path)
    for name in ("question", "state"):
        for text in input_schema(name, catalogue)["enum"]:
            getattr(data, name)(text)


def test_an_unlisted_name_is_refused_with_the_closest(catalogue: Catalogue) -> None:
    validate_inputs({"question": "S1", "state": "Hessen"}, catalogue)
    with pytest.raises(UnknownQuestion, match="Humus"):
        validate_inputs({"question": "Humuss", "state": "Hessen"}, catalogue)
    with pytest.raises(UnknownState, match="Hessen"):
        validate_inputs({"question": "S1", "state": "Hesse"}, catalogue)


@pytest.mark.parametrize("name", MEANS)
def test_every_process_describes_its_inputs_and_output(name: str, catalogue: Catalogue) -> None:
    described = description(MEANS[name], catalogue)
    assert list(described["inputs"]) == list(MEANS[name].inputs)
    required = {input_name for input_name, one in described["inputs"].items() if one["minOccurs"]}
    assert required == set(MEANS[name].parameters)
    assert {one["maxOccurs"] for one in described["inputs"].values()} == {1}
    (output,) = described["outputs"].values()
    as_json, as_csv = output["schema"]["oneOf"]
    assert as_json["additionalProperties"]["type"] == (
        "object" if name == "state_mean_by_category" else "number"
    )
    assert (as_json["contentMediaType"], as_csv["contentMediaType"]) == ("application/json", "text/csv")
    assert all(column in output["description"] for column in MEANS[name].columns)
