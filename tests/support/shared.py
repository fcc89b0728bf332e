"""The path of the real survey data, for tests that need it."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("STATLINE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
SUBSET = SHARED / "data" / "nutrition_activity_obesity_usa_subset.csv"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the survey data of STATLINE_SHARED (default ../shared) is not here"
)
