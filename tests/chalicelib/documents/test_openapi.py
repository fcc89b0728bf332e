"""The OpenAPI document: valid, complete, and made of the schemas that check requests."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from chalicelib.documents.openapi.document import document
from chalicelib.documents.schemas import inputs_schema
from chalicelib.domain.statistics.registry import STATISTICS
from tests.support.samples import soil

REDOCLY = os.environ.get("STATLINE_REDOCLY", "")
needs_redocly = pytest.mark.skipif(
    not Path(REDOCLY).is_file(), reason="STATLINE_REDOCLY names no redocly; make check installs one with npm"
)


@pytest.fixture
def described(tmp_path: Path) -> dict[str, Any]:
    return document(soil(tmp_path).catalogue(), "/v1", key_needed=True)


def operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in described["paths"].values() for operation in path.values()]


def test_document_is_valid_openapi(described: dict[str, Any]) -> None:
    validate(described, cls=OpenAPIV30SpecValidator)


@needs_redocly
@pytest.mark.parametrize("key_needed", [True, False])
def test_document_passes_redoclys_recommended_rules(tmp_path: Path, key_needed: bool) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document(soil(tmp_path).catalogue(), "/v1", key_needed)))

    lint = subprocess.run(
        [REDOCLY, "lint", str(path), "--extends", "recommended"],
        cwd=tmp_path,
        env=os.environ | {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_every_reference_resolves(described: dict[str, Any]) -> None:
    """The validator of the specification does not follow all of them."""
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(described)):
        part = described
        for name in reference.split("/"):
            part = part[name]


def test_statistics_are_described_by_the_schemas_that_check_requests(described: dict[str, Any]) -> None:
    example = {"question": "S1", "state": "Bayern", "category": "Nutzung", "versus_state": "Hessen"}
    for name, statistic in STATISTICS.items():
        (content,) = described["paths"][f"/api/{name}"]["post"]["requestBody"]["content"].values()
        assert content["schema"] == inputs_schema(statistic)
        names = [*statistic.parameters, *(["versus_state"] if name == "compare" else [])]
        assert content["example"] == {parameter: example[parameter] for parameter in names}


def test_document_names_the_server_and_the_key(described: dict[str, Any], tmp_path: Path) -> None:
    assert described["servers"] == [{"url": "/v1"}]
    assert described["security"] == [{"key": []}]
    assert described["components"]["securitySchemes"]["key"]["name"] == "x-api-key"


def test_open_service_asks_for_no_key(tmp_path: Path) -> None:
    described = document(soil(tmp_path).catalogue(), "/", key_needed=False)
    assert described["security"] == []
    assert "securitySchemes" not in described["components"]


def test_operation_ids_are_unique(described: dict[str, Any]) -> None:
    """Generated clients name their functions by them."""
    names = [operation["operationId"] for operation in operations(described)]
    assert len(set(names)) == len(names)


def test_every_tag_is_described(described: dict[str, Any]) -> None:
    used = {tag for operation in operations(described) for tag in operation["tags"]}
    assert used == {tag["name"] for tag in described["tags"]}
