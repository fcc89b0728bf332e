"""The cases with right answers that lie beside the project, and how an answer is compared with one."""

import json
from typing import Any

import pytest

from tests.support.brfss import BRFSS
from tests.support.shared import SHARED

FOLDER = SHARED / "trust"
EDGE = FOLDER / "edge.csv"
FILES = {"real": BRFSS, "edge": EDGE}
LEAST_TOLERANCE = 2e-6  # numbers on the wire are rounded to 6 decimals or digits

needs_trust = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the trust cases of STATLINE_SHARED are not here"
)


def cases() -> list[dict[str, Any]]:
    """Return all cases, or none where the folder is not here."""
    return [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]


def differences(expected: Any, found: Any, tolerance: float, path: str = "answer") -> list[str]:
    """Return where an answer lacks a field of the expected one, or has another value there."""
    if path.endswith(".caveats"):
        missing = set(expected) - {caveat["code"] for caveat in found}
        return [f"{path} lacks {code}" for code in sorted(missing)]
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            problem
            for key, value in expected.items()
            for problem in (
                differences(value, found[key], tolerance, f"{path}.{key}")
                if key in found
                else [f"{path}.{key} is missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            problem
            for index, pair in enumerate(zip(expected, found, strict=True))
            for problem in differences(*pair, tolerance, f"{path}[{index}]")
        ]
    return [] if is_equal(expected, found, tolerance) else [f"{path} is {found!r}, not {expected!r}"]


def is_equal(expected: Any, found: Any, tolerance: float) -> bool:
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (expected, found)]
    if not all(numbers):
        return type(expected) is type(found) and bool(expected == found)
    size = max(1.0, abs(expected), abs(found))
    return bool(abs(expected - found) <= max(tolerance, LEAST_TOLERANCE) * size)
