"""The OpenAPI document: valid, complete, and made of the schemas that check requests."""

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from chalicelib.documents.openapi.document import document
from chalicelib.documents.schemas import inputs_schema
from chalicelib.domain.statistics.registry import STATISTICS
from tests.support.samples import soil


@pytest.fixture
def described(tmp_path: Any) -> dict[str, Any]:
    return document(soil(tmp_path).catalogue(), "/v1", key_needed=True)


def test_it_is_valid(described: dict[str, Any]) -> None:
    """By the specification's own schema, examples included."""
    validate(described, cls=OpenAPIV30SpecValidator)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    """The validator of the specification does not follow all of them."""
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(described)):
        found = described
        for name in reference.split("/"):
            found = found[name]


def test_statistics_are_described_by_what_checks_them(described: dict[str, Any]) -> None:
    """The very schemas, with an example of this data set."""
    for name, known in STATISTICS.items():
        (content,) = described["paths"][f"/api/{name}"]["post"]["requestBody"]["content"].values()
        assert content["schema"] == inputs_schema(name, known.parameters)
        asked = {"question": "S1", "state": "Bayern"}
        assert content["example"] == {name: asked[name] for name in known.parameters}


def test_it_says_where_and_with_what(described: dict[str, Any], tmp_path: Any) -> None:
    """Behind a stage's prefix; with a key only where one is needed."""
    assert described["servers"] == [{"url": "/v1"}]
    assert described["security"] == [{"key": []}]
    assert described["components"]["securitySchemes"]["key"]["name"] == "x-api-key"
    assert "security" not in document(soil(tmp_path).catalogue(), "/", key_needed=False)


def test_every_operation_has_a_name_and_a_tag(described: dict[str, Any]) -> None:
    """Names are unique, since programs call their functions by them."""
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert {tag for one in operations for tag in one["tags"]} == {tag["name"] for tag in described["tags"]}
