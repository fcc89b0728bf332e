"""What each path of a deployed stage asks of its callers."""

import json
from pathlib import Path
from typing import Any

from local.cloud.access import security
from local.cloud.packaging import run_chalice
from local.cloud.stages import STAGES, find_stage

KEY = {"Fn::If": ["KeyRequired", [{"ApiKey": []}], []]}
SIGNED = [{"Signature": []}]
KEY_OR_SIGNED = {"Fn::If": ["JobsSigned", SIGNED, KEY]}


def test_every_path_has_its_security(template: dict[str, Any]) -> None:
    """A key where the stage asks for one, a signature to drain, nothing for health and the docs page."""
    exceptions: dict[tuple[str, str], Any] = {
        ("/health", "get"): [],
        ("/docs", "get"): [],
        ("/docs/{name}", "get"): [],
        ("/api/graceful_shutdown", "get"): SIGNED,
        ("/api/jobs", "get"): KEY_OR_SIGNED,
        ("/jobs", "get"): KEY_OR_SIGNED,
        ("/jobs/{job_id}", "delete"): KEY_OR_SIGNED,
    }
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for path, methods in paths.items():
        for method, definition in methods.items():
            assert definition["security"] == exceptions.pop((path, method), KEY), (path, method)
    assert not exceptions


def test_new_path_needs_the_key_and_deleting_anything_what_lists_need() -> None:
    assert security("/api/new", "post") == KEY
    assert security("/batches/{batch_id}", "delete") == KEY_OR_SIGNED
    assert security("/docs/../jobs", "get") == KEY_OR_SIGNED


def test_only_a_stage_that_asks_for_it_is_open() -> None:
    stages = {name: find_stage(name).parameters for name in json.loads(STAGES.read_text())}
    assert [name for name, settings in stages.items() if settings.get("Access") == "open"] == ["test"]


def test_what_chalice_alone_packages_cannot_be_deployed(tmp_path: Path) -> None:
    """Its paths would be open: CloudFormation refuses it for a condition that it does not have."""
    run_chalice(tmp_path)
    template = json.loads((tmp_path / "sam.json").read_text())
    assert template["Resources"]["Plan"]["Condition"] not in template["Conditions"]
