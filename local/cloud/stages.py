"""The stages of .chalice/stages.json: deployments, and how each differs from the template's defaults."""

import json
from typing import Any, NamedTuple

from chalicelib.errors import StatlineError, listed, shown
from local.settings import PROJECT

STAGES = PROJECT / ".chalice" / "stages.json"
# Written into the template when packaging, where CloudFormation takes no parameter.
PROTECTED = "Protected"


class StageError(StatlineError):
    """Raised when there is no such stage, when it is not deployed, or when its deployment failed."""


class Stage(NamedTuple):
    """A stage's name, its parameters of the template, and whether its data outlive its stack."""

    name: str
    parameters: dict[str, Any]
    protected: bool


def find_stage(name: str) -> Stage:
    """Return a stage by its name. Raises StageError."""
    stages = json.loads(STAGES.read_text())
    if name not in stages:
        raise StageError(
            f"there is no stage {shown(name)} in {STAGES.name}; there are {listed(list(stages))}"
        )
    own = dict(stages[name])
    protected = bool(own.pop(PROTECTED, False))
    return Stage(name, {"Stage": name} | own, protected)
