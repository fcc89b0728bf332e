"""The cases with right answers of shared/trust, and their comparison."""

import json
from typing import Any, NamedTuple

from tests.support.shared import SHARED

TRUST = SHARED / "trust"
DATA = {"real": SHARED / "data" / "brfss_full.csv.gz", "edge": TRUST / "edge.csv"}
LEAST_TOLERANCE = 2e-6  # relative above 1: points have six decimals on the wire


class Case(NamedTuple):
    """A question, and the answer or the error that is right."""

    id: str
    data: str
    statistic: str
    inputs: dict[str, Any]
    expected: dict[str, Any]
    tolerance: float


def cases() -> list[Case]:
    read = (json.loads(path.read_text()) for path in sorted(TRUST.glob("*.json")))
    return [Case(**{name: case[name] for name in Case._fields}) for case in read]


def difference(want: Any, got: Any, tolerance: float, where: str = "") -> str | None:
    """Return the first difference of an answer from the expected members; it may have others."""
    if where.endswith(".caveats"):
        missing = set(want) - {caveat["code"] for caveat in got}
        return f"{where} lacks {sorted(missing)}" if missing else None
    if isinstance(want, dict):
        if not isinstance(got, dict) or want.keys() - got.keys():
            return f"{where} lacks {sorted(want.keys() - (got if isinstance(got, dict) else {}))}"
        pairs = [(want[name], got[name], f"{where}.{name}") for name in want]
    elif isinstance(want, list):
        if not isinstance(got, list) or len(want) != len(got):
            return f"{where} is {got!r}, not {want!r}"
        pairs = [(*both, f"{where}[{place}]") for place, both in enumerate(zip(want, got, strict=True))]
    else:
        return None if same(want, got, tolerance) else f"{where} is {got!r}, not {want!r}"
    return next(filter(None, (difference(one, other, tolerance, place) for one, other, place in pairs)), None)


def same(want: Any, got: Any, tolerance: float) -> bool:
    if isinstance(want, bool) or not isinstance(want, (int, float)):
        return bool(want == got)
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        return False
    return abs(want - got) <= max(tolerance, LEAST_TOLERANCE) * max(1.0, abs(want), abs(got))
